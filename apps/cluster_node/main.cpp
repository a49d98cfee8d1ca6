// One node of a cluster: a word that is said to one node is heard by the clients of all. Redis connects the nodes.
//
// The environment names what differs between nodes: REDIS_URL, NODE_NAME and PORT.

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

constexpr const char* page = R"(<!doctype html>
<meta charset="utf-8">
<title>cluster</title>
<p>This page is connected to node <b id="node">…</b>. Open it several times.
<form><input autofocus placeholder="say something"></form>
<ul></ul>
<script src="/socket.io/socket.io.js"></script>
<script>
  const socket = io({ transports: ["websocket"] });
  const input = document.querySelector("input");
  socket.on("welcome", (node) => { document.getElementById("node").textContent = node; });
  socket.on("said", (node, text) => {
    document.querySelector("ul").appendChild(document.createElement("li")).textContent = `${node}: ${text}`;
  });
  document.querySelector("form").onsubmit = (submitted) => {
    submitted.preventDefault();
    socket.emit("say", input.value);
    input.value = "";
  };
</script>
)";

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

cosio::options options() {
  cosio::redis_options redis;
  redis.url = setting("REDIS_URL", "redis://127.0.0.1:6379");
  cosio::options out;
  out.adapter = cosio::redis_adapter(redis);
  out.transports = {"websocket"};  // so a proxy needs no memory of which client belongs to which node
  return out;
}

cosio::http::app_options address() {
  cosio::http::app_options out;
  out.port = static_cast<std::uint16_t>(std::stoi(setting("PORT", "3000")));
  return out;
}

// Clients are told and get two seconds. They connect again by themselves, to another node.
cosio::task<> end_on_signal(cosio::http::app app, cosio::server io) {
  boost::asio::signal_set signals(app.executor(), SIGINT, SIGTERM);
  co_await signals.async_wait(boost::asio::use_awaitable);
  co_await io.close(2s);
  co_await app.close(1s);
  app.stop();
}

void serve() {
  const std::string name = setting("NODE_NAME", "unnamed");
  cosio::http::app app(address());
  app.get("/", [](cosio::http::request) { return cosio::http::response(200, page, "text/html; charset=utf-8"); });

  cosio::server io(app, options());
  io.on_connection([&io, name](cosio::socket user) -> cosio::task<> {
    user.on("say", [&io, name](std::string text) -> cosio::task<> { co_await io.emit("said", name, text); });
    co_await user.emit("welcome", name);
  });

  app.listen();
  cosio::spawn(app.executor(), end_on_signal(app, io));
  std::cout << "node " << name << " is listening on " << app.url() << std::endl;
  app.run();
}

}  // namespace

int main() {
  try {
    serve();
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "cluster_node: " << failed.what() << '\n';
    return 1;
  }
}
