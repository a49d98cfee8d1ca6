// The packets that tell of a change.

#include "admin/news_texts.hpp"

#include <utility>

#include "engine/session.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::admin {
namespace {

// The rooms come first: a page that does not know the socket yet ignores them, but for its list of events.
std::vector<packet_text> connected(const news& what, std::size_t most_shown) {
  std::vector<packet_text> out;
  const auto socket = listed(what, most_shown);
  if (!socket) return out;
  for (const std::string& room : what.rooms) out.push_back(moved_text(true, what.nsp, room, what.id, what.at));
  out.push_back(connected_text(*socket, what.at));
  return out;
}

std::vector<packet_text> changed(const news& what, std::size_t most_shown) {
  std::vector<packet_text> out;
  const auto who = what.who.lock();
  if (!who) return out;
  if (what.transport)
    out.push_back(transport_text(what.nsp, what.id, who->session().on_websocket() ? "websocket" : "polling"));
  if (what.data) out.push_back(data_text(what.nsp, what.id, who->data(), most_shown));
  const std::int64_t now = time_now();
  for (const auto& [room, is_in] : what.moves) out.push_back(moved_text(is_in, what.nsp, room, what.id, now));
  return out;
}

std::vector<packet_text> gone(const news& what) {
  std::vector<packet_text> out;
  out.push_back(disconnected_text(what.nsp, what.id, what.reason, what.at));
  for (const std::string& room : what.rooms) out.push_back(moved_text(false, what.nsp, room, what.id, what.at));
  return out;
}

}  // namespace

std::vector<packet_text> packets_of(const news& what, std::size_t most_shown) {
  switch (what.what) {
    case news::kind::connected:
      return connected(what, most_shown);
    case news::kind::changed:
      return changed(what, most_shown);
    case news::kind::gone:
      return gone(what);
    case news::kind::event:
      break;
  }
  return {packet_text{what.event, what.text}};
}

std::optional<std::string> listed(const news& what, std::size_t most_shown) {
  const auto who = what.who.lock();
  if (!who || !who->connected()) return std::nullopt;
  return socket_json(*who, what.rooms, most_shown);
}

}  // namespace cosio::inline v0_2::admin
