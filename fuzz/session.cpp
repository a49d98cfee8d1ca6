// Whole sessions: what any clients may do on some connections, in steps, against a Socket.IO server in memory.
//
// The first byte chooses options of the server, the second the actions of the clients at the end. Then each line is
// a step:
// a letter, the number of a connection where it needs one, and text, in which "$0" is the id of the first session, and
// so on.
//
//   o0             opens connection 0 (O: one with little room); what was open there is closed
//   g0EIO=4&transport=polling           GET with this query
//   p0EIO=4&transport=polling&sid=$0 4hi   POST; its body is behind a space
//   u0EIO=4&transport=websocket         asks for a WebSocket        U: offers compression
//   t0… B0… f0…    a text frame, a binary frame, and one whose first byte is that of the text
//   r0… b0…        these bytes, with a line end, or as they are: from now on answers are not taken apart
//   s0 h0 c0 x0    stops or starts reading, half-closes, closes, resets
//   w3             time passes: 1 ms to 60 s
//   e a k K y      the application emits to all, asks all, disconnects all (closing the sessions), wakes a handler

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <cosio/log.hpp>

#include "check.hpp"
#include "session_peer.hpp"
#include "session_server.hpp"
#include "support/http_client.hpp"
#include "support/websocket_client.hpp"
#include "test/random_source.hpp"

using namespace cosio::fuzz;
namespace test = cosio::test;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t most_steps = 60;
constexpr std::size_t most_connections = 6;
constexpr std::size_t around_answer = 1'024;  // the head of an answer of HTTP, and the packets of an end
constexpr std::size_t small_pipe = 200;
constexpr std::size_t large_pipe = 64 * 1024;

class run {
 public:
  explicit run(std::uint8_t choice) : server_(choice) {}

  void step(std::string_view line);
  void end(std::uint8_t how);
  std::size_t transcript() const noexcept { return notes_.transcript; }

 private:
  void open(std::size_t which, std::size_t capacity) {
    allowed_ += around_answer;  // an answer that it need not ask for: 400, 408, the frames of an end
    lines_[which].reset();
    lines_[which].emplace(server_.connect(capacity), notes_);
  }
  session_peer& line(std::size_t which) {
    if (!lines_[which]) open(which, large_pipe);
    return *lines_[which];
  }
  bool act_alone(char what, std::string_view text);
  void act_on(session_peer& on, char what, const std::string& text);
  std::string with_sids(std::string_view text) const;
  void rest();
  void check_notes() const;
  void allow_for(char what, std::string_view text);

  session_server server_;
  client_notes notes_;
  std::size_t allowed_ = 0;  // bytes of the protocol's own answers
  std::array<std::optional<session_peer>, most_connections> lines_;
};

std::string below_path(std::string_view query) { return "/socket.io/?" + std::string(query); }

std::string frame(std::uint8_t first, std::string_view payload) {
  test::client_frame made;
  made.payload = payload;
  std::string bytes = made.bytes();
  bytes[0] = static_cast<char>(first);
  return bytes;
}

milliseconds time_of(std::string_view text) {
  constexpr std::array<int, 8> times{1, 20, 500, 1'500, 6'000, 11'000, 26'000, 60'000};
  return milliseconds(times[text.empty() ? 0 : static_cast<std::uint8_t>(text[0]) % times.size()]);
}

std::string run::with_sids(std::string_view text) const {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool names = text[i] == '$' && i + 1 < text.size() && !notes_.sids.empty();
    if (names) {
      out += notes_.sids[static_cast<std::uint8_t>(text[++i] - '0') % notes_.sids.size()];
    } else {
      out += text[i];
    }
  }
  return out;
}

bool run::act_alone(char what, std::string_view text) {
  switch (what) {
    case 'w':
      return server_.advance(time_of(text)), true;
    case 'e':
      return server_.emit_to_all(), true;
    case 'a':
      return server_.ask_all(), true;
    case 'k':
    case 'K':
      return server_.disconnect_all(what == 'K'), true;
    case 'y':
      return server_.wake_one(), true;
    default:
      return false;
  }
}

