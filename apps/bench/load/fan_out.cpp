// A message is complete when the last of its receivers has it.

#include "fan_out.hpp"

#include <chrono>

#include "bad_answer.hpp"
#include "socket_packet.hpp"

namespace bench {
namespace {

constexpr std::size_t kept_messages = 65'536;
constexpr std::string_view joined_answer = "joined";
constexpr std::chrono::milliseconds turn_time{50};
constexpr std::chrono::milliseconds settling{300};

std::string room_name(std::uint32_t room) { return "\"r" + std::to_string(room) + "\""; }

}  // namespace

fan_out::fan_out(crowd& all, loop& turns, const target& where, const options& wanted, failures& wrong)
    : all_(all),
      loop_(turns),
      wanted_(wanted),
      wrong_(wrong),
      nsp_(where.nsp_prefix()),
      text_(wanted.data ? numbered_text::digits : wanted.bytes),
      members_(has_rooms() ? wanted.rooms : 1),
      messages_(kept_messages),
      expected_(all.size()) {
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (!all.at(i).is_ready()) continue;
    if (is_stalled(i)) {
      all.at(i).stall();
    } else {
      ++members_[has_rooms() ? room_of(i) : 0];
    }
  }
}

// Every client joins, and then receives an echo: at that time the join is complete.
void fan_out::prepare() {
  if (!has_rooms()) return;
  joining_ = true;
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    if (all_.at(i).is_ready()) join(all_.at(i));
  }
  const auto end = clock::now() + wanted_.timeout;
  while (joined_ < all_.ready() && clock::now() < end) loop_.turn(turn_time);
  if (joined_ < all_.ready()) wrong_.add("rooms were not joined before the timeout", {});
  joining_ = false;
  loop_.run_for(settling);
}

void fan_out::join(client& who) {
  who.queue("42" + nsp_ + "[\"join\"," + room_name(room_of(who.number())) + "]");
  who.queue("42" + nsp_ + "[\"echo\",\"" + std::string(joined_answer) + "\"]");
  who.flush();
}

void fan_out::keep_up() {
  if (under_way_ >= wanted_.window || !all_.at(0).is_ready()) return;
  const auto now = clock::now();
  while (under_way_ < wanted_.window && take_turn()) queue_message(now);
  all_.at(0).flush();
}

bool fan_out::begin_one(clock::time_point due) {
  if (under_way_ >= wanted_.window || !all_.at(0).is_ready() || !take_turn()) return false;
  queue_message(due);
  all_.at(0).flush();
  return true;
}

void fan_out::queue_message(clock::time_point due) {
  const std::uint32_t room = has_rooms() ? room_of(next_) : 0;
  messages_[next_ % kept_messages] = message{due, members_[room]};
  packet_.assign("42").append(nsp_).append("[\"").append(wanted_.event).append("\",");
  if (has_rooms()) packet_.append(room_name(room)).append(",");
  packet_.append("\"").append(text_.make(next_++)).append("\"");
  if (wanted_.data) packet_.append(",").append(*wanted_.data);
  packet_.append("]");
  all_.at(0).queue(packet_);
  ++under_way_;
}

void fan_out::on_packet(client& who, std::string_view packet) {
  const packet_head head = read_packet(packet, nsp_);
  const std::string_view name = event_name(head.data);
  std::string_view payload = event_arguments(head.data);
  if (joining_ && name == "echo") {
    ++joined_;
  } else if (head.type == '2' && name == wanted_.reply) {
    if (payload.size() < 2) throw bad_answer("a broadcast without its payload");
    // With data it comes first: "00000001",DATA
    payload = payload.substr(1, wanted_.data ? numbered_text::digits : payload.size() - 2);
    const auto number = text_.number_in(payload, expected_[who.number()] == 0);
    if (!number || *number >= next_) throw bad_answer("a broadcast that differs from what was sent");
    heard(who, *number);
  } else {
    ++others_;
  }
}

void fan_out::heard(client& who, std::uint32_t number) {
  if (number < expected_[who.number()]) throw bad_answer("a broadcast out of order, or twice");
  if (has_rooms() && room_of(number) != room_of(who.number())) throw bad_answer("a message of another room");
  expected_[who.number()] = number + 1;
  message& heard = messages_[number % kept_messages];
  ++done_;
  if (--heard.left > 0) return;
  latency_.add(loop_.read_at() - heard.begun);
  --under_way_;
}

}  // namespace bench
