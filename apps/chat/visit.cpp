// A visit is a story told top to bottom: enter, talk, walk from room to room, leave.

#include "visit.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace chat {
namespace {

using cosio::task;
using namespace std::chrono_literals;

constexpr auto time_to_answer = 3s;  // for the pages of the others, when they are asked for a line

constexpr auto least_pause = 200ms;     // between two moves that are told
constexpr auto pause_for_a_copy = 5us;  // about 100 bytes each, so 20 MB a second

// Socket.IO rooms: of a chat room, and of all tabs of a person.
std::string channel(const std::string& room) { return "#" + room; }
std::string tabs_of(const person& who) { return "@" + who.id; }

task<> tell_who_is_here(std::shared_ptr<house> home, socket guest) {
  const attendance all = home->everybody();
  co_await guest.emit<"attendance">(all);
}

void ring(bell& door) { door.try_send(boost::system::error_code()); }

// Asks the pages of the others whether they have a line, and tells its author. The question follows the line on each
// connection, so the answer means that the line is there.
task<> count_receipts(nsp io, std::shared_ptr<house> home, socket guest, line said) {
  const auto others = guest.to(channel(said.room)).timeout(time_to_answer);
  const auto answers = co_await others.emit_with_ack<"heard">(said.number);
  const receipt of = home->count(said, answers.responses());
  co_await io.to("@" + said.author).emit<"receipt">(of);
}

// Registers the events of a guest in the house. The handlers end when the guest leaves.
void listen(const nsp& io, const std::shared_ptr<house>& home, const std::shared_ptr<bell>& door, const socket& guest) {
  guest.on<"enter">([home, door, guest](introduction who) -> task<welcome> {
    const person before = home->find(guest.id());
    const person now = home->enter(guest.id(), who);
    guest.data(now);
    if (before.room != now.room) co_await guest.leave(channel(before.room));
    co_await guest.join(channel(now.room), tabs_of(now));
    ring(*door);
    co_return home->look_around(guest.id());
  });

  guest.on<"say">([io, home, guest](message what) -> task<line> {
    const line said = home->remember(guest.id(), what);
    if (said.number == 0) co_return said;
    const news here{said.room, said.number};
    co_await io.to(channel(said.room)).emit<"said">(said);
    co_await io.except(channel(said.room)).emit<"news">(here);
    guest.spawn(count_receipts(io, home, guest, said));
    co_return said;
  });

  guest.on<"edit">([io, home, guest](std::uint64_t number, std::string text) -> task<line> {
    const line now = home->rewrite(guest.id(), number, text);
    if (now.number != 0) co_await io.to(channel(now.room)).emit<"edited">(now);
    co_return now;
  });

  guest.on<"typing">([home, guest](bool is_typing) -> task<> {
    const person who = home->find(guest.id());
    co_await guest.to(channel(who.room)).volatile_().emit<"typing">(who, is_typing);
  });
}

}  // namespace

task<> visit(nsp io, std::shared_ptr<house> home, std::shared_ptr<bell> door, socket guest) {
  listen(io, home, door, guest);
  if (guest.recovered()) {  // in the same rooms, and with what was said meanwhile
    home->come_back(guest.id(), guest.data());
    ring(*door);
    guest.spawn(tell_who_is_here(home, guest));
  }
  co_await guest.disconnected();
  home->leave(guest.id());
  ring(*door);
}

task<> tell_moves(nsp io, std::shared_ptr<house> home, std::shared_ptr<bell> door) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer pause(executor);
  for (;;) {
    co_await door->async_receive(boost::asio::use_awaitable);
    const moves now = home->look_for_moves();
    if (now.revision == 0) continue;
    co_await io.emit<"moves">(now);
    const auto copies = home->size() * (now.came.size() + now.left.size());
    pause.expires_after(least_pause + pause_for_a_copy * copies);
    co_await pause.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace chat
