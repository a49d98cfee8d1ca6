// expect: cosio: a handler of on_message() takes cosio::message by value, and returns nothing or cosio::task<>

#include <cosio/cosio.hpp>

#include <string>

void echo(const cosio::engine_session& client) {
  client.on_message([client](std::string text) -> cosio::task<> { co_await client.send(text); });
}
