// One event, written in every way in which the library can send it, and read in every way in which it can receive one:
// both revisions of Engine.IO, WebSocket frames, polling bodies as text and as binary, JSONP, the default parser and
// MessagePack. Each way gets the event that the way before it has read. So an event that is written and read again and
// again must stay the same.
//
// The input is the event: names, ids, values of every kind and binary are drawn from its bytes.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/convert.hpp>
#include <cosio/parser.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/frame.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/foreign_parser.hpp"
#include "support/frame_bytes.hpp"
#include "support/websocket_client.hpp"
#include "wire/json_limits.hpp"
#include "wire/json_parser.hpp"
#include "wire/jsonp.hpp"
#include "wire/payload.hpp"
#include "wire/utf8.hpp"
#include "wire/websocket_frame.hpp"

using cosio::test::bytes_of;
using namespace cosio::wire;
using cosio::binary;
using cosio::event_data;
using cosio::engine::shared_frame;
using cosio::fuzz::check;
using cosio::fuzz::take_choice;
using cosio::socketio::encoded_packet;
namespace json = boost::json;

namespace {

constexpr std::size_t no_limit = 1'000'000'000;

// ---------------------------------------------------------------- the event

struct event {
  sio_type type = sio_type::event;
  std::string nsp = "/";
  std::optional<std::uint64_t> id;
  json::value data;  // binary as placeholders
  std::vector<binary> attachments;
  event_data encoded;
};

// Draws an event, and gives it to the library's writer at the same time.
class author {
 public:
  explicit author(std::string_view input) : input_(input) {}

  event make() {
    event made;
    const std::uint8_t choice = take_choice(input_);
    constexpr std::array<const char*, 4> namespaces{"/", "/chat", "/a-b/c", "/\xC3\xA9"};
    made.nsp = namespaces[choice % namespaces.size()];
    if ((choice & 4) != 0) made.type = sio_type::ack;
    if ((choice & 8) != 0 || made.type == sio_type::ack) made.id = number() % (std::uint64_t{1} << 53);
    json::array list;
    to_.raw("[");
    if (made.type == sio_type::event) {
      std::string name = text();
      if (is_reserved_event(to_utf8(name))) name += "_";
      to_.string(name);
      list.emplace_back(to_utf8(name));
    }
    while (!input_.empty() && list.size() < 20) {
      if (!list.empty()) to_.raw(",");
      list.push_back(value(0));
    }
    made.data = std::move(list);
    made.attachments = attachments_;
    made.encoded = to_.end();
    return made;
  }

 private:
  std::uint64_t number() {
    std::array<char, 8> bytes{};
    const std::size_t n = std::min(bytes.size(), input_.size());
    std::memcpy(bytes.data(), input_.data(), n);
    input_.remove_prefix(n);
    std::uint64_t out = 0;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
  }

  std::string text() {
    const std::string out(input_.substr(0, take_choice(input_) % 40));
    input_.remove_prefix(std::min(out.size(), input_.size()));
    return out;
  }

  json::value value(int depth) {
    const std::uint8_t kind = take_choice(input_) % 10;
    switch (kind) {
      case 0:
        return to_.null(), nullptr;
      case 1:
      case 2:
        return to_.boolean(kind == 1), kind == 1;
      case 3:
        return integer();
      case 4:
        return floating();
      case 5:
        return bytes();
      case 6:
        return depth < 30 ? list(depth) : string();
      case 7:
        return depth < 30 ? object(depth) : string();
      default:
        return string();
    }
  }

  json::value integer() {
    const auto n = static_cast<std::int64_t>(number());
    to_.integer(n);
    return n;
  }
  json::value floating() {
    const std::uint64_t bits = number();
    double n = 0;
    std::memcpy(&n, &bits, sizeof n);
    to_.number(n);
    return std::isfinite(n) ? json::value(n) : json::value(nullptr);
  }
  json::value string() {
    const std::string s = text();
    to_.string(s);
    return json::value(to_utf8(s));
  }
  json::value bytes() {
    const std::string s = text();
    to_.bytes(binary(s));
    attachments_.emplace_back(s);
    return json::object{{"_placeholder", true}, {"num", attachments_.size() - 1}};
  }

  json::value list(int depth) {
    json::array made;
    to_.raw("[");
    for (std::size_t n = take_choice(input_) % 5; n > 0; --n) {
      if (!made.empty()) to_.raw(",");
      made.push_back(value(depth + 1));
    }
    to_.raw("]");
    return made;
  }
  json::value object(int depth) {
    json::object made;
    to_.raw("{");
    for (std::size_t n = take_choice(input_) % 5; n > 0; --n) {
      std::string name = to_utf8(text());
      if (name == "_placeholder") name += "_";  // means binary wherever it stands
      if (made.contains(name)) continue;
      if (!made.empty()) to_.raw(",");
      to_.string(name);
      to_.raw(":");
      made[name] = value(depth + 1);
    }
    to_.raw("}");
    return made;
  }

  std::string_view input_;
  cosio::detail::argument_writer to_;
  std::vector<binary> attachments_;
};

// ---------------------------------------------------------------- comparing

bool same_number(const json::value& a, const json::value& b) {
  if (a.is_double() || b.is_double()) return a.to_number<double>() == b.to_number<double>();
  return a == b;
}

bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return same_number(a, b);
  if (a.kind() != b.kind()) return false;
  if (const auto* list = a.if_array())
    return std::equal(list->begin(), list->end(), b.get_array().begin(), b.get_array().end(), same);
  const auto* object = a.if_object();
  if (object == nullptr) return a == b;
  const auto same_member = [](const json::key_value_pair& x, const json::key_value_pair& y) {
    return x.key() == y.key() && same(x.value(), y.value());
  };
  const json::object& other = b.get_object();
  return std::equal(object->begin(), object->end(), other.begin(), other.end(), same_member);
}

