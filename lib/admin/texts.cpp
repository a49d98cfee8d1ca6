// The packets of the dashboard as text.

#include "admin/texts.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <chrono>
#include <utility>

#include "engine/session.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"
#include "wire/js_date.hpp"
#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t shown_of_a_sid = 12;  // as the package does: it is a credential

// `["name"`, and then elements.
class packet_list {
 public:
  explicit packet_list(std::string_view event) : event_(event), out_("[") { wire::append_json_string(out_, event); }
  packet_list& text(std::string_view value) {
    out_ += ',';
    wire::append_json_string(out_, value);
    return *this;
  }
  packet_list& raw(std::string_view value) {
    out_ += ',';
    out_ += value;
    return *this;
  }
  packet_list& date(std::int64_t at) { return text(wire::js_date(at).value_or("")); }
  packet_text end() {
    out_ += ']';
    return {std::string(event_), std::move(out_)};
  }

 private:
  std::string_view event_;
  std::string out_;
};

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += out.size() > 1 ? ",\"" : "\"";
  out += name;
  out += "\":";
  out += value;
}

std::string quoted_json(std::string_view text) {
  std::string out;
  wire::append_json_string(out, text);
  return out;
}

std::string json_of(const json::value& value) {
  std::string out;
  wire::append_json(out, value);
  return out;
}

std::string left_out(std::size_t bytes) { return "(" + std::to_string(bytes) + " bytes)"; }

void hide_credentials(json::object& handshake) {
  json::object* const headers = handshake["headers"].if_object();
  if (headers == nullptr) return;
  for (const char* const name : {"authorization", "cookie", "proxy-authorization"})
    if (json::value* const found = headers->if_contains(name)) *found = "(hidden)";
}

std::string handshake_json(const socketio::socket_core& who) {
  json::object all = who.get_handshake().to_json();
  all.erase("auth");
  all.erase("eos");
  hide_credentials(all);
  return json_of(json::value(std::move(all)));
}

// `_admin` is what servers for JavaScript add for their own dashboards.
std::string data_json(json::value data, std::size_t most) {
  if (json::object* const members = data.if_object()) members->erase("_admin");
  std::string out = json_of(data);
  if (out.size() <= most) return out;
  return "{\"data\":" + quoted_json(left_out(out.size())) + "}";
}

std::string shown(std::string_view name, std::string_view instead) {
  std::string out = "[";
  wire::append_json_string(out, name);
  out += ',';
  wire::append_json_string(out, instead);
  return out += ']';
}

std::string binary_left_out(const std::vector<binary>& attachments) {
  std::size_t bytes = 0;
  for (const binary& one : attachments) bytes += one.size();
  return "(binary, " + std::to_string(bytes) + " bytes)";
}

}  // namespace

std::int64_t time_now() noexcept {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

std::string socket_json(const socketio::socket_core& who, const std::vector<std::string>& rooms, std::size_t most) {
  std::string in = "[";
  for (const std::string& room : rooms) {
    if (in.size() > 1) in += ',';
    wire::append_json_string(in, room);
  }
  in += ']';
  const engine::session& session = who.session();
  std::string out = "{";
  append_member(out, "id", quoted_json(who.id()));
  append_member(out, "clientId", quoted_json(std::string_view(session.id()).substr(0, shown_of_a_sid)));
  append_member(out, "transport", session.on_websocket() ? "\"websocket\"" : "\"polling\"");
  append_member(out, "nsp", quoted_json(who.nsp()->name()));
  append_member(out, "data", data_json(who.data(), most));
  append_member(out, "handshake", handshake_json(who));
  append_member(out, "rooms", in);
  return out += '}';
}

packet_text connected_text(std::string_view socket, std::int64_t at) {
  return packet_list("socket_connected").raw(socket).date(at).end();
}

packet_text all_sockets_text(const std::vector<std::string>& sockets) {
  std::string list = "[";
  for (const std::string& one : sockets) {
    if (list.size() > 1) list += ',';
    list += one;
  }
  list += ']';
  return packet_list("all_sockets").raw(list).end();
}

packet_text moved_text(bool is_in, std::string_view nsp, std::string_view room, std::string_view id, std::int64_t at) {
  return packet_list(is_in ? "room_joined" : "room_left").text(nsp).text(room).text(id).date(at).end();
}

packet_text transport_text(std::string_view nsp, std::string_view id, std::string_view transport) {
  std::string update = "{";
  append_member(update, "id", quoted_json(id));
  append_member(update, "nsp", quoted_json(nsp));
  append_member(update, "transport", quoted_json(transport));
  return packet_list("socket_updated").raw(update += '}').end();
}

packet_text data_text(std::string_view nsp, std::string_view id, const json::value& data, std::size_t most) {
  std::string update = "{";
  append_member(update, "id", quoted_json(id));
  append_member(update, "nsp", quoted_json(nsp));
  append_member(update, "data", data_json(data, most));
  return packet_list("socket_updated").raw(update += '}').end();
}

packet_text disconnected_text(std::string_view nsp, std::string_view id, std::string_view why, std::int64_t at) {
  return packet_list("socket_disconnected").text(nsp).text(id).text(why).date(at).end();
}

packet_text event_text(bool is_sent, std::string_view nsp, std::string_view id, std::string_view event,
                       std::int64_t at) {
  return packet_list(is_sent ? "event_sent" : "event_received").text(nsp).text(id).raw(event).date(at).end();
}

std::string shown_event(std::string_view name, const arguments& args, std::size_t most) {
  if (!args.attachments().empty()) return shown(name, binary_left_out(args.attachments()));
  std::string out = "[";
  wire::append_json_string(out, name);
  for (const json::value& one : args.values()) {
    out += ',';
    wire::append_json(out, one);
  }
  out += ']';
  return out.size() <= most ? out : shown(name, left_out(out.size()));
}

std::string shown_event(std::string_view name, const event_data& data, std::size_t most) {
  if (!data.attachments().empty()) return shown(name, binary_left_out(data.attachments()));
  return data.json().size() <= most ? data.json() : shown(name, left_out(data.json().size()));
}

}  // namespace cosio::inline v0_2::admin
