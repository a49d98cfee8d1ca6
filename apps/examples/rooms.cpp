// Rooms: clients join channels, speak to the others in a channel, and write to one client.
//
// Each socket is also in a room of its own, whose name is its id. So the names that clients choose get a prefix here:
// otherwise a client could join the room of another one, and read what is sent to it alone.

#include <cosio/cosio.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

std::string room_of(const std::string& channel) { return "channel:" + channel; }

bool is_in(const cosio::socket& user, const std::string& room) {
  const std::vector<std::string> mine = user.rooms();
  return std::ranges::find(mine, room) != mine.end();
}

void serve(cosio::socket user) {
  user.on("join", [user](std::string channel) -> cosio::task<std::size_t> {
    const std::string room = room_of(channel);
    co_await user.join(room);
    co_await user.to(room).emit("joined", channel, user.id());  // the others in the room
    const std::vector<std::string> members = co_await user.nsp().in(room).clients();
    co_return members.size();
  });

  user.on("leave", [user](std::string channel) -> cosio::task<> {
    const std::string room = room_of(channel);
    co_await user.leave(room);
    co_await user.to(room).emit("left", channel, user.id());
  });

  user.on("say", [user](std::string channel, std::string text) -> cosio::task<> {
    const std::string room = room_of(channel);
    if (!is_in(user, room)) throw cosio::refusal("join the channel first");
    co_await user.to(room).emit("said", channel, user.id(), text);
  });

  // Everybody in the channel, the sender included, but not one of them.
  user.on("say behind the back of", [user](std::string channel, std::string id, std::string text) -> cosio::task<> {
    const std::string room = room_of(channel);
    if (!is_in(user, room)) throw cosio::refusal("join the channel first");
    co_await user.nsp().in(room).except(id).emit("said", channel, user.id(), text);
  });

  user.on("whisper", [user](std::string id, std::string text) -> cosio::task<> {
    if (id.starts_with("channel:")) throw cosio::refusal("this is no id");
    const cosio::report sent = co_await user.to(id).emit("whispered", user.id(), text);
    if (sent.queued == 0) throw cosio::refusal("nobody has this id");
  });

  // A socket leaves its rooms by itself when it disconnects. Here it is still in them.
  user.on_disconnecting([user](cosio::reason) -> cosio::task<> {
    const std::vector<std::string> rooms = user.rooms();
    co_await user.to(rooms).emit("gone", user.id());  // once to each, however many rooms they share
  });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.answer_failed_events = true;  // a refusal is the answer, if the client asked for one: {"message": "join the …"}
  cosio::server io(opts);
  io.on_connection(serve);
  io.run_until_signal();
}
