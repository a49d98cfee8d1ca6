// Code that hooks, middleware and questions refuse to compile. A coroutine is refused where the library needs all that
// the function does before it goes on. With BAD, each line marked with an error fails with that text, and no other line
// does. Without BAD, everything compiles. compile_errors.sh reads this file.

#include <cosio/cosio.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

using cosio::task;
using http_request = cosio::http::request;
using http_response = cosio::http::response;

// A coroutine of another executor than a task has: nobody would await it.
boost::asio::awaitable<void, boost::asio::io_context::executor_type> wait_elsewhere();

#ifdef BAD
// clang-format off: the error stands on the line that makes it
void of_a_server(const cosio::server& io, cosio::options& opts) {
  io.on_new_namespace([](cosio::nsp made) -> task<> { co_await made.emit("made"); });  // error: this hook is a plain function: start a coroutine in it with cosio::spawn
  io.on("new_namespace", [](cosio::nsp made) -> task<> { co_await made.emit("made"); });  // error: this hook is a plain function
  io.of("/b", [](cosio::nsp made) -> task<> { co_await made.emit("made"); });  // error: this function is a plain function
  io.of(cosio::pattern("/c-{any}"), [](cosio::parent_nsp) -> task<> { co_return; });  // error: this function is a plain function
  io.of([](std::string, cosio::handshake) { return "yes"; });  // error: this function answers with another type
  io.on_new_namespace([](int) {});               // error: this hook cannot be called with what it is to be told
  io.on_error([](int) {});                       // error: a handler of on_error() of a server or a namespace takes
  io.emit_with_ack("your age?");                 // error: answers of many need a time: write timeout(5s).emit_with_ack
  opts.allow_request = [](http_request) { return 1; };  // error: this function answers with another type
  opts.generate_socket_id = [](std::string, cosio::handshake) -> task<int> { co_return 1; };  // error: this function answers with another type
}

void of_namespaces(const cosio::nsp& news, const cosio::socket& user) {
  news.emit_with_ack("your age?", 1, "please");  // error: answers of many need a time: write timeout(5s).emit_with_ack
  news.use([](cosio::socket&, cosio::next go) { go(); });  // error: middleware that takes cosio::next is a coroutine
  news.use([](cosio::socket&) { return false; });  // error: middleware without cosio::next returns nothing, or cosio::task<>
  user.on_disconnect([](cosio::reason) { return wait_elsewhere(); });  // error: a coroutine as a handler returns cosio::task<>
  user.on_error([](cosio::socket_error) { return wait_elsewhere(); });  // error: a coroutine as a handler returns cosio::task<>
  user.use([](cosio::socket&) {});  // error: middleware of a socket takes cosio::packet&
}

void of_an_engine(const cosio::engine_server& engine, const cosio::engine_session& session) {
  engine.on_initial_headers([](http_response&, const http_request&) -> task<> { co_return; });  // error: this hook is a plain function
  engine.on_headers([](http_response&, const http_request&) -> task<> { co_return; });  // error: this hook is a plain function
  session.on_message([](cosio::message) { return wait_elsewhere(); });  // error: a coroutine as a handler returns cosio::task<>
  session.on_close([](cosio::reason) { return wait_elsewhere(); });  // error: a coroutine as a hook returns cosio::task<>
  session.on_message([](int) {});  // error: a handler of on_message() takes cosio::message by value
}
// clang-format on
#endif

// A plain function, a coroutine, a function that exists already, a result that nobody wants, and none.
void right(const cosio::server& io, const cosio::engine_server& engine, const cosio::engine_session& session) {
  io.on_error([](cosio::socket who, const cosio::socket_error& wrong) -> task<> {
    co_await who.emit("sorry", wrong.message());
  });
  io.on_error([](cosio::socket who, const cosio::socket_error&) { return who.emit("sorry"); });
  io.on_connection([](const cosio::socket& who) { return who.emit("hello"); });  // its task is awaited
  const std::function<void(cosio::nsp)> known = [](const cosio::nsp&) {};
  io.on_new_namespace(known);
  io.on("new_namespace", [](const cosio::nsp& made) { return made.name().size(); });
  engine.on_headers(nullptr);
  engine.on_connection({});
  session.on_close([](const cosio::reason& why) { return why.text().empty(); });
  session.on_upgrade([session]() -> task<> { co_await session.send("up"); });
  session.on_message([](const cosio::message&) {});
  static_cast<void>(io.timeout(std::chrono::seconds(5)).emit_with_ack("your age?"));
}
