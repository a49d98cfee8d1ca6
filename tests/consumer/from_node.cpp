// The C++ of docs/from-node.md: each line of its tables is here.
#include <chrono>
#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>
#include <cosio/parser.hpp>
#include <cosio/redis.hpp>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace from_node {

bool good(const std::string& token) { return token == "secret"; }

cosio::task<std::string> find(int id) { co_return "number " + std::to_string(id); }

void own_port() {
  cosio::server io;
  io.run();
}

void settings(cosio::options opts) {
  opts.port = 8080;
  opts.path = "/chat";
  opts.serve_client = false;
  opts.origins = {"https://app.example"};
  opts.origins = "*";
  opts.origins = cosio::origin_policy("https://app.example").credentials();
  opts.transports = {"websocket"};
  opts.ping_interval = 10s;
  opts.ping_timeout = 5s;
  opts.max_payload = 10'000'000;
  opts.allow_eio3 = true;
  opts.connection_state_recovery.emplace().max_disconnection_duration = 2min;
  opts.per_message_deflate.emplace().threshold = 1'024;
  opts.cookie.emplace().name = "io";
  opts.parser = cosio::msgpack_parser();
  opts.allow_request = [](cosio::http::request asked) { return good(asked.header("x-key")); };
  opts.adapter = cosio::redis_adapter(cosio::redis_options());
  opts.cleanup_empty_child_namespaces = true;
  opts.connect_timeout = 45s;
  opts.tls.emplace().certificate_file = "cert.pem";
}

void one_port_for_both() {
  cosio::http::app web;
  cosio::server io(web);
  web.files("/", "public");
  web.get("/healthz", [](cosio::http::request) { return cosio::http::response(200, "ok"); });
  web.run();
}

void clients(cosio::server& io) {
  io.on_connection([](cosio::socket user) { std::cout << user.id(); });
  io.use([](cosio::socket& user) {
    if (!good(user.handshake().auth()["token"].as_or(std::string()))) throw cosio::refusal("no");
  });
  const auto admin = io.of("/admin");
  const auto rooms = io.of(cosio::pattern("/room-{digits}"));
}

cosio::task<> to_many(cosio::server& io, cosio::socket user, int x, std::string id) {
  co_await io.emit("news", x);
  co_await io.to("room").emit("news", x);
  co_await io.to("a", "b").except("c").emit("news", x);
  co_await user.emit("news", x);
  co_await user.to("room").emit("news", x);
  co_await user.broadcast().emit("news", x);
  co_await io.to(id).emit("news", x);
  co_await io.volatile_().emit("news", x);
  co_await io.local().emit("news", x);
  co_await io.compress(false).emit("news", x);
  co_await user.send("hello");
  co_await user.join("room");
  co_await user.join("a", "b");
  co_await user.leave("room");
  const auto mine = user.rooms();
  const auto all = co_await io.in("room").fetch_sockets();
  const std::vector<std::string> ids = co_await io.in("room").clients();
  co_await io.in("a").sockets_join("b");
  co_await io.in("room").disconnect_sockets(true);
  co_await io.server_side_emit("hello", x);
  io.on_server_side("hello", [](int got) { std::cout << got; });
}

void events(cosio::socket user) {
  user.on("add", [](int a, int b) { return a + b; });
  user.on("find", [](int id) { return find(id); });
  user.on("say", [](std::string text, cosio::ack answer) -> cosio::task<> { co_await answer(text.size()); });
  user.on("all", [](cosio::arguments args) { std::cout << args.size(); });
  user.on("file", [](cosio::binary bytes) { return bytes.size(); });
  user.once("ready", [] {});
  user.off("add");
  user.remove_all_listeners();
  user.on_any([](std::string event, cosio::arguments) { std::cout << event; });
  user.on_disconnect([](cosio::reason why) { std::cout << why.text(); });
  user.on_disconnecting([user](cosio::reason) { std::cout << user.rooms().size(); });
  user.use([](cosio::packet& event) {
    if (event.event() == "bad") throw cosio::refusal("no");
  });
}

cosio::task<> questions(cosio::server& io, cosio::socket user) {
  const auto age = co_await user.timeout(5s).emit_with_ack<int>("age?");
  const auto ages = co_await io.timeout(5s).emit_with_ack("age?");
  const auto name = co_await user.once<std::string>("name");
  const cosio::reason why = co_await user.disconnected();
  std::cout << age << ages.values<int>().size() << name << why.text();
}

cosio::task<> things(cosio::socket user) {
  const auto& id = user.id();
  const auto token = user.handshake().auth()["token"];
  const auto agent = user.handshake().header("user-agent");
  const auto page = user.handshake().query("page");
  const auto address = user.remote_address();
  const auto transport = user.conn().transport();
  const auto here = user.connected();
  const auto back = user.recovered();
  user.data("ada");
  const auto who = user.data<std::string>();
  co_await user.disconnect();
  co_await user.disconnect(true);
  std::cout << id << token.is_null() << agent << page.has_value() << address << transport << here << back << who;
}

cosio::task<> end(cosio::server& io) {
  co_await io.close();
  io.stop();
}

void until_sigterm(cosio::server& io) { io.run_until_signal(10s); }

void engine(cosio::server& io) {
  io.engine().on_connection_error([](const cosio::connection_error& e) { std::cout << e.message(); });
  io.engine().on_headers([](cosio::http::response& head, const cosio::http::request&) { head.set("X-A", "1"); });
}

}  // namespace from_node
