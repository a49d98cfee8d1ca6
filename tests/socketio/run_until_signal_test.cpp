// A server that serves until the process gets a signal.

#include <cosio/cosio.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// Joins, raises a signal, and takes part in the close.
void check_close(std::uint16_t port, mailbox<>& said) {
  sio_client client(port);
  client.join();
  std::raise(SIGTERM);
  CHECK(client.receive() == R"(2["closing",0])");
  CHECK(said.take() == "server shutting down");
  CHECK(client.ends());
}

void tell_of_ends(const cosio::server& io, mailbox<>& said) {
  io.on_connection(
      [&said](cosio::socket c) { c.on_disconnect([&said](cosio::reason why) { said.put(std::string(why.text())); }); });
}

cosio::close_options with_event() {
  cosio::close_options how(10s);
  how.event = "closing";
  return how;
}

}  // namespace

TEST_CASE("a server serves until a signal comes, then closes in stages and returns", "[socketio][run_until_signal]") {
  mailbox<> said;
  const cosio::server io(test_options(2));
  tell_of_ends(io, said);
  std::thread thread([&] { io.run_until_signal(with_event()); });
  while (io.port() == 0) std::this_thread::yield();
  check_close(io.port(), said);
  thread.join();
  CHECK(io.port() == 0);
  CHECK(io.engine().clients_count() == 0);
}

TEST_CASE("the deadline of a close on a signal is enough", "[socketio][run_until_signal]") {
  const cosio::server io(test_options(2));
  std::thread thread([&] { io.run_until_signal(10s); });
  while (io.port() == 0) std::this_thread::yield();
  sio_client client(io.port());
  client.join();
  std::raise(SIGTERM);
  CHECK(client.ends());
  thread.join();
  CHECK(io.port() == 0);
}

TEST_CASE("a server that shares a port closes in stages, and the application behind it",
          "[socketio][run_until_signal]") {
  mailbox<> said;
  cosio::http::app_options where;
  where.host = "127.0.0.1";
  where.port = 0;
  cosio::http::app app(where);
  const cosio::server io(app, test_options());
  tell_of_ends(io, said);
  std::thread thread([&] { io.run_until_signal(with_event()); });
  while (app.port() == 0) std::this_thread::yield();
  check_close(app.port(), said);
  thread.join();
  CHECK(app.port() == 0);
}
