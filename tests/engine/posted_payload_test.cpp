// The body of a POST in its session: in turns, and when the session moves or ends meanwhile.

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/make_session.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using engine::session;
using post_state = engine::session::post_state;

namespace {

// A POST whose body the test hands over itself.
class given_post final : public http::exchange {
 public:
  const http::request& head() const noexcept override { return head_; }
  task<result<std::string>> body(std::size_t) override { throw std::logic_error("the test has the body"); }
  std::optional<result<std::string>> body_at_hand(std::size_t) override { return std::nullopt; }
  void on_abort(std::function<void()>) override {}
  void abort() override { ++aborted; }
  void drop_body() override { ++dropped; }
  http::upgraded_stream take_stream() override { return {}; }
  async::strand strand() const override { throw std::logic_error("there is no connection"); }

  int aborted = 0;
  int dropped = 0;

 private:
  const http::request head_ = make_request("POST", "/");
};

struct counting_handler final : engine::session_handler {
  void on_text(std::string_view text) override { texts.emplace_back(text); }
  void on_binary(binary) override {}
  void on_input_end() override {
    turns.push_back(texts.size());
    if (at_end) at_end();
  }
  void on_close(const reason& why) override { closed = why; }

  std::vector<std::string> texts;
  std::vector<std::size_t> turns;  // the texts before the end of each
  std::optional<reason> closed;
  std::function<void()> at_end;
};

struct posting_world {
  explicit posting_world(wire::revision rev = wire::revision::v4, engine_options settings = {})
      : s(make_session(w, "s", rev, std::move(settings))) {
    on_strand([&] {
      s->open("{}");
      s->take_open_payload();
      s->handler(above);
    });
  }
  ~posting_world() {
    on_strand([&] { s->close(reason(reason::kind::forced_close), true); });
    if (peer) peer->close();
    w.settle();
  }
  posting_world(const posting_world&) = delete;
  posting_world& operator=(const posting_world&) = delete;
  void on_strand(const std::function<void()>& work) {
    boost::asio::post(s->get_strand(), work);
    w.settle();
  }
  post_state take(std::string body, bool begun = false) {
    auto state = post_state::refused;
    on_strand([&] { state = s->take_post(post, std::move(body), false, begun); });
    return state;
  }
  post_state go_on() {
    auto state = post_state::refused;
    on_strand([&] { state = s->continue_post(post); });
    return state;
  }
  // Upgrades, by a WebSocket that the test holds.
  void move() {
    async::memory_streams pair;
    peer = std::make_unique<memory_client>(w, std::move(pair.far));
    on_strand([&] { s->start_upgrade(make_transport(w, std::move(pair.near), s->get_strand()), ""); });
    peer->send(text_frame("5"));
  }

  world w;
  const std::shared_ptr<session> s;
  const std::shared_ptr<counting_handler> above = std::make_shared<counting_handler>();
  const std::shared_ptr<given_post> post = std::make_shared<given_post>();
  std::unique_ptr<memory_client> peer;
};

std::string body_of(std::size_t packets) {
  std::string body;
  for (std::size_t i = 0; i < packets; ++i)
    body += (i == 0 ? "4"
                    : "\x1e"
                      "4") +
            std::to_string(i);
  return body;
}

}  // namespace

