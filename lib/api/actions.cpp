// Emits, moves, disconnects; lists and counts rooms.

#include "api/actions.hpp"

#include <cosio/adapter.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/server.hpp>

#include <boost/json/array.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/wait_until.hpp"
#include "wire/base64.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::api {
namespace {

namespace json = boost::json;

constexpr std::string_view not_published = "not_published";

using nsp_ptr = std::shared_ptr<socketio::nsp_core>;

// ---------------------------------------------------------------- emit

json::object written(const arguments& answer) {
  json::object out;
  out["args"] = answer.values();
  if (answer.attachments().empty()) return out;
  json::array binaries;
  for (const binary& bytes : answer.attachments()) {
    std::string text;
    wire::append_base64(text, bytes.view());
    binaries.emplace_back(text);
  }
  out["attachments"] = std::move(binaries);
  return out;
}

// An answer, and its bytes in the text. Nothing if there would be more than `most`: no base64 is made of large ones.
std::optional<std::pair<json::value, std::size_t>> written(const arguments& answer, std::size_t most) {
  std::size_t bytes = 0;
  for (const binary& one : answer.attachments()) bytes += one.size() / 3 * 4;
  if (bytes > most) return std::nullopt;
  json::value out(written(answer));
  std::string text;
  wire::append_json(text, out);
  if (text.size() > most) return std::nullopt;
  return std::make_pair(std::move(out), text.size());
}

json::object written(const answers& got, std::size_t most) {
  json::array all;
  std::size_t bytes = 0;
  std::size_t left_out = 0;
  for (const arguments& answer : got.responses()) {
    auto one = written(answer, most - bytes);
    if (one) {
      all.push_back(std::move(one->first));
      bytes += one->second;
    } else {
      ++left_out;
    }
  }
  std::string problem = got.problem();
  if (left_out != 0) {
    if (!problem.empty()) problem += "; ";
    problem += "acknowledgements that are left out, for the answer has " + std::to_string(most) +
               " bytes of them at most (max_answer_bytes): " + std::to_string(left_out);
  }
  json::object out;
  out["complete"] = problem.empty();
  if (!problem.empty()) out["problem"] = problem;
  out["answers"] = std::move(all);
  return out;
}

// ---------------------------------------------------------------- the broker of the other servers

enum class told { yes, not_yet, no };

// Messages of this server that wait for the broker's reply.
wire_counts counts_of(const nsp_ptr& nsp) { return nsp->adapter().counts().value_or(wire_counts()); }

// Waits a moment for the broker's reply to a message. A wire counts bytes that wait, and messages with a reply: the
// message has its reply when no bytes wait, or when more messages had one than could wait in front of it. With many
// connections to brokers of which one is silent that may be another one's reply.
task<told> until_replied(nsp_ptr nsp, std::uint64_t lost_before) {
  constexpr std::chrono::milliseconds pause(2);
  constexpr std::chrono::milliseconds in_all(250);
  constexpr std::size_t least_of_a_message = 32;  // bytes, with its channel
  async::deadlines& timers = nsp->timers();
  const async::time_point until = timers.after(in_all);
  const wire_counts at_first = counts_of(nsp);
  const std::uint64_t in_line = at_first.pending_bytes / least_of_a_message + 1;
  for (;;) {
    const wire_counts now = counts_of(nsp);
    const std::uint64_t replied = now.published + now.lost - at_first.published - at_first.lost;
    if (now.pending_bytes == 0 || replied >= in_line) co_return now.lost == lost_before ? told::yes : told::no;
    if (timers.now() >= until) co_return told::not_yet;
    auto pausing = async::wait_until(timers, timers.after(pause));
    co_await std::move(pausing);
  }
}

// Whether a message went out to the other servers. Without others there is nothing to tell.
void tell_publication(json::object& out, told how) {
  out["published"] = how == told::yes;
  if (how != told::no) return;
  out["error"] = not_published;
  out["message"] =
      "the other servers could not be told, for their broker is away: this server has done it for its own clients";
}

task<json::object> emit(nsp_ptr nsp, call what, std::size_t most) {
  const broadcast_operator all(nsp, what.to);
  if (what.to.flags.timeout) {
    auto asking = all.emit_with_ack(what.event, what.args);
    const answers got = co_await std::move(asking);
    co_return written(got, most);
  }
  const std::uint64_t lost_before = counts_of(nsp).lost;
  auto sending = all.emit(what.event, what.args);
  const report sent = co_await std::move(sending);
  json::object out;
  out["queued"] = sent.queued;
  out["dropped"] = sent.dropped;
  out["refused"] = sent.refused;
  if (sent.published + sent.pending + sent.lost == 0) co_return out;
  told how = sent.lost != 0 ? told::no : told::not_yet;
  if (sent.lost + sent.pending == 0) {
    auto waiting = until_replied(nsp, lost_before);
    how = co_await std::move(waiting);
  }
  tell_publication(out, how);
  co_return out;
}

// The broker of the other servers is away, as far as this server knows.
bool is_cut_off(const nsp_ptr& of) {
  const auto counts = of->adapter().counts();
  return counts && !counts->connected;
}

task<json::object> move_sockets(nsp_ptr nsp, call what) {
  const bool goes_out = !what.to.flags.local && nsp->adapter().counts().has_value();
  const bool was_cut_off = is_cut_off(nsp);
  const std::uint64_t lost_before = counts_of(nsp).lost;
  const broadcast_operator all(nsp, what.to);
  if (what.does == action::join) {
    co_await all.sockets_join(what.names);
  } else if (what.does == action::leave) {
    co_await all.sockets_leave(what.names);
  } else {
    co_await all.disconnect_sockets(what.close);
  }
  json::object out;
  out["done"] = true;
  if (!goes_out) co_return out;
  auto waiting = until_replied(nsp, lost_before);
  told how = co_await std::move(waiting);
  if (was_cut_off || is_cut_off(nsp)) how = told::no;
  tell_publication(out, how);
  co_return out;
}

// ---------------------------------------------------------------- rooms

struct rooms_now {
  std::size_t servers = 1;
  std::size_t sockets = 0;
  std::map<std::string, std::size_t> members;  // of each room that is no room of one socket's id
  bool complete = true;

