// A server that is the client of another one, an example of docs/client.md: what is said at one is heard at both.
// Nobody runs it.

#include <boost/asio/io_context.hpp>

#include <cosio/cosio.hpp>
#include <cosio/io_client.hpp>

#include <string>

// Each server has the namespace /servers for other servers.
void link_servers(const cosio::server& here, const cosio::client_socket& there) {
  there.on("said", [here](std::string text) -> cosio::task<> { co_await here.emit("said", text); });
  here.on_connection([here, there](cosio::socket user) {
    user.on("say", [here, there](std::string text) -> cosio::task<> {
      co_await here.emit("said", text);
      co_await there.volatile_().emit("said", text);
    });
  });
  here.of("/servers").on_connection([here](cosio::socket other) {
    other.on("said", [here](std::string text) -> cosio::task<> { co_await here.emit("said", text); });
  });
}

int main() {
  boost::asio::io_context context;
  cosio::options options;
  options.port = 3'000;
  const cosio::server here(context.get_executor(), options);
  const cosio::manager other(context.get_executor(), "https://other.example");
  const auto there = other.socket("/servers", {.auth = {{"token", "abc"}}});
  link_servers(here, there);
  there.open();
  here.listen();
  context.run();
}
