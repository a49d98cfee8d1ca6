// Emits, moves, disconnects; lists and counts rooms.

#include "api/actions.hpp"

#include <cosio/adapter.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/server.hpp>

#include <boost/json/array.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/base64.hpp"

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

json::object written(const answers& got) {
  json::array all;
  for (const arguments& answer : got.responses()) all.emplace_back(written(answer));
  json::object out;
  out["complete"] = got.complete();
  if (!got.complete()) out["problem"] = got.problem();
  out["answers"] = std::move(all);
  return out;
}

// Whether a message went out to the other servers. Without others there is nothing to tell.
void tell_publication(json::object& out, bool is_lost, bool is_pending) {
  out["published"] = !is_lost && !is_pending;
  if (!is_lost) return;
  out["error"] = not_published;
  out["message"] =
      "the other servers could not be told, for their broker is away: this server has done it for its own clients";
}

task<json::object> emit(nsp_ptr nsp, call what) {
  const broadcast_operator all(std::move(nsp), what.to);
  if (what.to.flags.timeout) {
    auto asking = all.emit_with_ack(what.event, what.args);
    const answers got = co_await std::move(asking);
    co_return written(got);
  }
  auto sending = all.emit(what.event, what.args);
  const report sent = co_await std::move(sending);
  json::object out;
  out["queued"] = sent.queued;
  out["dropped"] = sent.dropped;
  out["refused"] = sent.refused;
  if (sent.published + sent.pending + sent.lost != 0) tell_publication(out, sent.lost != 0, sent.pending != 0);
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
  if (goes_out) tell_publication(out, was_cut_off || is_cut_off(nsp), false);
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

task<json::object> perform(std::shared_ptr<socketio::server_core> server, nsp_ptr nsp, call what) {
  switch (what.does) {
    case action::emit:
      return emit(std::move(nsp), std::move(what));
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
