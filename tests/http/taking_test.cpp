// Requests that a service takes over, and finishes when it likes.

#include <cosio/error.hpp>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/connection.hpp"
#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

using taking = http::service::taking;

struct ready_answer final : http::taken_request {
  explicit ready_answer(std::function<made()> m) : make(std::move(m)) {}
  made make_answer() override { return make(); }
  const std::function<made()> make;
};

std::shared_ptr<ready_answer> text(std::string body) {
  return std::make_shared<ready_answer>(
      [body = std::move(body)] { return http::taken_request::made{http::response(200, body)}; });
}

// Owns what is below "/taken/": GETs are held, POSTs come in turn.
class taking_service final : public http::service {
 public:
  bool owns(std::string_view target) const noexcept override { return target.starts_with("/taken/"); }
  bool may_hold(const http::request& head) const noexcept override { return head.method() == "GET"; }
  void closing() override {}
  task<std::optional<http::response>> upgrade(std::shared_ptr<http::exchange>) override { co_return std::nullopt; }

  taking take_over(const std::shared_ptr<http::exchange>& x) override {
    if (throws_early) throw std::runtime_error("no luck");
    auto body = x->body_at_hand(10);
    if (!body || body->has_error()) return taking::no;
    const std::string target(x->head().target());
    taken.push_back(std::string(x->head().method()) + " " + target + " " + **body);
    if (target == "/taken/broken") throw std::runtime_error("no luck");
    if (target == "/taken/now") {
      x->finish(text("at once"));
    } else {
      waiting[target] = x;
      x->on_abort([this, target] { gone.push_back(target); });
    }
    return x->head().method() == "GET" ? taking::held : taking::in_turn;
  }

  task<http::response> answer(std::shared_ptr<http::exchange> x) override {
    auto body = co_await x->body(10);
    const bool whole = body.has_value();
    co_return http::response(whole ? 200 : 413, "by a coroutine");
  }

  void finish(const std::string& target, std::shared_ptr<http::taken_request> by) {
    std::exchange(waiting[target], nullptr)->finish(std::move(by));
  }

  bool throws_early = false;
  std::vector<std::string> taken;
  std::vector<std::string> gone;
  std::map<std::string, std::shared_ptr<http::exchange>> waiting;
};

struct taking_door : door {
  taking_door() { state->add_service(service); }
  ~taking_door() { service->waiting.clear(); }
  taking_door(const taking_door&) = delete;
  taking_door& operator=(const taking_door&) = delete;

  // From outside of the connection's strand, as sessions do.
  void finish(const std::string& target, std::shared_ptr<http::taken_request> by) {
    service->finish(target, std::move(by));
    w.settle();
  }

  const std::shared_ptr<taking_service> service = std::make_shared<taking_service>();
};

}  // namespace

TEST_CASE("a service may take a request and answer it at once", "[http][connection]") {
  taking_door d;
  memory_client client = d.connect();
  for (int i = 0; i < 3; ++i) {
    CHECK(client.ask(get("/taken/now")).body == "at once");
    CHECK(client.ask(post("/taken/now", "x")).body == "at once");
  }
  CHECK(d.service->taken.size() == 6);
  CHECK(client.ask(get("/hello")).body == "hello");
}

TEST_CASE("a request that was taken is answered when its service finishes it", "[http][connection]") {
  taking_door d;
  memory_client client = d.connect();
  client.send(post("/taken/1", "body"));
  CHECK(d.service->taken == std::vector<std::string>{"POST /taken/1 body"});
  d.w.advance(10min);  // no time limit meanwhile
  CHECK_FALSE(client.answer());
  CHECK_FALSE(client.ended());
  d.finish("/taken/1", text("at last"));
  CHECK(client.answer()->body == "at last");
  d.w.advance(64s);
  CHECK_FALSE(client.ended());
  d.w.advance(1s);
  CHECK(client.ended());  // the idle time began with the answer
}

