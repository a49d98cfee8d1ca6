// Loops of a hundred operations, with a turn of the executor in between, because operations that are ready at once nest
// on the stack.

#include "rooms.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <string>

namespace bench {
namespace {

using cosio::task;

constexpr std::size_t repetitions = 20'000;
constexpr std::size_t between_turns = 100;

double thread_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::string room_name(std::size_t number) { return "room " + std::to_string(number); }
std::string new_room_name(std::size_t number) { return "new room " + std::to_string(number); }

task<> turn(std::size_t done) {
  if (done % between_turns != 0) co_return;
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

task<> fill(const std::vector<cosio::socket>& members, std::size_t rooms) {
  for (std::size_t i = 0; i < rooms; ++i) {
    const std::string name = room_name(i);
    co_await members[i % members.size()].join(name);
    co_await turn(i);
  }
}

task<> join_some(const std::vector<cosio::socket>& members, std::size_t first) {
  for (std::size_t i = first; i < first + between_turns; ++i) {
    const std::string name = new_room_name(i);
    co_await members[i % members.size()].join(name);
  }
}

task<> leave_some(const std::vector<cosio::socket>& members, std::size_t first) {
  for (std::size_t i = first; i < first + between_turns; ++i) {
    const std::string name = new_room_name(i);
    co_await members[i % members.size()].leave(name);
  }
}

task<> empty(const std::vector<cosio::socket>& members, std::size_t rooms) {
  for (std::size_t i = rooms; i-- > 0;) {
    const std::string name = room_name(i);
    co_await members[i % members.size()].leave(name);
    co_await turn(i);
  }
}

// Joins and leaves a few new rooms at a time, so that the number of rooms hardly changes meanwhile.
task<> time_changes(const std::vector<cosio::socket>& members, room_costs& found) {
  for (std::size_t i = 0; i < repetitions; i += between_turns) {
    const double begun = thread_ns();
    co_await join_some(members, i);
    const double joined = thread_ns();
    co_await leave_some(members, i);
    const double left = thread_ns();
    found.join_ns += (joined - begun) / repetitions;
    found.leave_ns += (left - joined) / repetitions;
    co_await turn(0);
  }
}

// The same few sockets receive, however many rooms there are: the cost of writing to sockets is not compared.
task<double> time_emits(const std::vector<cosio::socket>& members, std::size_t rooms) {
  constexpr std::size_t stride = 7'919;  // a prime: rooms in no order
  const std::size_t listeners = std::min<std::size_t>(10, members.size());
  const std::size_t rounds = std::max<std::size_t>(1, rooms / members.size());  // of fill() around the sockets
  const auto nsp = members.front().nsp();
  const double begun = thread_ns();
  for (std::size_t i = 0; i < repetitions; ++i) {
    const auto room = nsp.to(room_name(i * stride % rounds * members.size() + i % listeners));
    co_await room.emit("event", "a few words");
    co_await turn(i);
  }
  co_await turn(0);
  co_return (thread_ns() - begun) / repetitions;
}

}  // namespace

task<room_costs> measure_rooms(const std::vector<cosio::socket>& members, std::size_t rooms) {
  room_costs found;
  found.rooms = rooms;
  co_await fill(members, rooms);
  co_await time_changes(members, found);
  found.emit_ns = co_await time_emits(members, rooms);
  co_await empty(members, rooms);
  co_return found;
}

}  // namespace bench
