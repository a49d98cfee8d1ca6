// One session of `cosio connect`.

#include "session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <cosio/io_client.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace shell {
namespace {

namespace json = boost::json;

// Prints events to stdout, and what happens to stderr.
class printer {
 public:
  printer(bool as_json, bool traces) : json_(as_json), traces_(traces) {}

  void event(std::string_view name, const cosio::arguments& args) const { line("event", name, args); }
  void answer(std::string_view name, const cosio::arguments& args) const { line("ack", name, args); }
  void trace(std::string_view what, std::string_view detail = {}) const {
    if (!traces_) return;
    if (json_) {
      std::cerr << json::serialize(json::object{{"type", what}, {"detail", detail}}) << '\n';
    } else {
      std::cerr << "# " << what << (detail.empty() ? "" : ": ") << detail << '\n';
    }
  }

 private:
  void line(std::string_view type, std::string_view name, const cosio::arguments& args) const {
    json::array values = args.values();
    if (json_) {
      json::object out{{"type", type}, {"event", name}, {"args", std::move(values)}};
      if (!args.attachments().empty()) out["attachments"] = args.attachments().size();
      std::cout << json::serialize(out) << std::endl;
    } else {
      std::cout << (type == "ack" ? "= " : "") << name;
      for (const json::value& each : values) std::cout << ' ' << json::serialize(each);
      std::cout << std::endl;
    }
  }

  bool json_;
  bool traces_;
};

constexpr std::size_t shown_bytes = 64;

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const char each : bytes.substr(0, shown_bytes)) {
    const auto byte = static_cast<unsigned char>(each);
    for (const int digit : {byte >> 4, byte & 15}) out += "0123456789abcdef"[digit];
  }
  if (bytes.size() > shown_bytes) out += "…";
  return out;
}

void trace_message(const printer& out, bool sent, const cosio::message& what) {
  const std::string_view way = sent ? "sent" : "received";
  if (!what.is_binary()) return out.trace(way, what.text());
  const std::string_view bytes = what.bytes().view();
  out.trace(way, std::to_string(bytes.size()) + " bytes: " + hex_of(bytes));
}

void trace_connection(const cosio::manager& server, const printer& out) {
  server.on_open([out] { out.trace("open"); });
  server.on_close([out](cosio::client_reason why) { out.trace("close", why.text()); });
  server.on_error([out](cosio::connect_error why) { out.trace("error", why.message()); });
  server.on_ping([out] { out.trace("ping"); });
  server.on_reconnect_attempt([out](std::size_t n) { out.trace("reconnect attempt", std::to_string(n)); });
}

// Ends when so many events have come, or the socket is disconnected: also before anybody waits for it.
struct listening {
  explicit listening(boost::asio::any_io_executor on) : done(on, boost::asio::steady_timer::time_point::max()) {}
  void end() {
    is_over = true;
    done.cancel();
  }
  std::size_t left = 0;
  std::optional<cosio::client_reason> why = {};
  bool is_over = false;
  boost::asio::steady_timer done;
};

cosio::task<> wait_for_events(std::shared_ptr<listening> state, std::chrono::milliseconds time) {
  if (state->is_over) co_return;
  if (time.count() > 0) state->done.expires_after(time);
  boost::system::error_code ended;
  co_await state->done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
}

enum class outcome { done, unanswered, disconnected };

cosio::task<outcome> send(cosio::client_socket to, event what, options wanted, printer out) {
  const cosio::arguments args(what.arguments);
  if (!what.asks) {
    co_await to.emit(what.name, args);
    co_return outcome::done;
  }
  try {
    auto asked = to.timeout(wanted.timeout).emit_with_ack(what.name, args);
    const cosio::arguments answer = co_await std::move(asked);
    out.answer(what.name, answer);
  } catch (const cosio::error& e) {
    if (e.code() == cosio::errc::disconnected) co_return outcome::disconnected;
    if (e.code() != cosio::errc::timed_out) throw;
    co_return outcome::unanswered;
  }
  co_return outcome::done;
}

void print_events(const cosio::client_socket& of, const options& wanted, const std::shared_ptr<listening>& state,
                  const printer& out) {
  state->left = wanted.count;
  of.on_any([out, state, only = wanted.only](std::string name, cosio::arguments args) {
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) return;
    out.event(name, args);
    if (state->left != 0 && --state->left == 0) state->end();
  });
  of.on_disconnect([state](cosio::client_reason why) {
    state->why = why;
    state->end();
  });
}

cosio::task<int> talk(cosio::client_socket with, options wanted, std::shared_ptr<listening> state, printer out) {
  auto ended = outcome::done;
  for (const event& each : wanted.events) {
    auto sent = send(with, each, wanted, out);
    ended = co_await std::move(sent);
    if (ended == outcome::unanswered && !state->why) {
      std::cerr << "cosio connect: no acknowledgement of " << each.name << " came in time\n";
      co_return exit_unanswered;
    }
    if (ended != outcome::done) break;
  }
  const bool waits = wanted.listen || ended != outcome::done;  // for the reason, which on_disconnect() brings
  if (waits) co_await wait_for_events(state, wanted.time);
  if (!state->why && ended == outcome::done) co_return 0;
  std::cerr << "cosio connect: disconnected";
  if (state->why) std::cerr << ": " << *state->why;
  std::cerr << '\n';
  co_return exit_disconnected;
}

}  // namespace

cosio::task<int> run(boost::asio::any_io_executor on, options wanted) {
  const printer out(wanted.json, wanted.trace);
  wanted.connection.reconnection = false;
  if (wanted.trace)
    wanted.connection.trace = [out](bool sent, const cosio::message& what) { trace_message(out, sent, what); };
  const cosio::manager server(on, wanted.url, wanted.connection);
  cosio::client_socket_options how;
  if (wanted.auth.is_object()) how.auth = cosio::client_auth(wanted.auth);
  cosio::client_socket with;
  if (wanted.nsp.empty()) {
    with = server.socket(how);
  } else {
    with = server.socket(wanted.nsp, how);
  }
  trace_connection(server, out);
  const auto state = std::make_shared<listening>(on);
  print_events(with, wanted, state, out);
  try {
    co_await with.connect(wanted.timeout);
  } catch (const cosio::connect_error& e) {
    std::cerr << "cosio connect: " << (e.refused() ? "refused: " : "") << e.message();
    if (!e.data().is_null()) std::cerr << ' ' << json::serialize(e.data());
    std::cerr << '\n';
    co_return e.refused() ? exit_refused : exit_unreachable;
  } catch (const cosio::error& e) {
    std::cerr << "cosio connect: " << e.what() << '\n';
    co_return e.code() == cosio::errc::timed_out ? exit_unreachable : 1;
  }
  out.trace("connect", with.id());
  auto talking = talk(with, wanted, state, out);
  const int code = co_await std::move(talking);
  co_await with.disconnect();
  co_return code;
}

}  // namespace shell
