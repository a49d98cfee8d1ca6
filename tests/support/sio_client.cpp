// The raw Socket.IO client for tests.

#include "support/sio_client.hpp"

#include <boost/json/parse.hpp>

#include <stdexcept>
#include <utility>

#include "wire/base64.hpp"
#include "wire/client_frame.hpp"

namespace cosio::test {
namespace {

constexpr char separator = '\x1e';

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("sio client: " + what); }

std::string id_in(std::string_view json) {
  const boost::json::value parsed = boost::json::parse({json.data(), json.size()});
  return boost::json::value_to<std::string>(parsed.at("sid"));
}

}  // namespace

sio_client::sio_client(std::uint16_t port, sio_settings settings)
    : port_(port), settings_(std::move(settings)), tcp_(std::make_unique<http_client>(port)) {
  if (is_polling()) {
    open_polling();
  } else {
    open_websocket();
  }
}

std::string sio_client::target(bool with_sid) const {
  return settings_.path + "?EIO=" + std::to_string(settings_.eio) + "&transport=" + (is_polling() ? "polling" : "websocket") +
         (with_sid ? "&sid=" + sid_ : settings_.query);
}

void sio_client::open_websocket() {
  tcp_->send(get(target(false),
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                     settings_.headers));
  const http_answer answer = tcp_->read_answer();
  if (answer.status != 101) fail("no upgrade, but " + std::to_string(answer.status) + ": " + answer.body);
  while (sid_.empty())
    if (!read_frame()) fail("no open packet");
}

void sio_client::open_polling() {
  const http_answer answer = tcp_->ask(get(target(false), settings_.headers));
  if (answer.status != 200) fail("no handshake, but " + std::to_string(answer.status) + ": " + answer.body);
  take_payload(answer.body);
  if (sid_.empty()) fail("no open packet in: " + answer.body);
  posts_ = std::make_unique<http_client>(port_);
}

// ---------------------------------------------------------------- out

std::string sio_client::framed(unsigned opcode, std::string_view payload) const {
  client_frame frame;
  frame.op = static_cast<std::uint8_t>(opcode);
  frame.payload = payload;
  return frame.bytes();
}

std::string sio_client::payload_element(std::string_view packet) const {
  return settings_.eio == 4 ? std::string(packet) : std::to_string(packet.size()) + ":" + std::string(packet);
}

void sio_client::send(std::initializer_list<sio_message> together) {
  std::string out;
  for (const sio_message& m : together) {
    if (!is_polling()) {
      out += m.binary ? framed(2, (settings_.eio == 4 ? "" : "\x04") + m.data) : framed(1, "4" + m.data);
      continue;
    }
    if (settings_.eio == 4 && !out.empty()) out += separator;
    std::string packet;
    if (m.binary) {
      packet = settings_.eio == 4 ? "b" : "b4";
      wire::append_base64(packet, m.data);
    } else {
      packet = "4" + m.data;
    }
    out += payload_element(packet);
  }
  if (is_polling()) {
    post(out);
  } else {
    tcp_->send(out);
  }
}

void sio_client::send_engine(std::string_view packet) {
  if (is_polling()) {
    post(payload_element(packet));
  } else {
    tcp_->send(framed(1, packet));
  }
}

void sio_client::post(const std::string& body) {
  const http_answer answer = posts_->ask(test::post(target(true), body, "Content-Type: text/plain\r\n"));
  if (answer.status != 200) fail("a POST was answered with " + std::to_string(answer.status));
}

// ---------------------------------------------------------------- in

std::optional<std::string> sio_client::read(std::size_t bytes) {
  try {
    return tcp_->read(bytes);
  } catch (const std::runtime_error& e) {
    if (std::string_view(e.what()).find("ended early") == std::string_view::npos) throw;
  }
  return std::nullopt;
}

