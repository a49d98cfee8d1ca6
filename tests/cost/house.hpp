// A server whose costs are counted: bytes that it allocates and keeps, turns of its strand, calls of its handlers.
// Nothing is timed. Connections are in memory, and only what the server does counts, not what its peers do.
//
//   house h;
//   peer c = h.join();
//   const figures cost = h.measure([&] { c.send(many_events); });

#pragma once
#include <cosio/cosio.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "async/suspension.hpp"
#include "cost/counted_memory.hpp"
#include "http/app_state.hpp"
#include "support/catch.hpp"
#include "support/websocket_client.hpp"
#include "support/world.hpp"

namespace cosio::test {

struct figures {
  std::size_t allocated = 0;     ///< bytes
  std::size_t kept = 0;          ///< bytes that are still there at the end
  std::size_t turns = 0;         ///< handlers of Asio that ran
  std::size_t most_in_turn = 0;  ///< the most events and messages that one turn gave to handlers
  std::size_t calls = 0;         ///< events and messages that were given to handlers
  std::size_t handlers = 0;      ///< in flight at the end
  std::size_t bytes_in = 0;      ///< that peers sent
  std::size_t bytes_out = 0;     ///< that peers read
};

/// One thing that a peer may do `n` times, and its cost.
struct cost_row {
  const char* what;
  std::size_t n;
  figures (*run)(std::size_t n);
  std::size_t most_kept = 65'536;  ///< bytes, however often it is done
  std::size_t kept_each = 0;       ///< and for each time
  std::size_t most_in_turn = 0;    ///< events and messages that one turn may give to handlers; 0: not asked
  std::size_t most_handlers = 0;   ///< in flight at the end; 0: not asked
  std::size_t most_echo = 0;       ///< bytes out for each byte in; 0: not asked
};

/// Runs a row with N and with 2N. Nothing may grow faster than the input, and no more may be kept than the row allows.
inline void check_cost(const cost_row& row) {
  CAPTURE(row.what, row.n);
  figures once;
  figures twice;
  try {
    row.run(row.n);  // from here on the thread has the buffers that it keeps
    once = row.run(row.n);
    twice = row.run(2 * row.n);
  } catch (const std::exception& e) {
    FAIL_CHECK(e.what());
    return;
  }
  CAPTURE(once.bytes_in, twice.bytes_in, once.bytes_out, twice.bytes_out);
  CHECK(twice.allocated <= once.allocated * 23 / 10 + 65'536);
  CHECK(twice.turns <= once.turns * 23 / 10 + 100);
  CHECK(twice.kept <= row.most_kept + row.kept_each * 2 * row.n);
  if (row.most_in_turn != 0) CHECK(twice.most_in_turn <= row.most_in_turn);
  if (row.most_handlers != 0) CHECK(twice.handlers <= row.most_handlers);
  if (row.most_echo != 0) CHECK(twice.bytes_out <= row.most_echo * twice.bytes_in);
}

class house;

/// One connection to a house, from the other side.
class peer {
 public:
  peer(house& at, std::unique_ptr<async::memory_stream> stream) : at_(&at), stream_(std::move(stream)) {}

  void send(std::string_view bytes);
  /// A text frame, a binary one.
  void text(std::string_view payload) { send(text_frame(payload)); }
  void binary(std::string_view payload) { send(binary_frame(payload)); }
  /// Takes everything that has come. @return the bytes.
  std::string read();
  /// Takes so many bytes, if they are there.
  void read(std::size_t bytes);
  bool ended() {
    read();
    return ended_;
  }
  void shutdown_send();
  void close();
  void reset();

 private:
  house* at_;
  std::unique_ptr<async::memory_stream> stream_;
  bool ended_ = false;
};

/// A Socket.IO server at /socket.io and an Engine.IO server at /engine.io, whose sessions echo.
class house {
 public:
  explicit house(options opts = {}, engine_options raw = {}, http::app_options port = {})
      : state(std::make_shared<http::app::state>(w.take_runtime(), std::move(port))),
        app(state),
        io(app, without_files(std::move(opts))),
        engine(app, std::move(raw)) {
    app.get("/hello", [](http::request) { return http::response(200, "hello"); });
    app.post("/echo", [](http::request r) { return http::response(200, std::string(r.body())); });
    engine.on_connection([this](engine_session s) {
      s.on_message([this, s](message m) -> task<> {
        ++calls_;
        ++raw_handlers_;
        co_await s.send(m);
        --raw_handlers_;
      });
    });
    io.on_connection([this](socket c) { listen(c); });
  }
  house(const house&) = delete;
  house& operator=(const house&) = delete;
  ~house() { waiting.clear(); }

  peer connect(std::size_t capacity = 65'536) {
    async::memory_streams pair(capacity);
    make_room(pair, capacity);
    state->serve(std::move(pair.near));
    settle();
    return peer(*this, std::move(pair.far));
  }
  peer websocket(std::string_view target, std::size_t capacity = 65'536) {
    peer made = connect(capacity);
    made.send(websocket_request(target));
    if (made.read().find("HTTP/1.1 101") != 0) throw std::runtime_error("no WebSocket");
    return made;
  }
  /// A client of revision 4 in "/", over WebSocket, which has been heard once.
  peer join(std::size_t capacity = 65'536) {
    peer made = websocket("/socket.io/?EIO=4&transport=websocket", capacity);
    made.text("40");
    for (int i = 0; i < 8; ++i) made.text(R"(42["say","warm"])");
    made.read();
    return made;
  }
  peer raw(std::size_t capacity = 65'536) {
    peer made = websocket("/engine.io/?EIO=4&transport=websocket", capacity);
    made.text("4warm");
    made.read();
    return made;
  }

  /// Runs whatever is ready, until nothing is, and counts.
  void settle() {
    const counting_memory counting;
    w.context().restart();
    for (std::size_t before = calls_, untouched = touched; w.context().poll_one() != 0; before = calls_) {
      ++turns_;
      most_in_turn_ = std::max(most_in_turn_, calls_ - before);
      most_touched = std::max(most_touched, touched - untouched);
      untouched = touched;
    }
  }
  void advance(std::chrono::milliseconds time) {
    settle();
    w.timers().advance(time);
    settle();
  }
  void spawn(task<> work) {
    boost::asio::co_spawn(w.context(), std::move(work), [](std::exception_ptr) {});
    settle();
  }

  template <class F>
  figures measure(F work) {
    const memory_count before = counted_memory();
    turns_ = calls_ = most_in_turn_ = bytes_in = bytes_out = 0;
    work();
    settle();
    const memory_count now = counted_memory();
    return {now.allocated - before.allocated,
            now.kept > before.kept ? now.kept - before.kept : 0,
            turns_,
            most_in_turn_,
            calls_,
            static_cast<std::size_t>(io.metrics().handlers_in_flight) + raw_handlers_,
            bytes_in,
            bytes_out};
  }

  world w;
  std::deque<std::shared_ptr<async::suspension>> waiting;  // handlers of "wait"
  std::shared_ptr<http::app::state> state;
  http::app app;
  server io;
  engine_server engine;
  std::vector<socket> sockets;
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  std::size_t touched = 0;       // whatever a test counts
  std::size_t most_touched = 0;  // in one turn

 private:
  static options without_files(options opts) {
    opts.serve_client = false;
    return opts;
  }

  // Bytes on their way to a peer lie in the network, and are not the server's: there is room for them beforehand.
  static void make_room(const async::memory_streams& pair, std::size_t bytes) {
    std::string all(bytes, '\0');
    boost::system::error_code ec;
    const iovec piece{all.data(), all.size()};
    pair.near->write_some({&piece, 1}, ec);
    pair.far->read_some(all, ec);
  }

  void listen(const socket& c) {
    c.on("say", [this](arguments) { ++calls_; });
    c.on("echo", [this, c](arguments what) -> task<> {
      ++calls_;
      co_await c.emit("echo", what);
    });
    c.on("wait", [this](arguments) -> task<> {
      ++calls_;
      auto hand_out = [this](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
      co_await async::suspend(std::move(hand_out));
    });
    c.on("join", [this, c](std::string room) -> task<> {
      ++calls_;
      co_await c.join(room);
    });
    sockets.push_back(c);
  }

  std::size_t calls_ = 0;
  std::size_t raw_handlers_ = 0;
  std::size_t turns_ = 0;
  std::size_t most_in_turn_ = 0;
};

inline void peer::send(std::string_view bytes) {
  at_->bytes_in += bytes.size();
  for (int stalled = 0; !bytes.empty() && stalled < 2; ++stalled) {
    boost::system::error_code ec;
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const std::size_t n = stream_->write_some({&piece, 1}, ec);
    bytes.remove_prefix(n);
    if (n > 0) stalled = 0;
    if (ec && ec != boost::asio::error::would_block) return;
    at_->settle();
  }
}

inline std::string peer::read() {
  at_->settle();
  std::string all;
  std::array<char, 65'536> buffer;
  while (!ended_) {
    boost::system::error_code ec;
    const std::size_t n = stream_->read_some(buffer, ec);
    all.append(buffer.data(), n);
    if (ec == boost::asio::error::would_block) break;
    ended_ = static_cast<bool>(ec);
    at_->settle();
  }
  at_->bytes_out += all.size();
  return all;
}

inline void peer::read(std::size_t bytes) {
  std::string room(bytes, '\0');
  boost::system::error_code ec;
  at_->bytes_out += stream_->read_some(room, ec);
  at_->settle();
}

inline void peer::shutdown_send() {
  stream_->shutdown_send();
  at_->settle();
}
inline void peer::close() {
  stream_->close();
  ended_ = true;
  at_->settle();
}
inline void peer::reset() {
  stream_->reset();
  ended_ = true;
  at_->settle();
}

/// The text with every number from 0 on in place of "#", one after the other.
inline std::string repeated(std::string_view text, std::size_t times,
                            const std::function<std::string(std::string_view)>& wrap = {}) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    std::string one;
    for (const char c : text) one += c == '#' ? std::to_string(i) : std::string(1, c);
    all += wrap ? wrap(one) : one;
  }
  return all;
}
/// The same as text frames.
inline std::string frames(std::string_view text, std::size_t times) {
  return repeated(text, times, [](std::string_view one) { return text_frame(one); });
}

}  // namespace cosio::test
