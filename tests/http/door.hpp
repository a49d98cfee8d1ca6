// A door in a world of its own, with a service whose answers the test gives: for the tests of the http floor.

#pragma once
#include <cosio/http.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "async/suspension.hpp"
#include "http/app_state.hpp"
#include "http/service.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// Owns what is below "/held/". An answer is held until release() gives it; upgrades do what the test says.
class held_service final : public http::service, public std::enable_shared_from_this<held_service> {
 public:
  bool owns(std::string_view target) const noexcept override { return target.starts_with("/held/"); }
  bool may_hold(const http::request& head) const noexcept override { return head.method() == "GET"; }

  task<http::response> answer(std::shared_ptr<http::exchange> x) override {
    const std::string target(x->head().target());
    asked.push_back(std::string(x->head().method()) + " " + target);
    if (x->head().method() != "GET") {
      exchanges[target] = x;
      auto body = co_await x->body(max_body);
      exchanges.erase(target);
      if (!body) co_return http::response(body.error().code == errc::payload_too_large ? 413 : 400);
      co_return http::response(200, "posted " + *body);
    }
    exchanges[target] = x;
    if (watch) x->on_abort([this, target] { gone.push_back(target); });
    auto wait = [this, target](std::shared_ptr<async::suspension> me) { waiting[target] = std::move(me); };
    co_await async::suspend(std::move(wait));
    exchanges.erase(target);
    co_return std::move(answers[target]);
  }

  task<std::optional<http::response>> upgrade(std::shared_ptr<http::exchange> x) override {
    asked.push_back("UPGRADE " + std::string(x->head().target()));
    if (refuse_upgrade) co_return *refuse_upgrade;
    if (take) taken = x->take_stream();
    co_return std::nullopt;
  }

  void closing() override { closed = true; }

  void release(const std::string& target, http::response answer) {
    answers[target] = std::move(answer);
    if (const auto me = std::exchange(waiting[target], nullptr)) me->end();
  }

  std::vector<std::string> asked;
  std::vector<std::string> gone;
  std::map<std::string, std::shared_ptr<async::suspension>> waiting;
  std::map<std::string, http::response> answers;
  std::map<std::string, std::shared_ptr<http::exchange>> exchanges;
  std::size_t max_body = 100;
  std::optional<http::response> refuse_upgrade;
  std::optional<http::upgraded_stream> taken;
  bool take = true;
  bool watch = true;
  bool closed = false;
};

struct door {
  explicit door(http::app_options options = {})
      : state(std::make_shared<http::app::state>(w.take_runtime(), std::move(options))),
        app(state),
        held(std::make_shared<held_service>()) {
    state->add_service(held);
    app.get("/hello", [](http::request) { return http::response(200, "hello"); });
    app.post("/echo", [](http::request r) { return http::response(200, std::string(r.body())); });
  }

  // A held exchange owns its connection, which refers to the door.
  ~door() {
    held->exchanges.clear();
    held->waiting.clear();
  }

  memory_client connect(std::size_t capacity = 64 * 1024) {
    async::memory_streams pair(capacity);
    state->serve(std::move(pair.near));
    w.settle();
    return memory_client(w, std::move(pair.far));
  }

  std::size_t open() const { return state->http_connections(); }

  world w;
  std::shared_ptr<http::app::state> state;
  http::app app;
  std::shared_ptr<held_service> held;
};

}  // namespace cosio::test
