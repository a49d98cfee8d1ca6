// Checks of everything that a server may send.

#include "session_peer.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>

#include "check.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"
#include "wire/utf8.hpp"

namespace cosio::fuzz {

void session_peer::send(std::string_view bytes) {
  out_ += bytes;
  step();
}

void session_peer::send_raw(std::string_view bytes) {
  raw_ = true;
  send(bytes);
}

void session_peer::half_close() noexcept {
  half_closed_ = true;
  stream_->shutdown_send();
}

void session_peer::step() {
  push();
  if (reads_) pull();
}

void session_peer::push() {
  if (out_.empty() || half_closed_) return;
  boost::system::error_code ec;
  const iovec bytes{out_.data(), out_.size()};
  out_.erase(0, stream_->write_some({&bytes, 1}, ec));
  if (ec && ec != boost::asio::error::would_block) out_.clear();  // nobody reads it any more
}

void session_peer::pull() {
  static std::array<char, 65'536> room;
  while (!ended_) {
    boost::system::error_code ec;
    const std::size_t n = stream_->read_some(room, ec);
    const std::string_view bytes(room.data(), n);
    notes_.bytes += n;
    notes_.transcript = notes_.transcript * 31 + std::hash<std::string_view>()(bytes) * (n != 0 ? 1 : 0);
    in_ += bytes;
    if (ec == boost::asio::error::would_block) break;
    if (ec) ended_ = true;
  }
  try {
    take_apart();
  } catch (const std::exception& e) {
    check(false, e.what());
  }
}

void session_peer::take_apart() {
  if (raw_) {
    in_.clear();
    return;
  }
  while (!websocket_) {
    const auto answer = test::take_answer(in_);
    if (!answer) return;
    if (answer->status == 101) {
      websocket_ = true;
    } else {
      take_body(answer->body);
    }
  }
  take_frames();
}

void session_peer::take_frames() {
  while (const auto frame = test::take_frame(in_)) {
    check(!closed_, "nothing comes behind a close frame");
    check(frame->op <= 0x2 || frame->payload.size() <= 125, "control frames are short");
    closed_ = frame->is_close();
    if (!frame->is_text()) continue;
    check(wire::is_utf8(frame->payload), "text is UTF-8");
    take_packet(frame->payload);
  }
}

// Packets of a polling body are taken as one: what is looked for stands out.
void session_peer::take_body(std::string_view body) {
  const std::string sid = test::text_member(body, "sid");
  if (!sid.empty() && body.find("\"pingInterval\"") != std::string_view::npos) notes_.sids.push_back(sid);
}

void session_peer::take_packet(std::string_view packet) {
  if (packet.starts_with("0{")) take_body(packet);
  if (packet.starts_with("43") || packet.starts_with("46")) ++notes_.acks;
}

}  // namespace cosio::fuzz
