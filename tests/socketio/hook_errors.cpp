// Code that hooks refuse to compile: a coroutine would never run there. With BAD, each line marked with an error fails
// with that text, and no other line does. Without BAD, everything compiles. compile_errors.sh reads this file.

#include <cosio/cosio.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

using cosio::task;
using http_request = cosio::http::request;
using http_response = cosio::http::response;

#ifdef BAD
// clang-format off: the error stands on the line that makes it
void of_a_server(const cosio::server& io) {
  io.on_error([](cosio::socket who, const cosio::socket_error&) -> task<> { co_await who.emit("sorry"); });  // error: this hook is a plain function: start a coroutine in it with cosio::spawn
  io.on_error([](cosio::socket who, const cosio::socket_error&) { return who.emit("sorry"); });  // error: this hook is a plain function
  io.on_new_namespace([](cosio::nsp made) -> task<> { co_await made.emit("made"); });  // error: this hook is a plain function
  io.on("new_namespace", [](cosio::nsp made) -> task<> { co_await made.emit("made"); });  // error: this hook is a plain function
  io.of("/b", [](cosio::nsp made) -> task<> { co_await made.emit("made"); });  // error: this function is a plain function
  io.of(cosio::pattern("/c-{any}"), [](cosio::parent_nsp) -> task<> { co_return; });  // error: this function is a plain function
  io.on_new_namespace([](int) {});               // error: this hook cannot be called with what it is to be told
  io.emit_with_ack("your age?");                 // error: answers of many need a time: write timeout(5s).emit_with_ack
}

void of_namespaces(const cosio::nsp& news, const cosio::parent_nsp& rooms) {
  news.on_error([](cosio::socket, const cosio::socket_error&) -> task<int> { co_return 1; });  // error: this hook is a plain function
  news.on_room_event([news](const cosio::room_event&) -> task<> { co_await news.emit("moved"); });  // error: this hook is a plain function
  news.emit_with_ack("your age?", 1, "please");  // error: answers of many need a time: write timeout(5s).emit_with_ack
  rooms.on_error([](cosio::socket, const cosio::socket_error&) -> task<> { co_return; });  // error: this hook is a plain function
}

void of_an_engine(const cosio::engine_server& engine, const cosio::engine_session& session) {
  engine.on_connection([](cosio::engine_session s) -> task<> { co_await s.send("hello"); });  // error: this hook is a plain function
  engine.on_connection_error([](const cosio::connection_error&) -> task<> { co_return; });  // error: this hook is a plain function
  engine.on_initial_headers([](http_response&, const http_request&) -> task<> { co_return; });  // error: this hook is a plain function
  engine.on_headers([](http_response&, const http_request&) -> task<> { co_return; });  // error: this hook is a plain function
  session.on_upgrade([session]() -> task<> { co_await session.send("up"); });  // error: this hook is a plain function
  session.on_close([](cosio::reason) -> task<> { co_return; });  // error: this hook is a plain function
}
// clang-format on
#endif

// A plain function, a coroutine that it starts, a function that exists already, a result that nobody wants, and none.
void right(const cosio::server& io, const cosio::engine_server& engine, const cosio::engine_session& session) {
  io.on_error([executor = io.executor()](cosio::socket who, const cosio::socket_error& wrong) {
    cosio::spawn(executor, [](cosio::socket to, std::string why) -> task<> {
      co_await to.emit("sorry", why);
    }(std::move(who), wrong.message()));
  });
  io.on_connection([](const cosio::socket& who) { return who.emit("hello"); });  // its task is awaited
  const std::function<void(cosio::nsp)> known = [](const cosio::nsp&) {};
  io.on_new_namespace(known);
  io.on("new_namespace", [](const cosio::nsp& made) { return made.name().size(); });
  engine.on_headers(nullptr);
  engine.on_connection({});
  session.on_close([](const cosio::reason& why) { return why.text().empty(); });
  static_cast<void>(io.timeout(std::chrono::seconds(5)).emit_with_ack("your age?"));
}
