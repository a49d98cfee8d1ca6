// One handler for each event; arguments are typed, as an application's are.

#include "events.hpp"

#include <string>
#include <vector>

#include "rows.hpp"

namespace bench {
namespace {

using cosio::task;

void answer(const cosio::socket& user) {
  user.on("echo", [user](std::string text) -> task<> { co_await user.emit("echo", text); });
  user.on("ack", [](std::string text) { return text; });
  user.on("bin", [user](cosio::binary bytes) -> task<> { co_await user.emit("bin", bytes); });

  user.on("take", [](cosio::arguments args) { return args.size(); });

  user.on("join", [user](std::string room) -> task<> { co_await user.join(room); });
  user.on("bcast", [user](std::string text) -> task<> { co_await user.nsp().emit("bcast", text); });
  user.on("spread", [user](cosio::arguments all) -> task<> { co_await user.nsp().emit("spread", all); });
  user.on("room", [user](std::string room, std::string text) -> task<> {
    const auto members = user.nsp().to(room);
    co_await members.emit("room", text);
  });
}

void answer_json(const cosio::socket& user) {
  user.on("back", [](cosio::arguments all) { return all; });
  user.on("rows in", [](std::vector<row> rows) { return rows.size(); });
  user.on("rows out", [] { return some_rows(); });
}

}  // namespace

void answer_events(const cosio::server& io) {
  for (const auto* name : {"/", "/x"}) answer_events(io.of(name));
}

void answer_events(const cosio::nsp& where) { where.on_connection(answer); }

void answer_for_json(const cosio::nsp& where) { where.on_connection(answer_json); }

}  // namespace bench
