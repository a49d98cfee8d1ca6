// The order of answers: services, then routes, then files, then 404.

#include "http/router.hpp"

#include <filesystem>
#include <fstream>

#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

class named_service : public http::service {
 public:
  named_service(std::string prefix, std::string name) : prefix_(std::move(prefix)), name_(std::move(name)) {}
  bool owns(std::string_view target) const noexcept override { return target.starts_with(prefix_); }
  bool may_hold(const http::request&) const noexcept override { return false; }
  task<http::response> answer(std::shared_ptr<http::exchange>) override { co_return http::response(200, name_); }
  task<std::optional<http::response>> upgrade(std::shared_ptr<http::exchange>) override {
    co_return http::response(400);
  }
  void closing() override {}

 private:
  std::string prefix_;
  std::string name_;
};

}  // namespace

TEST_CASE("services are asked in the order of their registration, by the raw target", "[http][router]") {
  http::router router(100);
  const auto first = std::make_shared<named_service>("/a/", "first");
  const auto second = std::make_shared<named_service>("/a/b/", "second");
  router.add_service(first);
  router.add_service(second);
  CHECK(router.owner_of("/a/b/c") == first);
  CHECK(router.owner_of("/a/?x=1") == first);
  for (const char* target : {"/a", "/A/", "//a/", "/%61/", "http://h/a/", "/b"})
    CHECK(router.owner_of(target) == nullptr);
  router.remove_service(first.get());
  CHECK(router.owner_of("/a/b/c") == second);
  CHECK(router.owner_of("/a/x") == nullptr);
  CHECK(router.services().size() == 1);
}

TEST_CASE("a service that goes may use the router: it is destroyed without the lock", "[http][router]") {
  class last final : public named_service {
   public:
    last(http::router& in, std::size_t& seen) : named_service("/", "last"), in_(in), seen_(seen) {}
    last(const last&) = delete;
    last& operator=(const last&) = delete;
    ~last() override { seen_ = in_.services().size(); }

   private:
    http::router& in_;
    std::size_t& seen_;
  };
  http::router router(100);
  std::size_t seen = 99;
  auto service = std::make_shared<last>(router, seen);
  const auto* const which = service.get();
  router.add_service(std::move(service));
  router.remove_service(which);
  CHECK(seen == 0);
}

TEST_CASE("a service stands in front of a route of the same path, also when it comes later", "[http][router]") {
  door d;
  d.app.get("/x/y", [](http::request) { return http::response(200, "route"); });
  memory_client client = d.connect();
  CHECK(client.ask(get("/x/y")).body == "route");
  const auto service = std::make_shared<named_service>("/x/", "service");
  d.state->add_service(service);
  CHECK(client.ask(get("/x/y")).body == "service");
  d.state->remove_service(service.get());
  CHECK(client.ask(get("/x/y")).body == "route");
}

