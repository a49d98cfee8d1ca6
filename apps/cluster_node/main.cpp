// One node of a cluster: a word that is said to one node is heard by the clients of all. Redis connects the nodes.
//
// The environment names what differs between nodes: REDIS_URL, NODE_NAME and PORT.

#include <charconv>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>

#include "command_line/command_line.hpp"

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

constexpr const char* about = R"(Serves one node of a cluster whose nodes share a Redis.

The environment names what differs between nodes:
  NODE_NAME  what its page calls the node (unnamed)
  PORT       where it listens; 0 picks a free one (3000)
  REDIS_URL  the Redis of all nodes (redis://127.0.0.1:6379))";

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

// Nothing when the text is no port.
std::optional<std::uint16_t> port_of(const std::string& text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, wrong] = std::from_chars(text.data(), end, port);
  if (wrong != std::errc() || stopped != end) return std::nullopt;
  return port;
}

cosio::options options() {
  cosio::redis_options redis;
  redis.url = setting("REDIS_URL", "redis://127.0.0.1:6379");
  cosio::options out;
  out.adapter = cosio::redis_adapter(redis);
  out.transports = {"websocket"};  // so a proxy needs no memory of which client belongs to which node
  return out;
}

void serve(std::uint16_t port) {
  const std::string name = setting("NODE_NAME", "unnamed");
  cosio::http::app_options address;
  address.port = port;
  cosio::http::app app(address);
  app.get("/", [](cosio::http::request) { return cosio::http::response(200, page, "text/html; charset=utf-8"); });

  cosio::server io(app, options());
  io.on_connection([&io, name](cosio::socket user) -> cosio::task<> {
    user.on("say", [&io, name](std::string text) -> cosio::task<> { co_await io.emit("said", name, text); });
    co_await user.emit("welcome", name);
  });

  app.listen();
  std::cout << "node " << name << " is listening on " << app.url() << std::endl;
  // Clients are told and get two seconds. They connect again by themselves, to another node.
  io.run_until_signal(cosio::close_options(2s));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    apps::command_line line("cluster_node", about);
    if (const auto code = line.read(argc, argv)) return *code;
    const std::string port = setting("PORT", "3000");
    if (const auto number = port_of(port)) {
      serve(*number);
      return 0;
    }
    std::cerr << "cluster_node: PORT: " << port << " is no port, which is a number from 0 to 65535\n";
    return apps::exit_usage;
  } catch (const std::exception& failed) {
    std::cerr << "cluster_node: " << failed.what() << '\n';
    return 1;
  }
}
