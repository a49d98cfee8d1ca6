// The handshake, then frames.

#include "websocket_link.hpp"

#include <cstddef>
#include <span>
#include <utility>

#include "bad_answer.hpp"
#include "http_answer.hpp"

namespace bench {
namespace {

// The example of RFC 6455, section 1.3. Nothing here needs a fresh one.
constexpr std::string_view handshake_tail =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
    "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
    "13\r\n\r\n";
constexpr std::string_view deflate_offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
constexpr std::string_view expected_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

}  // namespace

void websocket_link::open(const target& where, std::string_view sid) {
  accepted_ = false;
  deflate_ = where.deflate;
  stream_.open(where.address, where.address_size, where.tls.get());
  std::string request = where.request("GET", "websocket", sid);
  if (deflate_) request += deflate_offer;
  stream_.send(request.append(handshake_tail));
}

void websocket_link::flush() {
  stream_.send(queued_);
  queued_.clear();
}

std::size_t websocket_link::on_bytes(stream&, std::span<char> bytes) {
  try {
    return read_all(bytes);
  } catch (const bad_answer& wrong) {
    stream_.close();
    user_.on_link_lost(wrong.what());
    return bytes.size();
  }
}

std::size_t websocket_link::read_all(std::span<const char> bytes) {
  std::size_t used = accepted_ ? 0 : read_handshake(bytes);
  std::size_t needed = 0;
  while (accepted_ && stream_.is_open()) {
    const auto got = read_frame(bytes.subspan(used), needed, deflate_ != nullptr);
    if (!got) break;
    used += got->size;
    take(*got);
  }
  stream_.expect(needed);
  return stream_.is_open() ? used : bytes.size();
}

std::size_t websocket_link::read_handshake(std::span<const char> bytes) {
  std::size_t needed = 0;
  const auto got = read_http_answer(bytes, needed);
  if (!got) return 0;
  if (got->status != 101) {
    throw bad_answer("WebSocket refused with HTTP " + std::to_string(got->status) + ": " + got->body.substr(0, 80));
  }
  if (got->accept != expected_accept) throw bad_answer("a wrong Sec-WebSocket-Accept");
  if (deflate_) agree(got->extensions);
  accepted_ = true;
  user_.on_link_open();
  return got->size;
}

void websocket_link::agree(std::string_view extensions) {
  if (keeps_context(extensions)) context_ = std::make_unique<inflater>();
}

void websocket_link::take(const frame& got) {
  if (got.kind >= opcode::close) return control(got);
  if (in_fragments_ != (got.kind == opcode::continuation)) throw bad_answer("fragments in disorder");
  if (!in_fragments_ && got.final) return take_message(got.kind == opcode::binary, got.compressed, got.payload);
  if (!in_fragments_) {
    fragments_are_binary_ = got.kind == opcode::binary;
    fragments_are_compressed_ = got.compressed;
  }
  fragments_ += got.payload;
  in_fragments_ = !got.final;
  if (in_fragments_) return;
  const std::string whole = std::exchange(fragments_, std::string());
  take_message(fragments_are_binary_, fragments_are_compressed_, whole);
}

void websocket_link::take_message(bool binary, bool compressed, std::string_view payload) {
  if (compressed) {
    payload = context_ ? context_->inflate(payload, false) : deflate_->alone.inflate(payload, true);
    ++deflate_->messages;
  }
  if (binary) {
    user_.on_binary(payload);
  } else {
    user_.on_engine_packet(payload);
  }
}

void websocket_link::control(const frame& got) {
  if (got.kind == opcode::close) throw bad_answer("the server closed the WebSocket");
  if (got.kind != opcode::ping) return;
  append_frame(queued_, opcode::pong, got.payload);
  flush();
}

}  // namespace bench
