// The handlers of a chat.

#include "chat.hpp"

#include <exception>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace chat {
namespace {

// The name of the client: its token, in place of a real check. Old clients send it in the query.
std::string name_of(const cosio::handshake& said) {
  if (const auto& token = said.auth()["token"].value(); token.is_string()) return std::string(token.get_string());
  return std::string(said.query("token").value_or(""));
}

void let_in(cosio::socket& user) {
  const std::string name = name_of(user.handshake());
  if (name.empty() || name == "mallory") throw cosio::refusal("who are you?", 401);
  user.data(name);
}

cosio::task<> welcome(cosio::socket user) {
  const auto name = user.data<std::string>();
  co_await user.join("lobby");

  user.on("add", [](int a, int b) { return a + b; });
  user.on("say", [user, name](std::string text) -> cosio::task<std::size_t> {
    const cosio::report sent = co_await user.to("lobby").emit("said", name, text);
    co_return sent.queued;
  });
  user.on("whisper", [user, name](std::string to, std::string text) -> cosio::task<> {
    co_await user.to(to).emit("whispered", name, text);
  });
  user.on("listen", [user](std::string room) -> cosio::task<> { co_await user.join(room); });
  user.on("survey", [user]() -> cosio::task<std::string> {
    std::string colour = "no answer";
    try {
      colour = co_await user.timeout(5s).emit_with_ack<std::string>("colour?");
    } catch (const cosio::error&) {  // the client is silent, or away
    }
    co_return colour;
  });
  user.on("reverse", [](std::vector<std::uint8_t> bytes) { return std::vector(bytes.rbegin(), bytes.rend()); });
  user.on("fail", []() -> int { throw std::runtime_error("the handler is broken"); });
  user.on("leave", [user]() -> cosio::task<> { co_await user.disconnect(); });

  const cosio::reason why = co_await user.disconnected();
  co_await user.to("lobby").emit("left", name, why.text());
}

}  // namespace

cosio::options options() {
  cosio::options opts;
  opts.connection_state_recovery = cosio::recovery_options();
  return opts;
}

void set_up(cosio::server& io) {
  io.of("/chat").use(let_in);
  io.of("/chat").on_connection(welcome);
}

}  // namespace chat