TEST_CASE("routes are tried in order, by method and path", "[http][router]") {
  door d;
  d.app.get("/users/me", [](http::request) { return http::response(200, "me"); })
      .get("/users/:id", [](http::request r) { return http::response(200, "user " + std::string(r.param("id"))); })
      .post("/users/:id", [](http::request r) { return http::response(200, "post " + std::string(r.body())); })
      .all("/any", [](http::request r) { return http::response(200, std::string(r.method())); })
      .route("DELETE", "/users/*", [](http::request) { return http::response(200, "deleted"); });
  memory_client client = d.connect();
  CHECK(client.ask(get("/users/me")).body == "me");
  CHECK(client.ask(get("/users/7%20?id=8")).body == "user 7 ");
  CHECK(client.ask(post("/users/7", "data")).body == "post data");
  CHECK(client.ask("BREW /any HTTP/1.1\r\nHost: a\r\n\r\n").body == "BREW");
  CHECK(client.ask("DELETE /users/1/2 HTTP/1.1\r\nHost: a\r\n\r\n").body == "deleted");
  const http_answer none = client.ask("PUT /users/7 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(none.status == 404);
  CHECK(none.body.empty());
  CHECK(none.header("content-length") == "0");
}

TEST_CASE("a handler sees the whole request", "[http][router]") {
  door d;
  http::request seen;
  d.app.post("/a/:b", [&](http::request r) {
    seen = r;
    return http::response(200);
  });
  memory_client client = d.connect();
  client.ask(post("/a/b%20c?q=%31&q=2", "bytes", "X-One: 1\r\n"));
  CHECK(seen.method() == "POST");
  CHECK(seen.target() == "/a/b%20c?q=%31&q=2");
  CHECK(seen.path() == "/a/b%20c");
  CHECK(seen.param("b") == "b c");
  CHECK(seen.param("x").empty());
  CHECK(seen.query("q") == "2");
  CHECK(seen.body() == "bytes");
  CHECK(seen.header("x-one") == "1");
}

TEST_CASE("a handler that waits is resumed on its connection's strand, others go on meanwhile", "[http][router]") {
  door d;
  std::shared_ptr<async::suspension> waiting;
  // Kept in this scope: the coroutine uses the captures of the callable, which the route keeps.
  d.app.get("/slow", [&](http::request) -> task<http::response> {
    auto wait = [&](std::shared_ptr<async::suspension> me) { waiting = std::move(me); };
    co_await async::suspend(std::move(wait));
    co_return http::response(200, "slow");
  });
  memory_client slow = d.connect();
  memory_client quick = d.connect();
  slow.send(get("/slow"));
  CHECK(quick.ask(get("/hello")).body == "hello");
  CHECK_FALSE(slow.answer());
  waiting->end();
  CHECK(slow.answer()->body == "slow");
}

TEST_CASE("files come after routes, and what no directory has is nobody's", "[http][router]") {
  const auto dir = std::filesystem::temp_directory_path() / "cosio-router-test";
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "page.html") << "page";
  std::ofstream(dir / "hello") << "file";
  door d;
  d.app.files("/", dir.string()).files("static", dir.string());
  memory_client client = d.connect();
  CHECK(client.ask(get("/hello")).body == "hello");
  const http_answer page = client.ask(get("/page.html?x"));
  CHECK(page.body == "page");
  CHECK(page.header("content-type") == "text/html; charset=utf-8");
  CHECK(client.ask(get("/static/page.html")).body == "page");
  CHECK(client.ask(get("/static")).status == 404);
  CHECK(client.ask(get("/none")).status == 404);
  CHECK(client.ask(post("/page.html", "x")).status == 405);
  std::filesystem::remove_all(dir);
}

TEST_CASE("a client of Engine.IO at a path that nobody serves leaves a line with what is served", "[http][router]") {
  class talking final : public named_service {
   public:
    talking() : named_service("/socket.io/", "engine") {}
    std::string serves() const override { return "Socket.IO at /socket.io/"; }
  };
  door d;
  d.state->add_service(std::make_shared<talking>());
  d.app.post("/orders/:id", [](http::request) { return http::response(200); });
  memory_client client = d.connect();
  const captured_log log;
  CHECK(client.ask(get("/chat/?EIO=4&transport=polling&token=secret")).status == 404);
  CHECK(log.count(log_level::info,
                  "127.0.0.1 asks for \"/chat/\", which nobody serves here: let the client use the path of the server, "
                  "or change options.path; served: Socket.IO at /socket.io/, ") == 1);
  CHECK(log.count(log_level::info, ", POST /orders/:id") == 1);
  CHECK(log.count(log_level::info, "secret") == 0);
  memory_client upgrading = d.connect();
  upgrading.send(websocket_request("/sockets/?EIO=4&transport=websocket"));
  CHECK(log.count(log_level::info, "asks for \"/sockets/\", which nobody serves here") == 1);

  set_log_level(log_level::info);
  for (int i = 0; i < 20; ++i) client.ask(get("/again/?EIO=4&transport=polling"));
  CHECK(log.count(log_level::info, "\"/again/\"") == 1);
}

TEST_CASE("another request for a path that nobody serves leaves a line at debug", "[http][router]") {
  door d;
  memory_client client = d.connect();
  const captured_log log;
  CHECK(client.ask(get("/favicon.ico")).status == 404);
  CHECK(log.count(log_level::debug, "127.0.0.1 asks for \"/favicon.ico\", which nobody serves here; served: ") == 1);
  set_log_level(log_level::info);
  client.ask(get("/favicon.ico"));
  CHECK(log.count(log_level::debug, "/favicon.ico") == 1);
}

TEST_CASE("of many routes the line about a path that nobody serves names some", "[http][router]") {
  door d;
  for (int i = 0; i < 20; ++i)
    d.app.all("/route-" + std::to_string(i), [](http::request) { return http::response(200); });
  memory_client client = d.connect();
  const captured_log log;
  client.ask(get("/other"));
  CHECK(log.count(log_level::debug, "/route-3") == 1);
  CHECK(log.count(log_level::debug, "/route-9") == 0);
  CHECK(log.count(log_level::debug, ", …") == 1);
}