bool sio_client::read_frame() {
  const auto head = read(2);
  if (!head) return false;
  const auto opcode = static_cast<unsigned char>((*head)[0]) & 0x0FU;
  std::uint64_t length = static_cast<unsigned char>((*head)[1]);
  if (length >= 126) {
    const auto more = read(length == 126 ? 2 : 8);
    if (!more) return false;
    length = 0;
    for (const char c : *more) length = length << 8 | static_cast<unsigned char>(c);
  }
  const auto payload = read(static_cast<std::size_t>(length));
  if (!payload) return false;
  if (opcode == 8) {
    tcp_->send(framed(8, ""));
    tcp_->close();
    return false;
  }
  if (opcode == 2) {
    take_packet(settings_.eio == 4 ? *payload : payload->substr(1), true);
  } else if (opcode == 1) {
    take_packet(*payload, false);
  }
  return true;
}

void sio_client::start_poll() {
  if (std::exchange(polling_now_, true)) return;
  tcp_->send(get(target(true)));
}

bool sio_client::poll() {
  start_poll();
  polling_now_ = false;
  const http_answer answer = tcp_->read_answer();
  if (answer.status != 200) return false;
  take_payload(answer.body);
  return true;
}

void sio_client::take_payload(std::string_view body) {
  while (!body.empty()) {
    std::string_view packet;
    if (settings_.eio == 4) {
      const auto end = body.find(separator);
      packet = body.substr(0, end);
      body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    } else {  // tests send ASCII only, where UTF-16 units and bytes are the same
      const auto colon = body.find(':');
      const std::size_t length = std::stoul(std::string(body.substr(0, colon)));
      packet = body.substr(colon + 1, length);
      body.remove_prefix(colon + 1 + length);
    }
    if (packet.starts_with('b')) {
      const auto bytes = wire::decode_base64(packet.substr(settings_.eio == 4 ? 1 : 2));
      if (bytes.has_error()) fail("no base64: " + std::string(packet));
      take_packet(*bytes, true);
    } else {
      take_packet(packet, false);
    }
  }
}

void sio_client::take_packet(std::string_view packet, bool binary) {
  if (binary) {
    received_.push_back(sio_message::bytes(packet));
    return;
  }
  if (packet.empty()) fail("an empty packet");
  switch (packet.front()) {
    case '0': sid_ = id_in(packet.substr(1)); break;
    case '1': ended_ = true; break;
    case '2':
      ++pings_;
      if (answers_pings_ && settings_.eio == 4) send_engine("3");
      break;
    case '4': received_.emplace_back(std::string(packet.substr(1))); break;
    case '3':
    case '6': break;
    default: fail("an unknown packet: " + std::string(packet));
  }
}

std::optional<sio_message> sio_client::next() {
  while (received_.empty() && !ended_) {
    const bool going_on = is_polling() ? poll() : read_frame();
    if (!going_on) ended_ = true;
  }
  if (received_.empty()) return std::nullopt;
  sio_message first = std::move(received_.front());
  received_.pop_front();
  return first;
}

std::string sio_client::receive() {
  const auto message = next();
  if (!message) fail("the session has ended");
  if (message->binary) fail("binary where text was expected");
  return message->data;
}

std::string sio_client::receive_bytes() {
  const auto message = next();
  if (!message) fail("the session has ended");
  if (!message->binary) fail("text where binary was expected: " + message->data);
  return message->data;
}

std::vector<std::string> sio_client::receive_to_end() {
  std::vector<std::string> all;
  while (auto message = next()) all.push_back(message->binary ? "<bytes>" : message->data);
  return all;
}

std::string sio_client::join(std::string_view nsp, std::string_view auth) {
  const std::string name = nsp == "/" ? std::string() : std::string(nsp) + ",";
  send(sio_message("0" + name + std::string(auth)));
  const std::string reply = receive();
  if (!reply.starts_with("0" + name)) fail("no CONNECT, but: " + reply);
  const std::string json = reply.substr(1 + name.size());
  return json.empty() ? std::string() : id_in(json);
}

void sio_client::close() {
  if (is_polling()) {
    send_engine("1");
  } else {
    tcp_->send(framed(8, ""));
    tcp_->shutdown_send();
  }
}

void sio_client::drop() {
  tcp_->close();
  if (posts_) posts_->close();
}

}  // namespace cosio::test