// ---------------------------------------------------------------- the ways

struct message {
  bool is_binary;
  std::string data;
};

enum class carrier { websocket, text_body, binary_body, jsonp };

void take_engine_packet(const cosio::result<engine_packet>& packet, std::vector<message>& to) {
  check(packet.has_value() && packet->type == packet_type::message, "a message is read as one");
  to.push_back({packet->binary, std::string(packet->data)});
}

// Another reader parses the server's output, and writes it again as a client would.
std::vector<message> through_websocket(const std::span<const shared_frame>& frames, revision rev) {
  std::vector<message> out;
  frame_limits limits;
  limits.max_message_bytes = no_limit;
  frame_reader reader(limits);
  for (const shared_frame& one : frames) {
    std::string sent = bytes_of(one);
    const auto frame = cosio::test::take_frame(sent);
    check(frame.has_value() && sent.empty(), "a frame is whole");
    std::string bytes =
        frame->is_text() ? cosio::test::text_frame(frame->payload) : cosio::test::binary_frame(frame->payload);
    std::span<char> input(bytes);
    const auto item = reader.next(input);
    check(item.has_value() && item->what != frame_item::kind::need_more, "a frame is read");
    std::string scratch;
    if (item->what == frame_item::kind::binary) {
      take_engine_packet(decode_binary_packet(rev, item->data), out);
    } else {
      take_engine_packet(decode_text_packet(rev, item->data, scratch), out);
    }
  }
  return out;
}

std::vector<message> through_polling(const std::span<const shared_frame>& frames, revision rev, carrier by) {
  const bool as_binary = by == carrier::binary_body;
  payload_writer writer(rev, as_binary);
  for (const shared_frame& one : frames) writer.add(one->packet());
  std::string body = writer.take();
  if (by == carrier::jsonp) {
    constexpr std::string_view head = "___eio[0](";
    const std::string script = write_jsonp("0", body);
    check(script.starts_with(head) && script.ends_with(");"), "a script is one call");
    const auto said = parse_json(std::string_view(script).substr(head.size(), script.size() - head.size() - 2));
    check(said.has_value() && said->is_string(), "a script has one argument");
    body = std::string(said->get_string());
  }
  payload_limits limits;
  limits.max_bytes = no_limit;
  payload_reader reader(rev, body, as_binary, limits);
  std::vector<message> out;
  for (auto packet = reader.next();; packet = reader.next()) {
    check(packet.has_value(), "a body is read");
    if (!*packet) return out;
    take_engine_packet(**packet, out);
  }
}

template <class Decoder>
event read(Decoder& decoder, const std::vector<message>& messages) {
  cosio::result<std::optional<socket_packet>> packet = std::optional<socket_packet>();
  for (const message& one : messages) {
    check(packet.has_value() && !*packet, "a packet is not whole before its last message");
    packet = one.is_binary ? decoder.binary(std::string_view(one.data)) : decoder.text(one.data);
  }
  check(packet.has_value() && packet->has_value(), "what is written is read");
  socket_packet& whole = **packet;
  event out;
  const bool is_ack = whole.header.type == sio_type::ack || whole.header.type == sio_type::binary_ack;
  out.type = is_ack ? sio_type::ack : sio_type::event;
  out.nsp = std::string(whole.header.nsp);
  out.id = whole.header.id;
  out.data = whole.data;
  out.attachments = whole.attachments;
  std::string text;
  append_json(text, whole.data);
  out.encoded = event_data(text, whole.attachments);
  return out;
}

event read_with(const std::shared_ptr<const cosio::parser>& with, const std::vector<message>& messages) {
  if (with) {
    cosio::parser::limits limits;
    limits.max_attachments = no_limit;
    cosio::socketio::foreign_decoder decoder(with, limits);
    return read(decoder, messages);
  }
  decoder_limits limits;
  limits.header.max_attachments = no_limit;
  packet_decoder decoder(limits);
  return read(decoder, messages);
}

event carried(const event& from, const std::shared_ptr<const cosio::parser>& with, revision rev, carrier by) {
  const encoded_packet packet(from.nsp, from.type, from.id, {}, from.encoded, {with.get(), no_limit});
  const auto frames = packet.frames(rev);
  return read_with(with, by == carrier::websocket ? through_websocket(frames, rev) : through_polling(frames, rev, by));
}

void check_same(const event& a, const event& b) {
  check(a.type == b.type && a.nsp == b.nsp && a.id == b.id, "type, namespace and id come through");
  check(a.attachments == b.attachments, "binary comes through");
  check(same(a.data, b.data), "values come through");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const cosio::parser> parsers[] = {nullptr, cosio::msgpack_parser()};
  const event original = author(cosio::fuzz::text_of(data, size)).make();
  event last = original;
  for (const auto& with : parsers) {
    for (const revision rev : {revision::v4, revision::v3}) {
      for (const carrier by : {carrier::websocket, carrier::text_body, carrier::binary_body, carrier::jsonp}) {
        if (rev == revision::v4 && by == carrier::binary_body) continue;
        event next = carried(last, with, rev, by);
        check_same(original, next);
        last = std::move(next);
      }
    }
  }
  return 0;
}
