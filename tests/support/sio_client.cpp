// The raw Socket.IO client for tests.

#include "support/sio_client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <stdexcept>
#include <utility>

#include "wire/base64.hpp"

namespace cosio::test {
namespace {

constexpr char separator = '\x1e';

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("sio client: " + what); }

std::string id_in(std::string_view json) {
  const boost::json::value parsed = boost::json::parse({json.data(), json.size()});
  return boost::json::value_to<std::string>(parsed.at("sid"));
}

}  // namespace

sio_client::sio_client(std::uint16_t port, sio_settings settings) : is_v4_(settings.eio == 4) {
  const std::string eio = "EIO=" + std::to_string(settings.eio);
  if (settings.over == sio_settings::transport::polling) {
    polling_ = std::make_unique<polling_client>(port, eio + settings.query, settings.headers, settings.path);
    take_payload(polling_->opened().body);
  } else {
    const std::string target = settings.path + "?" + eio + "&transport=websocket" + settings.query;
    websocket_ = std::make_unique<websocket_client>(port, target, settings.headers);
    if (!read_frame()) fail("the connection ended at once");
  }
  if (sid_.empty()) fail("no open packet");
}

// ---------------------------------------------------------------- out

void sio_client::send(std::initializer_list<sio_message> together) {
  std::string out;
  for (const sio_message& m : together) {
    if (websocket_) {
      out += m.binary ? binary_frame((is_v4_ ? "" : "\x04") + m.data) : text_frame("4" + m.data);
    } else {
      std::string packet = m.binary ? "b" : "4" + m.data;
      if (m.binary && !is_v4_) packet += '4';
      if (m.binary) wire::append_base64(packet, m.data);
      if (is_v4_ && !out.empty()) out += separator;
      out += element(packet);
    }
  }
  if (websocket_) {
    websocket_->send(out);
  } else {
    post(out);
  }
}

void sio_client::send_engine(std::string_view packet) {
  if (websocket_) {
    websocket_->send_text(packet);
  } else {
    post(element(packet));
  }
}

// One packet of a payload. Tests send ASCII only, where UTF-16 units and bytes are the same.
std::string sio_client::element(std::string_view packet) const {
  return is_v4_ ? std::string(packet) : std::to_string(packet.size()) + ":" + std::string(packet);
}

void sio_client::post(const std::string& body) {
  const http_answer answer = polling_->post(body);
  if (answer.status != 200) fail("a POST was answered with " + std::to_string(answer.status));
}

// ---------------------------------------------------------------- in

bool sio_client::read_frame() {
  const auto frame = websocket_->next();
  if (!frame) return false;
  if (frame->is_close()) {
    websocket_->send_close();
    websocket_->close();
    return false;
  }
  if (frame->is_text()) {
    take_packet(frame->payload, false);
  } else {
    take_packet(is_v4_ ? frame->payload : frame->payload.substr(1), true);
  }
  return true;
}

void sio_client::start_poll() {
  if (!std::exchange(polling_now_, true)) polling_->start_poll();
}

bool sio_client::poll() {
  start_poll();
  polling_now_ = false;
  const http_answer answer = polling_->polled();
  if (answer.status != 200) return false;
  take_payload(answer.body);
  return true;
}

void sio_client::take_payload(std::string_view body) {
  while (!body.empty()) {
    std::string_view packet;
    if (is_v4_) {
      const auto end = body.find(separator);
      packet = body.substr(0, end);
      body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    } else {
      const auto colon = body.find(':');
      const std::size_t length = std::stoul(std::string(body.substr(0, colon)));
      packet = body.substr(colon + 1, length);
      body.remove_prefix(colon + 1 + length);
    }
    if (packet.starts_with('b')) {
      std::string bytes;
      wire::decode_base64(packet.substr(is_v4_ ? 1 : 2), bytes);
      take_packet(bytes, true);
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
    case '0':
      sid_ = id_in(packet.substr(1));
      break;
    case '1':
      ended_ = true;
      break;
    case '2':
      ++pings_;
      if (answers_pings_ && is_v4_) send_engine("3");
      break;
    case '4':
      received_.emplace_back(std::string(packet.substr(1)));
      break;
    case '3':
    case '6':
      break;
    default:
      fail("an unknown packet: " + std::string(packet));
  }
}

std::optional<sio_message> sio_client::next() {
  while (received_.empty() && !ended_) {
    const bool going_on = polling_ ? poll() : read_frame();
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
  if (polling_) {
    send_engine("1");
  } else {
    websocket_->send_close();
    websocket_->shutdown_send();
  }
}

void sio_client::drop() {
  if (polling_) {
    polling_->gets().close();
    polling_->posts().close();
  } else {
    websocket_->close();
  }
}

}  // namespace cosio::test
