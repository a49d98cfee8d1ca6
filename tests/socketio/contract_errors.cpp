// Code that contracts refuse to compile. With BAD, each line marked with an error fails with that text, and no other
// line does. Without BAD, everything compiles. compile_errors.sh reads this file.

#include <boost/describe/class.hpp>

#include <cosio/contract.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

using cosio::arg;
using cosio::event;
using cosio::task;

struct message {
  std::string from;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(message, (), (from, text))

struct talk {
  using client_to_server = cosio::events<event<"say", void(message)>, event<"count", int(std::string)>>;
  using server_to_client =
      cosio::events<event<"said", void(message, bool)>, event<"ask", int()>, event<"number", void(int)>>;
  using server_to_server = cosio::events<event<"tell", void(int)>>;
};
using user_socket = cosio::typed_socket<talk>;

#ifdef BAD
using twice = cosio::events<event<"a", void()>, event<"a", void(int)>>;
const twice* same_name = new twice;  // error: two events of one direction have the same name
using reserved = cosio::events<event<"disconnect", void()>>;
const reserved* library_name = new reserved;  // error: this name of an event belongs to the library

// clang-format off: the error stands on the line that makes it
void listen(user_socket user) {
  user.on<"sya">([](message) {});                // error: the contract has no event of this name from client to server
  user.on<"said">([](message, bool) {});         // error: the contract has no event of this name from client to server
  user.on<"say">([] {});                         // error: the handler takes another number of arguments than the contract says
  user.on<"say">([](message, int) {});           // error: the handler takes another number of arguments than the contract says
  user.on<"say">([](std::string) {});            // error: a parameter of the handler has another type than the contract says
  user.once<"say">([](bool) -> task<> { co_return; });  // error: a parameter of the handler has another type
  user.on<"say">([](message) { return 1; });     // error: the contract gives this event no acknowledgement
  user.on<"say">([](message, cosio::ack) {});    // error: the contract gives this event no acknowledgement
  user.on<"count">([](std::string) {});          // error: the handler returns another acknowledgement than the contract says
  user.on<"count">([](std::string) { return 0.5; });  // error: the handler returns another acknowledgement than the contract says
  user.on<"count">([](std::string) -> task<std::string> { co_return ""; });  // error: the handler returns another acknowledgement
  user.on<"count">([](std::string, cosio::typed_ack<std::string>) {});  // error: the handler takes another acknowledgement
  user.on<"count">([](std::string, cosio::ack) {});  // error: the handler takes another acknowledgement
  user.on<"count">([](std::string, cosio::typed_ack<int>) { return 1; });  // error: takes the acknowledgement as a parameter returns nothing
  user.on<"say">([](auto) {});                   // error: a handler says the types of its parameters
  user.on("say", [](message) {});                // error: a typed socket has the event in angle brackets
}

void speak(user_socket user, cosio::typed_ack<int> answer, message text) {
  user.emit<"sayd">(text, true);                 // error: the contract has no event of this name from server to client
  user.emit<"say">(text);                        // error: the contract has no event of this name from server to client
  user.emit<"said">(text);                       // error: the contract says another number of arguments
  user.emit<"said">(text, true, 1);              // error: the contract says another number of arguments
  user.emit<"said">("text", true);               // error: an argument has another type than the contract says
  user.to("a").emit<"said">(text, 1);            // error: an argument has another type than the contract says
  user.emit<"number">(0.5);                      // error: an argument has another type than the contract says
  user.emit<"number">(true);                     // error: an argument has another type than the contract says
  user.emit<"ask">();                            // error: the contract has this event acknowledged: use emit_with_ack
  user.emit_with_ack<"said">(text, true);        // error: the contract gives this event no acknowledgement: use emit
  user.emit("said", text, true);                 // error: a typed handle has the event in angle brackets
  answer("text");                                // error: an argument has another type than the contract says
}

void welcome(cosio::typed_nsp<talk> everybody) {
  everybody.server_side_emit<"said">(1);         // error: the contract has no event of this name between servers
  everybody.server_side_emit<"tell">("text");    // error: an argument has another type than the contract says
  everybody.server_side_emit_with_ack<"tell">(1);  // error: the contract gives this event no acknowledgement: use emit
  everybody.on_server_side<"tell">([](char) {});  // error: a parameter of the handler has another type
  everybody.on_connection([](int) {});           // error: a connection handler takes the cosio::typed_socket of this contract
}
// clang-format on
#endif

void right(user_socket user, const message& text, cosio::typed_ack<int> answer) {
  user.on<"say">([](const message&) {});
  user.on<"count">([](std::string of) { return of.size(); });
  user.on<"count">([](const std::string&, cosio::typed_ack<int> later) -> task<> { return later(1); });
  static_cast<void>(user.emit<"said">(text, true));
  static_cast<void>(user.emit_with_ack<"ask">());
  static_cast<void>(answer(5U));
}