// A packet of the protocol is answered by one of its own, which may name its namespace: CONNECT, refusals, pongs. What
// it makes the application send is counted there. Bytes that are no request of a step may be many small requests.
void run::allow_for(char what, std::string_view text) {
  constexpr std::size_t most_for_a_byte = 32;
  const bool is_raw = what == 'r' || what == 'b' || what == 'U' || text.find("j=") != std::string_view::npos;
  const auto separators = std::count_if(text.begin(), text.end(), [](char c) { return c == '\x1e' || c == ':'; });
  allowed_ += (is_raw ? most_for_a_byte : 4) * text.size() + around_answer;
  allowed_ += (1 + static_cast<std::size_t>(separators)) * session_server::around_packet;
}

void run::act_on(session_peer& on, char what, const std::string& text) {
  constexpr std::string_view offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
  const std::size_t space = text.find(' ');
  switch (what) {
    case 'g':
      return on.send(test::get(below_path(text)));
    case 'p':
      return on.send(test::post(below_path(std::string_view(text).substr(0, space)),
                                space == std::string::npos ? "" : std::string_view(text).substr(space + 1)));
    case 'u':
      return on.send(test::websocket_request(below_path(text)));
    case 'U':
      return on.send_raw(test::websocket_request(below_path(text), offer));
    case 't':
      return on.send(frame(0x81, text));
    case 'B':
      return on.send(frame(0x82, text));
    case 'f':
      return on.send(
          frame(text.empty() ? 0 : static_cast<std::uint8_t>(text[0]), text.empty() ? text : text.substr(1)));
    case 'r':
      return on.send_raw(text + "\r\n");
    case 'b':
      return on.send_raw(text);
    case 's':
      return on.toggle_reading();
    case 'h':
      return on.half_close();
    case 'x':
      return on.reset();
    default:
      return;
  }
}

void run::rest() {
  server_.settle();
  for (auto& one : lines_)
    if (one) one->step();
  server_.settle();
}

void run::step(std::string_view line_text) {
  if (line_text.empty()) return;
  const char what = line_text[0];
  line_text.remove_prefix(1);
  if (!act_alone(what, line_text)) {
    const std::size_t which = line_text.empty() ? 0 : static_cast<std::uint8_t>(line_text[0] - '0') % most_connections;
    if (!line_text.empty()) line_text.remove_prefix(1);
    if (what == 'o' || what == 'O') {
      open(which, what == 'o' ? large_pipe : small_pipe);
    } else if (what == 'c') {
      lines_[which].reset();
    } else {
      const std::string text = with_sids(line_text);
      allow_for(what, text);
      act_on(line(which), what, text);
    }
  }
  rest();
  check_notes();
  server_.check_now();
}

void run::check_notes() const {
  const std::set<std::string> different(notes_.sids.begin(), notes_.sids.end());
  check(different.size() == notes_.sids.size(), "a session opens once, under an id of its own");
  check(notes_.acks <= server_.answers(), "an event is acknowledged at most once");
  check(notes_.bytes <= allowed_ + server_.sent(), "no more leaves than was sent, or answers what came in");
}

// Clients close, fall silent, or are still connected when the server closes.
void run::end(std::uint8_t how) {
  if (how % 3 == 0) {
    for (auto& one : lines_) one.reset();
  }
  if (how % 3 == 2) server_.close();
  if (how % 3 == 1) {
    // While all its handlers are busy a client is not read, and cannot be told from one that is silent.
    for (std::size_t i = 0; i < most_steps; ++i) {
      server_.wake_one();
      server_.settle();
    }
  }
  for (int minutes = 0; minutes < 5; ++minutes) {
    server_.advance(std::chrono::minutes(1));
    rest();
  }
  for (auto& one : lines_) {
    if (one) one->read_on();
    check(!one || how % 3 != 1 || one->ended(), "whoever is silent is let go");
  }
  check_notes();
  server_.check_nothing_is_left();
  if (how % 3 != 2) server_.close();
  server_.settle();
}

std::size_t whole(std::string_view input) {
  cosio::test::kit::seed_random_source(1);
  const std::uint8_t choice = take_choice(input);
  const std::uint8_t ending = take_choice(input);
  run one(choice);
  for (std::size_t steps = 0; !input.empty() && steps < most_steps; ++steps) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    one.step(line);
  }
  one.end(ending);
  return one.transcript();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cosio::set_log_level(cosio::log_level::off);
  const std::string_view input = text_of(data, size);
  const std::size_t first = whole(input);
  // With recovery, packets carry offsets that begin with the time of day.
  const bool told_time = size > 0 && (data[0] & session_server::with_recovery) != 0;
  if (size % 4 == 0 && !told_time) check(whole(input) == first, "the same input runs the same way twice");
  return 0;
}