TEST_CASE("behind a request that was taken in turn nothing is read, behind a held one it is", "[http][connection]") {
  taking_door d;
  memory_client client = d.connect();
  client.send(get("/taken/1") + post("/taken/2", "a") + post("/taken/3", "b"));
  CHECK(d.service->taken == std::vector<std::string>{"GET /taken/1 ", "POST /taken/2 a"});
  d.finish("/taken/2", text("two"));
  CHECK(d.service->taken.size() == 3);
  CHECK(client.received().empty());  // the answer to the GET comes first
  d.finish("/taken/1", text("one"));
  CHECK(client.answer()->body == "one");
  CHECK(client.answer()->body == "two");
  d.finish("/taken/3", text("three"));
  CHECK(client.answer()->body == "three");
}

TEST_CASE("ready lines of a head stand behind its other headers", "[http][connection]") {
  taking_door d;
  memory_client client = d.connect();
  client.send(get("/taken/1"));
  d.finish("/taken/1", std::make_shared<ready_answer>([] {
             http::response answer(200, "hello", {});
             answer.set("X-Own", "1");
             return http::taken_request::made{std::move(answer), "Content-Type: text/plain\r\nX-Ready: 2\r\n"};
           }));
  CHECK(client.received() ==
        "HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Type: text/plain\r\nX-Ready: 2\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_CASE("a service that throws where it takes or answers is logged, and its client gets 500", "[http][connection]") {
  const captured_log log;
  taking_door d;
  memory_client client = d.connect();
  CHECK(client.ask(post("/taken/broken", "x")).status == 500);
  CHECK(log.count(log_level::error, "/taken/broken") == 1);
  client.send(get("/taken/1"));
  d.finish("/taken/1",
           std::make_shared<ready_answer>([]() -> http::taken_request::made { throw std::runtime_error("no luck"); }));
  CHECK(client.answer()->status == 500);
  CHECK(log.count(log_level::error, "/taken/1") == 1);
  CHECK(client.ask(get("/hello")).body == "hello");

  d.service->throws_early = true;
  client.send(post("/taken/early", get("/hello")));  // its body must not be read as a request
  CHECK(client.answer()->status == 500);
  CHECK(client.received().empty());
  CHECK(client.ended());
}

TEST_CASE("a request that is not whole, too large or the last is not taken", "[http][connection]") {
  taking_door d;
  memory_client client = d.connect();
  client.send("POST /taken/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  client.send("dy");
  CHECK(client.answer()->body == "by a coroutine");
  CHECK(client.ask(post("/taken/1", "more than ten bytes")).status == 413);
  CHECK(
      client.ask("POST /taken/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n").body ==
      "by a coroutine");
  CHECK(d.service->taken.empty());
  client.send(post("/taken/now", "x", "Connection: close\r\n"));
  client.shutdown_send();  // this client still reads its answer
  CHECK(client.answer()->body == "by a coroutine");
  CHECK(client.ended());
  CHECK(d.service->taken.empty());
}

TEST_CASE("a client that leaves while its request is taken is told of, and its answer goes nowhere",
          "[http][connection]") {
  taking_door d;
  memory_client held = d.connect();
  memory_client in_turn = d.connect();
  held.send(get("/taken/1"));
  held.reset();
  CHECK(d.service->gone == std::vector<std::string>{"/taken/1"});
  CHECK(d.open() == 1);
  d.finish("/taken/1", text("too late"));
  in_turn.send(post("/taken/2", "x"));
  in_turn.close();
  d.finish("/taken/2", text("too late"));
  CHECK(d.open() == 0);
}

TEST_CASE("an application that closes waits for an answer that is taken", "[http][connection]") {
  taking_door d;
  memory_client client = d.connect();
  client.send(post("/taken/1", "x"));
  boost::asio::co_spawn(d.w.context(), d.app.close(), [](std::exception_ptr) {});
  d.w.settle();
  CHECK_FALSE(client.ended());
  d.finish("/taken/1", text("the last"));
  const auto answer = client.answer();
  REQUIRE(answer);
  CHECK(answer->body == "the last");
  CHECK(answer->header("connection") == "close");
  client.close();
  CHECK(d.open() == 0);
}

TEST_CASE("a world that ends with requests that are taken leaks nothing", "[http][connection]") {
  // The leak checker does the check here.
  taking_door d;
  memory_client held = d.connect();
  memory_client in_turn = d.connect();
  held.send(get("/taken/1"));
  in_turn.send(post("/taken/2", "x"));
  CHECK(d.open() == 2);
}
