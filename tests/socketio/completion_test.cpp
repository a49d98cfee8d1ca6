// Operations for callers that are no coroutines: every completion token, on the right executor, with its cancellation.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// A server with one client in "/", both of which the test's thread talks to.
struct one_client {
  explicit one_client(cosio::options opts = test_options()) : s(std::move(opts)) {
    s.io.on_connection([this](cosio::socket c) { joined.put(std::move(c)); });
    client.emplace(s.start());
    client->join();
    user = joined.take();
  }

  mailbox<cosio::socket> joined;
  std::optional<sio_client> client;  // is connected until the server is gone
  sio_server s;
  cosio::socket user;
};

boost::system::error_code code_of(const std::exception_ptr& thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

}  // namespace

TEST_CASE("a thread without coroutines emits and asks with futures", "[socketio][completion]") {
  one_client in;
  CHECK(wait(in.user.async_emit(asio::use_future, "to", "one")).queued == 1);
  CHECK(in.client->receive() == R"(2["to","one"])");
  CHECK(wait(in.s.io.async_emit(asio::use_future, "to", "all")).queued == 1);
  CHECK(in.client->receive() == R"(2["to","all"])");
  CHECK(wait(in.s.io.of("/").to(in.user.id()).async_emit(asio::use_future, "to", "room")).queued == 1);
  CHECK(in.client->receive() == R"(2["to","room"])");

  auto age = in.user.async_emit_with_ack<int>(asio::use_future, "age?");
  CHECK(in.client->receive() == R"(20["age?"])");
  in.client->send("30[42]");
  CHECK(wait(std::move(age)) == 42);

  auto all = in.s.io.timeout(10s).async_emit_with_ack(asio::use_future, "who?");
  CHECK(in.client->receive() == R"(21["who?"])");
  in.client->send(R"(31["anna"])");
  CHECK(wait(std::move(all)).values<std::string>() == std::vector<std::string>{"anna"});
}

TEST_CASE("rooms, lists of sockets, events and the end have futures, too", "[socketio][completion]") {
  one_client in;
  wait(in.user.async_join(asio::use_future, "a", "b"));
  wait(in.user.async_leave(asio::use_future, "b"));
  CHECK(wait(in.s.io.in("a").async_clients(asio::use_future)) == std::vector<std::string>{in.user.id()});
  CHECK(wait(in.s.io.in("b").async_clients(asio::use_future)).empty());
  wait(in.s.io.async_sockets_join(asio::use_future, "c"));
  CHECK(wait(in.s.io.in("c").async_fetch_sockets(asio::use_future)).size() == 1);
  wait(in.s.io.of("/").async_sockets_leave(asio::use_future, "c"));
  CHECK(wait(in.s.io.in("c").async_clients(asio::use_future)).empty());

  auto name = in.user.async_once<std::string>(asio::use_future, "name");
  auto never = in.user.timeout(1ms).async_once(asio::use_future, "never");
  CHECK(error_of([&] { wait(std::move(never)); }) == cosio::errc::timed_out);  // now both have listened
  in.client->send(R"(2["name","anna"])");
  CHECK(wait(std::move(name)) == "anna");

  auto why = in.user.async_disconnected(asio::use_future);
  wait(in.user.async_disconnect(asio::use_future));
  CHECK(wait(std::move(why)).text() == "server namespace disconnect");
  CHECK(in.client->receive() == "1");
  CHECK(wait(in.user.async_emit(asio::use_future, "late")).refused == 1);
}