  void add(const std::string& id, const std::vector<std::string>& in) {
    ++sockets;
    for (const std::string& room : in)
      if (room != id) ++members[room];
  }
};

rooms_now rooms_here(cosio::adapter& of) {
  rooms_now out;
  for (const auto& found : of.local_sockets(target())) out.add(found->id(), of.rooms_of(found->id()));
  return out;
}

// Other servers are asked only if there are some.
task<rooms_now> look(nsp_ptr nsp, bool local) {
  std::size_t servers = 1;
  if (!local) {
    auto counting = nsp->adapter().server_count();
    servers = co_await std::move(counting);
  }
  if (servers <= 1) co_return rooms_here(nsp->adapter());
  auto asking = nsp->adapter().fetch_sockets(target());
  const auto found = co_await std::move(asking);
  rooms_now out;
  out.servers = servers;
  out.complete = !found.missing;
  for (const socket_descriptor& one : found.value) out.add(one.id, one.rooms);
  co_return out;
}

task<json::object> list(nsp_ptr nsp, call what) {
  auto looking = look(nsp, what.to.flags.local);
  const rooms_now now = co_await std::move(looking);
  json::array page;
  auto next = what.after.empty() ? now.members.begin() : now.members.upper_bound(what.after);
  for (; next != now.members.end() && page.size() < what.limit; ++next) {
    json::object room;
    room["name"] = next->first;
    room["sockets"] = next->second;
    page.emplace_back(std::move(room));
  }
  json::object out;
  out["nsp"] = nsp->name();
  out["more"] = next != now.members.end();
  out["complete"] = now.complete;
  out["rooms"] = std::move(page);
  co_return out;
}

task<json::object> count(std::shared_ptr<socketio::server_core> server, nsp_ptr nsp, bool local) {
  auto looking = look(nsp, local);
  const rooms_now now = co_await std::move(looking);
  json::object out;
  out["nsp"] = nsp->name();
  out["servers"] = now.servers;
  out["sockets"] = now.sockets;
  out["rooms"] = now.members.size();
  out["complete"] = now.complete;
  out["clients"] = cosio::server(std::move(server)).engine().clients_count();
  co_return out;
}

}  // namespace

unsigned status_of(const json::object& answer) {
  const json::value* const published = answer.if_contains("published");
  if (published == nullptr || published->as_bool()) return 200;
  return answer.contains("error") ? 503 : 202;
}

refusal refusal_of(const json::object& answer) {
  refusal why(503, not_published, std::string(answer.at("message").as_string()));
  why.retry_after = 1;
  return why;
}

task<json::object> perform(std::shared_ptr<socketio::server_core> server, nsp_ptr nsp, call what, std::size_t most) {
  switch (what.does) {
    case action::emit:
      return emit(std::move(nsp), std::move(what), most);
    case action::rooms:
      return list(std::move(nsp), std::move(what));
    case action::counts:
      return count(std::move(server), std::move(nsp), what.to.flags.local);
    default:
      break;
  }
  return move_sockets(std::move(nsp), std::move(what));
}

}  // namespace cosio::inline v0_2::api
