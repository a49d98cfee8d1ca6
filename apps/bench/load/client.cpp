// The handshakes.

#include "client.hpp"

#include <string>

#include "bad_answer.hpp"

namespace bench {
namespace {

constexpr std::string_view probe = "2probe";
constexpr std::string_view probe_answer = "3probe";
constexpr std::string_view upgrade_packet = "5";

std::string shortened(std::string_view packet) { return std::string(packet.substr(0, 80)); }

// The string member of that name in an open or CONNECT packet. These packets have few members, and no escapes in
// their strings.
std::string member(std::string_view json, std::string_view name) {
  const std::string head = "\"" + std::string(name) + "\":\"";
  const auto at = json.find(head);
  if (at == std::string_view::npos) throw bad_answer("no " + std::string(name) + " in " + shortened(json));
  const auto begin = at + head.size();
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

}  // namespace

client::client(loop& turns, client_user& user, const target& where, transport way, std::uint32_t number)
    : user_(user), where_(where), number_(number) {
  if (way != transport::polling) websocket_ = std::make_unique<websocket_link>(turns, *this);
  if (way != transport::websocket) polling_ = std::make_unique<polling_link>(turns, *this, where);
  upgraded_ = way != transport::upgrade;
}

void client::start(clock::time_point due) {
  started_ = due;
  state_ = state::opening;
  if (polling_) {
    polling_->open();
  } else {
    websocket_->open(where_, sid_);
  }
}

void client::close() noexcept {
  state_ = state::gone;
  if (polling_) polling_->close();
  if (websocket_) websocket_->close();
}

void client::give_up(std::string_view why) {
  if (is_gone()) return;
  const std::string reason(why);
  const bool was_ready = is_ready();
  close();
  user_.on_lost(*this, reason, was_ready);
}

void client::queue(std::string_view packet) {
  if (upgraded_ && websocket_) {
    websocket_->queue(packet);
  } else {
    polling_->queue(packet);
  }
}

void client::flush() {
  if (upgraded_ && websocket_) {
    websocket_->flush();
  } else {
    polling_->flush();
  }
}

void client::on_read_done() {
  if (is_ready()) user_.on_read_done(*this);
}

void client::on_engine_packet(std::string_view packet) {
  if (packet.empty()) throw bad_answer("an empty packet");
  if (packet.front() == '4') return take_socket_packet(packet.substr(1));
  if (packet.front() == '0') return opened(packet);
  if (packet.front() == '1') throw bad_answer("the server closed the session");
  if (packet == probe_answer) return polling_->pause();
  if (packet == "2") {
    queue("3");
    return flush();
  }
  if (packet != "6") throw bad_answer("an unexpected packet: " + shortened(packet));
}

void client::opened(std::string_view packet) {
  if (state_ != state::opening) throw bad_answer("a second open packet");
  sid_ = member(packet, "sid");
  state_ = state::joining;
  if (polling_) polling_->set_sid(sid_);
  queue("40" + where_.nsp_prefix() + where_.auth);
  flush();
  if (!upgraded_) begin_upgrade();
}

void client::begin_upgrade() { websocket_->open(where_, sid_); }

void client::on_link_open() {
  if (upgraded_) return;
  websocket_->queue(probe);
  websocket_->flush();
}

void client::on_link_idle() {
  websocket_->queue(upgrade_packet);
  websocket_->flush();
  upgraded_ = true;
  polling_->close();
  if (state_ == state::upgrading) be_ready();
}

void client::take_socket_packet(std::string_view packet) {
  if (packet.empty()) throw bad_answer("an empty packet");
  if (packet.front() == '0') return joined(packet);
  if (packet.front() == '1') throw bad_answer("disconnected by the server");
  if (packet.front() == '4') throw bad_answer("refused by the namespace: " + shortened(packet.substr(1)));
  user_.on_packet(*this, packet);
}

void client::joined(std::string_view packet) {
  if (state_ != state::joining || !packet.substr(1).starts_with(where_.nsp_prefix())) {
    throw bad_answer("an unexpected CONNECT: " + shortened(packet));
  }
  member(packet, "sid");
  if (upgraded_) return be_ready();
  state_ = state::upgrading;
}

void client::be_ready() {
  state_ = state::ready;
  user_.on_ready(*this);
}

}  // namespace bench
