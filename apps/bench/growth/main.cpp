// The cost of many rooms: a server on this thread, and its clients on another one. Prints one line of JSON for each
// number of rooms.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <vector>

#include "audience.hpp"
#include "command_line/command_line.hpp"
#include "rooms.hpp"

namespace {

namespace asio = boost::asio;

constexpr std::uint32_t clients = 1'000;
constexpr std::size_t room_numbers[] = {10, 100, 1'000, 10'000, 100'000};
constexpr std::size_t own_room_numbers[] = {10, 100, 1'000, 10'000};  // of one socket

cosio::options quiet_options() {
  cosio::options out;
  out.host = "127.0.0.1";
  out.port = 0;
  return out;
}

void print(const char* what, const bench::room_costs& found) {
  const boost::json::object line{{"what", what},
                                 {"rooms", found.rooms},
                                 {"join_ns", found.join_ns},
                                 {"leave_ns", found.leave_ns},
                                 {"emit_ns", found.emit_ns}};
  std::cout << line << std::endl;
}

cosio::task<> wait_for(const std::vector<cosio::socket>& members) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  while (members.size() < clients) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

cosio::task<> measure(asio::io_context& context, const std::vector<cosio::socket>& members) {
  co_await wait_for(members);
  co_await bench::measure_rooms(members, room_numbers[0]);  // warms up
  for (const std::size_t rooms : room_numbers) {
    const bench::room_costs found = co_await bench::measure_rooms(members, rooms);
    print("rooms", found);
  }
  const std::vector<cosio::socket> one{members.front()};
  for (const std::size_t rooms : own_room_numbers) {
    const bench::room_costs found = co_await bench::measure_rooms(one, rooms);
    print("rooms of one socket", found);
  }
  context.stop();
}

void serve() {
  asio::io_context context(1);
  const cosio::server io(context.get_executor(), quiet_options());
  std::vector<cosio::socket> members;
  io.on_connection([&members](cosio::socket who) { members.push_back(who); });
  const bench::audience listeners(io.listen(), clients);
  cosio::spawn(context.get_executor(), measure(context, members));
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    apps::command_line line("bench_rooms",
                            "Measures the cost of rooms. Prints a line of JSON for each number of rooms.");
    if (const auto code = line.read(argc, argv)) return *code;
    serve();
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "bench_rooms: " << failed.what() << "\n";
    return 1;
  }
}