TEST_CASE("namespaces, other servers and sockets that were found have futures, too", "[socketio][completion]") {
  one_client in;
  const cosio::nsp all = in.s.io.sockets();
  CHECK(wait(all.async_all_rooms(asio::use_future)) == std::vector<std::string>{in.user.id()});
  CHECK(wait(all.async_server_count(asio::use_future)) == 1);
  CHECK(wait(all.async_connected(asio::use_future)).count(in.user.id()) == 1);

  wait(in.s.io.async_server_side_emit(asio::use_future, "hello", 1));
  CHECK(wait(all.local().async_server_side_emit_with_ack(asio::use_future, "hello", 1)).complete());
  CHECK(error_of([&] { wait(all.async_server_side_emit(asio::use_future, "connect")); }) == cosio::errc::bad_argument);

  const auto found = wait(in.s.io.async_fetch_sockets(asio::use_future));
  REQUIRE(found.size() == 1);
  wait(found[0].async_join(asio::use_future, "d"));
  CHECK(wait(in.s.io.in("d").async_clients(asio::use_future)).size() == 1);
  wait(found[0].async_leave(asio::use_future, "d"));
  CHECK(wait(in.s.io.in("d").async_clients(asio::use_future)).empty());
  wait(found[0].async_disconnect(asio::use_future));
  CHECK(in.client->receive() == "1");
}

TEST_CASE("a parent emits with tokens to all its namespaces, in the order of the calls", "[socketio][completion]") {
  one_client in(test_options(4));
  const auto parent = in.s.io.of(cosio::pattern("/room-{digits}"));
  CHECK(wait(parent.async_emit(asio::use_future, "nobody")).queued == 0);
  in.client->join("/room-1");
  CHECK(wait(parent.async_emit(asio::use_future, "x", 1)).queued == 1);
  CHECK(in.client->receive() == R"(2/room-1,["x",1])");
  CHECK(wait(parent.to("nowhere").async_emit(asio::use_future, "x")).queued == 0);
  constexpr int many = 200;
  for (int i = 0; i < many; ++i) parent.async_emit(asio::detached_t(), "n", i);
  for (int i = 0; i < many; ++i) CHECK(in.client->receive() == "2/room-1,[\"n\"," + std::to_string(i) + "]");
}

TEST_CASE("the arguments of an operation that starts later are those of the call", "[socketio][completion]") {
  one_client in;
  auto text = std::make_unique<std::string>("early");
  auto later = in.user.async_emit(asio::deferred, "x", *text);
  *text = "late";
  text.reset();
  CHECK(wait(std::move(later)(asio::use_future)).queued == 1);
  CHECK(in.client->receive() == R"(2["x","early"])");
  in.user.async_emit(asio::detached_t(), "nobody", "waits");
  CHECK(in.client->receive() == R"(2["nobody","waits"])");
}

TEST_CASE("a callback is called on its own executor, never inside of the call, with the exception as an argument",
          "[socketio][completion]") {
  asio::io_context mine;  // goes behind the server, whose threads post to it
  one_client in;
  bool called = false;
  const auto work = asio::make_work_guard(mine);
  in.user.async_emit(asio::bind_executor(mine,
                                         [&](std::exception_ptr e, cosio::report sent) {
                                           CHECK_FALSE(e);
                                           CHECK(sent.queued == 1);
                                           called = true;
                                           mine.stop();
                                         }),
                     "x", 1);
  CHECK(in.client->receive() == R"(2["x",1])");
  CHECK_FALSE(called);
  mine.run();
  CHECK(called);

  mailbox<boost::system::error_code> failed;
  in.s.io.async_emit([&](std::exception_ptr e, cosio::report) { failed.put(code_of(e)); }, "disconnect");
  CHECK(failed.take() == cosio::errc::bad_argument);  // a reserved name

  mailbox<bool> inside;  // on the client's strand, where the operation starts at once
  auto probe = [user = in.user, &inside]() -> cosio::task<> {
    auto returned = std::make_shared<bool>(false);
    user.async_emit([returned, &inside](std::exception_ptr, cosio::report) { inside.put(!*returned); }, "y");
    *returned = true;
    co_return;
  };
  in.s.run_on(in.user, probe());
  CHECK_FALSE(inside.take());
}