TEST_CASE("a body of many packets is handled in turns, in order, and charged until its end", "[engine][session]") {
  posting_world p;
  const std::string body = body_of(2'500);
  const std::size_t idle = p.s->account().bytes();
  CHECK(p.take(body) == post_state::unread);
  CHECK(p.above->turns == std::vector<std::size_t>{1'000});
  CHECK(p.s->account().bytes() == idle + body.size());
  CHECK(p.go_on() == post_state::unread);
  CHECK(p.go_on() == post_state::taken);
  CHECK(p.above->turns == std::vector<std::size_t>{1'000, 2'000, 2'500});
  for (std::size_t i = 0; i < 2'500; ++i) CHECK(p.above->texts.at(i) == std::to_string(i));
  CHECK(p.s->account().bytes() == idle);
  CHECK(p.take("4next") == post_state::taken);
  CHECK(p.above->texts.back() == "next");
}

TEST_CASE("a body as large as allowed may be made of the smallest packets", "[engine][session]") {
  const bool old = GENERATE(false, true);
  posting_world p(old ? wire::revision::v3 : wire::revision::v4);
  std::string body;
  while (body.size() + 3 <= 1'000'000) body += old ? "1:6" : "6\x1e";  // noops
  if (!old) body.pop_back();
  const std::size_t packets = old ? body.size() / 3 : body.size() / 2 + 1;
  std::size_t turns = 1;
  for (auto state = p.take(body); state != post_state::taken; state = p.go_on()) {
    REQUIRE(state == post_state::unread);
    ++turns;
  }
  CHECK(turns == packets / 1'000 + 1);
  CHECK_FALSE(p.above->closed);
}

TEST_CASE("the rest of a body is dropped with its session, and when that moves", "[engine][session]") {
  posting_world p;
  CHECK(p.take(body_of(1'500)) == post_state::unread);
  SECTION("the session ends") {
    p.on_strand([&] { p.s->close(reason(reason::kind::forced_close), true); });
    CHECK(p.go_on() == post_state::taken);
    CHECK(p.above->closed);
  }
  SECTION("it moves to WebSocket") {
    p.move();
    CHECK(p.post->aborted == 1);
    CHECK(p.go_on() == post_state::refused);
    p.peer->send(text_frame("4after"));
    CHECK(p.above->texts.back() == "after");
    CHECK(p.above->texts.size() == 1'001);
  }
}

TEST_CASE("a body that is complete only after the upgrade is dropped", "[engine][session]") {
  posting_world p;
  p.on_strand([&] { CHECK(p.s->begin_post(p.post)); });
  p.move();
  CHECK(p.post->aborted == 1);
  p.peer->send(text_frame("4first"));
  CHECK(p.take("4late", true) == post_state::refused);
  CHECK(p.above->texts == std::vector<std::string>{"first"});
}

TEST_CASE("a session that ends does not wait for the body of its POST", "[engine][session]") {
  posting_world p;
  p.on_strand([&] { CHECK(p.s->begin_post(p.post)); });
  CHECK(p.post->dropped == 0);
  p.on_strand([&] { p.s->close(reason(reason::kind::forced_close), true); });
  CHECK(p.post->dropped == 1);
  CHECK(p.post->aborted == 0);
  CHECK(p.take("4late", true) == post_state::taken);
  CHECK(p.above->texts.empty());
}

TEST_CASE("a body waits while reading is paused, and its rest is not handed up", "[engine][session]") {
  posting_world p;
  p.on_strand([&] { p.s->pause_input(true); });
  CHECK(p.take(body_of(3)) == post_state::input_paused);
  CHECK(p.above->texts.empty());
  p.on_strand([&] { p.s->pause_input(false); });
  CHECK(p.go_on() == post_state::taken);
  CHECK(p.above->texts.size() == 3);
}

TEST_CASE("a body that comes while reading is paused is read, though reading goes on at the end of its own input",
          "[engine][session]") {
  posting_world p;
  p.on_strand([&] { p.s->pause_input(true); });
  p.above->at_end = [&] { p.s->pause_input(false); };
  CHECK(p.take(body_of(3)) == post_state::unread);
  CHECK(p.go_on() == post_state::taken);
  CHECK(p.above->texts.size() == 3);
}

TEST_CASE("a body for which the client may not be kept more memory ends the session", "[engine][session]") {
  engine_options settings;
  settings.max_client_bytes = 50'000;
  posting_world p(wire::revision::v4, settings);
  p.take("4" + std::string(60'000, 'x'));
  REQUIRE(p.above->closed);
  CHECK(p.above->closed->text() == "forced close");
  CHECK(p.above->closed->detail() == "more than max_client_bytes would be kept for this client");
  CHECK(p.above->texts.empty());
}

TEST_CASE("a body that comes behind the end of its session is charged to nobody", "[engine][session]") {
  const bool begun = GENERATE(false, true);
  posting_world p;
  if (begun) p.on_strand([&] { CHECK(p.s->begin_post(p.post)); });
  p.on_strand([&] { p.s->close(reason(reason::kind::forced_close), true); });
  REQUIRE(p.above->closed);
  const std::size_t left = p.s->account().bytes();
  p.on_strand([&] { CHECK_FALSE(p.s->begin_post(p.post)); });
  CHECK(p.take(body_of(3), begun) == (begun ? post_state::taken : post_state::refused));
  CHECK(p.s->account().bytes() == left);
  CHECK(p.above->texts.empty());
}
