// A client against a hostile server: what a server may send, and what an application and a network may do, in steps, on
// connections that exist in memory only.
//
// The first byte chooses options. Then each line is a step: a letter, and text.
//
//   t… b…   a message of the server, text or binary
//   l p     the connection is lost; a heartbeat of the server comes
//   n       the server cannot be reached from now on, or can be again
//   w3      time passes: 1 ms to 100 s
//   c d     the application connects the socket of a namespace, or leaves it         the digit behind names it
//   e v a   it emits an event, a volatile one, one that asks for an answer            the digit behind names it
//   j z P   it reconnects now, pauses or resumes, closes the connection
//   x       it destroys the manager

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <cosio/io_client.hpp>
#include <cosio/log.hpp>
#include <cosio/parser.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "check.hpp"
#include "client/engine_client.hpp"
#include "client/manager_core.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::fuzz::check;
using cosio::fuzz::take_choice;
using cosio::fuzz::text_of;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t most_steps = 80;
constexpr std::size_t most_pending = 2'000;  // bytes of events that wait
constexpr std::size_t most_held = 4'000;
constexpr std::array<milliseconds, 6> times{milliseconds(1),     milliseconds(100),    milliseconds(1'000),
                                            milliseconds(6'000), milliseconds(20'000), milliseconds(100'000)};

// A server that says what the input has. CONNECT is not answered by itself.
class memory_connection final : public clients::engine_client, public std::enable_shared_from_this<memory_connection> {
 public:
  memory_connection(async::strand on, std::weak_ptr<clients::engine_listener> whom, bool reachable)
      : on_(std::move(on)), whom_(std::move(whom)), reachable_(reachable) {}

  void open() override {
    clients::engine_handshake opened;
    opened.sid = "session";
    if (reachable_) return tell([opened](clients::engine_listener& to) { to.on_open(opened); });
    lose(reason::kind::transport_error);
  }
  void send(message, bool) override { check(!ended_ && !dropped_, "nothing is sent to a connection that has ended"); }
  bool is_overdue() const noexcept override { return false; }
  std::size_t waiting_bytes() const noexcept override { return 0; }
  std::string_view transport() const noexcept override { return dropped_ ? "" : "websocket"; }
  void close() override { lose(reason::kind::forced_close); }
  void drop() noexcept override { dropped_ = true; }

  void deliver(message what) {
    tell([what = std::move(what)](clients::engine_listener& to) { to.on_message(what); });
  }
  void ping() {
    tell([](clients::engine_listener& to) { to.on_ping(); });
  }
  void lose(reason::kind why) {
    if (std::exchange(ended_, true)) return;
    tell([why](clients::engine_listener& to) { to.on_close({why}); });
  }

 private:
  template <class F>
  void tell(F what) {
    boost::asio::post(on_, [self = shared_from_this(), what = std::move(what)] {
      const auto to = self->whom_.lock();
      if (to && !self->dropped_) what(*to);
    });
  }

  const async::strand on_;
  const std::weak_ptr<clients::engine_listener> whom_;
  const bool reachable_;
  bool ended_ = false;
  bool dropped_ = false;
};

class memory_source final : public clients::engine_source {
 public:
  std::shared_ptr<clients::engine_client> make(async::strand on,
                                               std::weak_ptr<clients::engine_listener> whom) override {
    auto made = std::make_shared<memory_connection>(std::move(on), std::move(whom), reachable);
    last = made;
    return made;
  }
  bool reachable = true;
  std::weak_ptr<memory_connection> last;
};

manager_options options_of(std::uint8_t choice) {
  manager_options out;
  out.randomization_factor = 0;
  out.max_attachments = 3;
  out.max_json_depth = 20;
  out.max_packet_bytes = 10'000;
  out.max_held_bytes = most_held;
  out.max_handlers_in_flight = 2;
  if ((choice & 1) != 0) out.protocol = 4;
  if ((choice & 2) != 0) out.reconnection_attempts = 2;
  if ((choice & 4) != 0) out.parser = msgpack_parser();
  return out;
}

client_socket_options socket_options_of(std::uint8_t choice) {
  client_socket_options out;
  out.max_pending_bytes = most_pending;
  if ((choice & 8) != 0) out.retries = 2;
  if ((choice & 8) != 0) out.ack_timeout = milliseconds(5'000);
  if ((choice & 16) != 0) out.auth = client_auth{{"token", "abc"}};
  if ((choice & 32) != 0) out.offline = when_offline::drop;
  return out;
}

class run {
 public:
  explicit run(std::uint8_t choice) {
    auto make = [source = source_](const connection_target&) { return source; };
    auto core = clients::manager_core::make(where_, "http://server", options_of(choice), std::move(make));
    core_ = core;
    server_.emplace(std::move(core));
    for (const char* nsp : {"/", "/a", "/b"}) listen(server_->socket(nsp, socket_options_of(choice)));
  }

  void step(std::string_view line) {
    if (line.empty()) return;
    const char what = line[0];
    line.remove_prefix(1);
    const std::size_t which = line.empty() ? 0 : static_cast<std::uint8_t>(line[0]);
    if (const auto connection = source_->last.lock()) act_of_server(*connection, what, line);
    if (what == 'n') source_->reachable = !source_->reachable;
    if (what == 'w') world_.advance(times[which % times.size()]);
    act_of_application(what, sockets_[which % sockets_.size()]);
    if (server_) act_of_manager(what);
    world_.settle();
    check_now();
  }

  void end() {
    server_.reset();
    world_.advance(std::chrono::minutes(5));
    check(begun_ == ended_, "every wait ends with the manager");
    check(source_->last.expired(), "a connection goes with its manager");
    for (const client_socket& each : sockets_) {
      check(!each.connected(), "no socket is connected behind the end");
      check(each.pending().acks == 0, "no acknowledgement is awaited behind the end");
    }
    sockets_ = {};
    check(core_.expired(), "no object is left");
  }

 private:
  void listen(client_socket to) {
    to.on("a", [](arguments all) { return all; });
    to.on("t", [](int, std::string, std::optional<binary>) {});
    to.on("s", [to]() -> task<> {
      auto waits = to.once<>("a", milliseconds(3'000));
      co_await std::move(waits);
    });
    to.on("d", [to]() -> task<> { co_await to.disconnect(); });
    to.on_disconnect([to](client_reason) { to.open(); });
    for (auto& place : sockets_) {
      if (place) continue;
      place = std::move(to);
      return;
    }
  }

  void act_of_server(memory_connection& on, char what, std::string_view text) {
    if (what == 't') {
      messages_ += 1;
      on.deliver(message(std::string(text)));
    } else if (what == 'b') {
      messages_ += 1;
      on.deliver(message(binary(std::string(text))));
    } else if (what == 'l') {
      on.lose(reason::kind::transport_close);
    } else if (what == 'p') {
      on.ping();
    }
  }

  void act_of_application(char what, const client_socket& with) {
    if (what == 'c') begin(with.connect());
    if (what == 'd') begin(with.disconnect());
    if (what == 'e') begin(ignore(with.emit("event", "text", 1)));
    if (what == 'v') begin(ignore(with.volatile_().emit("event")));
    if (what == 'a') begin(ignore(with.emit_with_ack<int>("ask", binary(std::string("bytes")))));
  }

  void act_of_manager(char what) {
    if (what == 'j') server_->reconnect_now();
    if (what == 'z') std::exchange(paused_, !paused_) ? server_->resume() : server_->pause();
    if (what == 'P') server_->close();
    if (what == 'x') server_.reset();
  }

  template <class T>
  static task<> ignore(task<T> work) {
    const auto ignored = co_await std::move(work);
    static_cast<void>(ignored);
  }
  void begin(task<> work) {
    ++begun_;
    boost::asio::co_spawn(world_.context(), std::move(work), [this](std::exception_ptr) { ++ended_; });
  }

  void check_now() const {
    for (const client_socket& each : sockets_) {
      check(each.connected() == !each.id().empty(), "a socket has an id as long as it is connected");
      check(each.pending().bytes <= 2 * most_pending, "what waits is limited");
    }
    if (!server_) return;
    const client_metrics figures = server_->metrics();
    check(figures.packets_received <= messages_, "no packet is handled twice");
    check(figures.lost <= figures.opened && figures.opened <= figures.attempts, "each connection ends once");
  }

  test::world world_;
  std::shared_ptr<async::runtime> where_{world_.take_runtime()};
  std::shared_ptr<memory_source> source_ = std::make_shared<memory_source>();
  std::weak_ptr<clients::manager_core> core_;
  std::optional<manager> server_;
  std::array<client_socket, 3> sockets_;
  std::size_t messages_ = 0;
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
  bool paused_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  set_log_level(log_level::off);
  std::string_view input = text_of(data, size);
  run one(take_choice(input));
  for (std::size_t steps = 0; !input.empty() && steps < most_steps; ++steps) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    one.step(line);
  }
  one.end();
  return 0;
}
