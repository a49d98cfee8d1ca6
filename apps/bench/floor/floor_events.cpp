// WebSocket frames: the events are told apart by one or two of their bytes.

#include <cstdlib>
#include <cstring>

#include "floor.hpp"

namespace bench {
namespace {

constexpr std::size_t gathered_replies = 16'384;  // larger ones go out by themselves
constexpr int binary = 2;
constexpr int close_frame = 8;

bool begins(const client_frame& frame, std::string_view with) {
  return std::string_view(frame.payload, frame.length).starts_with(with);
}

// 42<id>["ack",P] has an id where other events have their name.
bool wants_acknowledgement(const client_frame& frame) {
  return begins(frame, "42") && frame.length > 2 && frame.payload[2] != '[';
}

}  // namespace

std::size_t floor_server::serve_frames(int fd, char* bytes, std::size_t count) {
  std::size_t used = 0;
  for (;;) {
    const client_frame frame = take_frame(bytes + used, count - used);
    if (frame.size == 0) break;
    used += frame.size;
    if (frame.opcode == close_frame) break;
    if (frame.opcode == binary || begins(frame, "42[\"e") || begins(frame, "451-")) {
      reply(fd, frame.opcode, frame.payload, frame.length);
    } else if (frame.opcode < close_frame) {
      serve_event(fd, frame);
    }
  }
  flush_reply(fd);
  flush_broadcast();
  return used;
}

// The head of what comes back is shorter than that of what came, and so fits before the payload.
void floor_server::reply(int fd, int opcode, char* payload, std::size_t length) {
  char* const begin = payload - head_size(length);
  put_head(begin, opcode, length);
  const std::size_t size = head_size(length) + length;
  if (reply_begin_ != nullptr && length <= gathered_replies) {
    std::memmove(reply_end_, begin, size);
    reply_end_ += size;
    return;
  }
  flush_reply(fd);
  reply_begin_ = begin;
  reply_end_ = begin + size;
}

void floor_server::flush_reply(int fd) {
  if (reply_begin_ != nullptr) send(fd, reply_begin_, static_cast<std::size_t>(reply_end_ - reply_begin_));
  reply_begin_ = reply_end_ = nullptr;
}

void floor_server::serve_event(int fd, const client_frame& event) {
  char* const text = event.payload;
  if (begins(event, "40")) {
    std::string joined;
    append_text_frame(joined, "40{\"sid\":\"" + std::to_string(fd) + "\"}");
    send(fd, joined);
  } else if (wants_acknowledgement(event)) {  // 42<id>["ack",P] becomes 43<id>[P]
    constexpr std::size_t shorter = std::string_view("\"ack\",").size();
    const auto* const bracket = static_cast<char*>(std::memchr(text, '[', event.length));
    std::memmove(text + shorter, text, static_cast<std::size_t>(bracket - text) + 1);
    text[shorter + 1] = '3';
    reply(fd, event.opcode, text + shorter, event.length - shorter);
  } else if (begins(event, "42[\"b")) {  // bcast
    broadcast(everybody, {text, event.length});
  } else if (begins(event, "42[\"j")) {  // 42["join","rN"]
    const auto room = static_cast<std::size_t>(std::atoi(text + std::strlen("42[\"join\",\"r")));
    if (rooms_.size() <= room) rooms_.resize(room + 1);
    rooms_[room].push_back(fd);
  } else if (begins(event, "42[\"r")) {  // 42["room","rN",P] becomes 42["room",P]
    constexpr std::string_view head = "42[\"room\"";
    const std::size_t name = head.size() + std::strlen(",\"r");
    char* const comma = static_cast<char*>(std::memchr(text + name, ',', event.length - name));
    const int room = std::atoi(text + name);
    char* const begin = comma - head.size();
    std::memcpy(begin, head.data(), head.size());
    broadcast(room, {begin, event.length - static_cast<std::size_t>(begin - text)});
  }
}

void floor_server::broadcast(int room, std::string_view payload) {
  if (!gathers_ || room != gathered_room_) flush_broadcast();
  gathered_room_ = room;
  append_text_frame(gathered_, payload);
  if (!gathers_) flush_broadcast();
}

void floor_server::flush_broadcast() {
  if (gathered_.empty()) return;
  const auto room = static_cast<std::size_t>(gathered_room_);
  if (gathered_room_ == everybody || room < rooms_.size()) {
    for (const int fd : gathered_room_ == everybody ? members_ : rooms_[room]) send(fd, gathered_);
  }
  gathered_.clear();
}

}  // namespace bench
