// Step 3: answers, refusals, and a question to the client.
#include <algorithm>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cstddef>

using namespace std::chrono_literals;

struct line {
  std::string room;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(line, (), (room, text))  // { room: "lobby", text: "hello" } in JavaScript

void check(const cosio::socket& user, const line& said) {
  if (said.text.empty() || said.text.size() > 500) throw cosio::refusal("1 to 500 characters, please", 400);
  const auto rooms = user.rooms();
  if (std::ranges::find(rooms, said.room) == rooms.end()) throw cosio::refusal("enter the room first", 403);
}

cosio::task<> on_connection(cosio::socket user) {
  user.on("enter", [user](std::string room) -> cosio::task<> { co_await user.join(room); });  // answers when it is done

  user.on("say", [user](line said) -> cosio::task<std::size_t> {
    check(user, said);
    const cosio::report sent = co_await user.to(said.room).emit("said", user.id(), said);
    co_return sent.queued;  // how many others it goes to
  });

  std::string language = "en";
  try {
    language = co_await user.timeout(5s).emit_with_ack<std::string>("language?");
  } catch (const cosio::error&) {  // it did not answer in time, or with something else
  }
  co_await user.emit("welcome", language);
}

int main() {
  cosio::http::app web;
  web.files("/", "public");
  cosio::options opts;
  opts.answer_failed_events = true;  // a refusal is the answer to the event
  cosio::server io(web, opts);
  io.on_connection(on_connection);
  web.run();
}