TEST_CASE("events that one thread emits with tokens arrive in this order", "[socketio][completion]") {
  one_client in(test_options(4));
  constexpr int many = 200;
  for (int i = 0; i < many; ++i) in.user.async_emit(asio::detached_t(), "n", i);
  for (int i = 0; i < many; ++i) CHECK(in.client->receive() == "2[\"n\"," + std::to_string(i) + "]");
  for (int i = 0; i < many; ++i) in.s.io.async_emit(asio::detached_t(), "n", i);
  for (int i = 0; i < many; ++i) CHECK(in.client->receive() == "2[\"n\"," + std::to_string(i) + "]");
}

TEST_CASE("a coroutine of another io_context awaits, and goes on there", "[socketio][completion]") {
  asio::io_context mine;  // goes behind the server, whose threads post to it
  one_client in;
  background thread(mine);
  auto work = [user = in.user]() -> cosio::task<bool> {
    const auto here = std::this_thread::get_id();
    const cosio::report sent = co_await user.async_emit(asio::use_awaitable, "x");
    co_return sent.queued == 1 && std::this_thread::get_id() == here;
  };
  CHECK(wait(start(mine.get_executor(), work())));
}

TEST_CASE("a slot cancels a question, and the handler is told", "[socketio][completion]") {
  one_client in;
  asio::cancellation_signal stop;
  mailbox<boost::system::error_code> told;
  auto handler = [&](std::exception_ptr e, int) { told.put(code_of(e)); };
  in.user.async_emit_with_ack<int>(asio::bind_cancellation_slot(stop.slot(), std::move(handler)), "age?");
  CHECK(in.client->receive() == R"(20["age?"])");
  stop.emit(asio::cancellation_type::terminal);
  CHECK(told.take() == asio::error::operation_aborted);
}

TEST_CASE("a callback that throws is logged by run(), and harms nobody", "[socketio][completion]") {
  captured_log log;
  one_client in;
  in.user.async_emit([](std::exception_ptr, cosio::report) { throw std::runtime_error("my own mistake"); }, "x");
  CHECK(eventually([&] { return log.count(cosio::log_level::error, "my own mistake") == 1; }));
  CHECK(wait(in.user.async_emit(asio::use_future, "y")).queued == 1);
}

TEST_CASE("handles may go before their operations end", "[socketio][completion]") {
  one_client in;
  std::future<int> age;
  {
    const cosio::socket copy = in.user;
    age = copy.timeout(10s).async_emit_with_ack<int>(asio::use_future, "age?");
  }
  CHECK(in.client->receive() == R"(20["age?"])");
  in.client->send("30[7]");
  CHECK(wait(std::move(age)) == 7);
}

TEST_CASE("a handle that has outlived its server emits to nobody, and the caller is told", "[socketio][completion]") {
  cosio::socket user;
  std::optional<cosio::nsp> nsp;
  std::optional<cosio::parent_nsp> parent;
  cosio::engine_session session;
  {
    one_client in;
    user = in.user;
    nsp = in.s.io.sockets();
    parent = in.s.io.of(cosio::pattern("/room-{digits}"));
    session = in.user.conn();
  }
  CHECK(wait(user.async_emit(asio::use_future, "x")).refused == 1);
  CHECK(wait(nsp->async_emit(asio::use_future, "x")).queued == 0);
  CHECK(wait(parent->async_emit(asio::use_future, "x")).queued == 0);
  CHECK(wait(session.async_send(asio::use_future, std::string("x"))).refused == 1);
  wait(session.async_close(asio::use_future));
  CHECK(wait(user.async_disconnected(asio::use_future)).text() == "server shutting down");
}

TEST_CASE("a server closes with a token, and a deadline", "[socketio][completion]") {
  one_client in;
  auto closed = in.s.io.async_close(asio::use_future, 10s);
  CHECK(in.client->ends());
  wait(std::move(closed));
  CHECK(in.s.io.port() == 0);
  wait(in.s.io.async_close(asio::use_future));
  wait(in.s.io.async_close(asio::use_future, cosio::close_options(1s)));
}
