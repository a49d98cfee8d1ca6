// A visit is a story told top to bottom: enter, talk, walk from room to room, leave.

#include "visit.hpp"

#include <optional>
#include <string>

namespace chat {
namespace {

using cosio::task;

// The Socket.IO room of a chat room. The prefix separates it from the rooms that are named after a socket's id.
std::string channel(const std::string& room) { return "#" + room; }

// Waits for the introduction. Nothing when the guest leaves first, or sends something else than a name and a room.
task<std::optional<introduction>> introduced(socket guest) {
  std::optional<introduction> said;
  try {
    introduction who = co_await guest.once<"enter">();
    said = std::move(who);
  } catch (const cosio::error&) {
    said.reset();
  }
  co_return said;
}

// Registers the events of a guest in the house. The handlers end when the guest leaves.
void listen(const nsp& io, const std::shared_ptr<house>& home, const socket& guest) {
  guest.on<"say">([io, home, guest](std::string text) -> task<std::size_t> {
    const line said = home->remember(guest.id(), text);
    const cosio::report sent = co_await io.to(channel(said.room)).emit<"said">(said);
    co_return sent.queued;  // the page shows how many have heard it
  });

  guest.on<"typing">([home, guest](bool is_typing) -> task<> {
    const person who = home->find(guest.id());
    co_await guest.to(channel(who.room)).volatile_().emit<"typing">(who.name, is_typing);
  });

  guest.on<"go">([io, home, guest](std::string room) -> task<welcome> {
    const person before = home->move(guest.id(), room);
    co_await guest.leave(channel(before.room));
    const person now = home->find(guest.id());
    co_await guest.join(channel(now.room));
    const attendance all = home->everybody();
    co_await io.emit<"attendance">(all);
    co_return home->look_around(guest.id());
  });
}

}  // namespace

task<> visit(nsp io, std::shared_ptr<house> home, socket guest) {
  const auto who = co_await introduced(guest);
  if (!who) co_return;

  const person me = home->enter(guest.id(), *who);
  co_await guest.join(channel(me.room));
  listen(io, home, guest);
  const welcome seen = home->look_around(guest.id());
  co_await guest.emit<"welcome">(seen);
  const attendance before = home->everybody();
  co_await io.emit<"attendance">(before);

  co_await guest.disconnected();
  home->leave(guest.id());
  const attendance after = home->everybody();
  co_await io.emit<"attendance">(after);
}

}  // namespace chat
