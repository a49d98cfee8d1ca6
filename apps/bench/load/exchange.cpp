// Numbers go out, numbers come back.

#include "exchange.hpp"

#include <utility>

#include "bad_answer.hpp"

namespace bench {
namespace {

constexpr std::string_view attachment_text = "{\"_placeholder\":true,\"num\":0}]";
constexpr std::uint32_t compared_thoroughly = 2;  // replies of each client; of later ones size and number

std::string_view without_quotes(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') throw bad_answer("a reply that is no string");
  return text.substr(1, text.size() - 2);
}

}  // namespace

exchange::exchange(crowd& all, const loop& turns, const target& where, const options& wanted)
    : all_(all), loop_(turns), wanted_(wanted), nsp_(where.nsp_prefix()), text_(wanted.bytes), sides_(all.size()) {
  for (side& each : sides_) each.begun.resize(wanted.outstanding);
  head_ = "[\"" + wanted.event + "\"";
  if (!wanted.data || !wanted.data->empty()) head_ += ",";
}

void exchange::start() {
  const auto now = clock::now();
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    if (all_.at(i).is_ready()) send(all_.at(i), wanted_.outstanding, now);
  }
}

bool exchange::begin_one(clock::time_point due) {
  for (std::uint32_t tried = 0; tried < all_.size(); ++tried) {
    client& who = all_.at(turn_);
    turn_ = (turn_ + 1) % all_.size();
    if (!who.is_ready() || !may_send(sides_[who.number()])) continue;
    if (is_winding_down()) return false;
    send(who, 1, due);
    return true;
  }
  return false;
}

void exchange::send(client& who, std::uint32_t count, clock::time_point due) {
  side& of = sides_[who.number()];
  for (; count > 0 && may_send(of) && take_turn(); --count) {
    queue_event(who, of);
    of.begun[of.next++ % of.begun.size()] = due;
    ++outstanding_;
  }
  who.flush();
}

void exchange::queue_event(client& who, side& of) {
  if (wanted_.what == scenario::binary) {
    packet_.assign("451-").append(nsp_).append(head_).append(attachment_text);
    who.queue(packet_);
    return who.queue_attachment(text_.make(of.next));
  }
  if (wanted_.attachments > 0) return queue_attachments(who, of);
  packet_.assign("42").append(nsp_);
  if (wanted_.what == scenario::ack) packet_ += std::to_string(of.next);
  packet_ += head_;
  if (wanted_.data) {
    packet_.append(*wanted_.data).append("]");
  } else {
    packet_.append("\"").append(text_.make(of.next)).append("\"]");
  }
  who.queue(packet_);
}

// 45<count>-<id>["event",{"_placeholder":true,"num":0},…], and the attachments.
void exchange::queue_attachments(client& who, const side& of) {
  packet_.assign("45").append(std::to_string(wanted_.attachments)).append("-").append(nsp_);
  packet_.append(std::to_string(of.next)).append("[\"").append(wanted_.event).append("\"");
  for (std::uint32_t i = 0; i < wanted_.attachments; ++i) {
    packet_.append(",{\"_placeholder\":true,\"num\":").append(std::to_string(i)).append("}");
  }
  who.queue(packet_.append("]"));
  for (std::uint32_t i = 0; i < wanted_.attachments; ++i) who.queue_attachment(text_.make(i));
}

void exchange::on_packet(client& who, std::string_view packet) {
  side& of = sides_[who.number()];
  const packet_head head = read_packet(packet, nsp_);
  of.attachments = head.attachments;
  of.attachment_answers = false;
  const bool is_ack = head.type == '3' || head.type == '6';
  if (is_ack && wanted_.what == scenario::ack) {
    if (!head.id) throw bad_answer("an acknowledgement without an id");
    const auto id = static_cast<std::uint32_t>(*head.id);
    if (!wanted_.data && number_in(of, head.data.substr(1, head.data.size() - 2)) != id)
      throw bad_answer("an acknowledgement of something else");
    return answered(of, id);
  }
  if (!is_ack && wanted_.what != scenario::ack && event_name(head.data) == wanted_.reply) return take_event(of, head);
  ++others_;
}

void exchange::take_event(side& of, const packet_head& head) {
  if (wanted_.what == scenario::binary) {
    of.attachment_answers = head.attachments == 1;
    if (!of.attachment_answers) throw bad_answer("a reply without its attachment");
    return;
  }
  const std::uint32_t number = wanted_.data ? of.expected : number_in(of, event_arguments(head.data));
  if (number != of.expected) throw bad_answer("a reply out of order");
  answered(of, number);
}

void exchange::on_attachment(client& who, std::string_view bytes) {
  side& of = sides_[who.number()];
  if (of.attachments == 0) throw bad_answer("an attachment that nobody announced");
  --of.attachments;
  if (!of.attachment_answers) return;
  const auto number = text_.number_in(bytes, of.expected < compared_thoroughly);
  if (number != of.expected) throw bad_answer("an attachment that differs from what was sent");
  answered(of, *number);
}

std::uint32_t exchange::number_in(const side& of, std::string_view payload) const {
  const auto number = text_.number_in(without_quotes(payload), of.expected < compared_thoroughly);
  if (!number) throw bad_answer("a reply that differs from what was sent");
  return *number;
}

void exchange::answered(side& of, std::uint32_t number) {
  clock::time_point& begun = of.begun[number % of.begun.size()];
  if (number >= of.next || begun == clock::time_point()) throw bad_answer("a reply that nobody waits for");
  latency_.add(loop_.read_at() - begun);
  begun = clock::time_point();
  ++done_;
  ++of.expected;
  ++of.to_send;
  --outstanding_;
}

void exchange::on_read_done(client& who) {
  const std::uint32_t count = std::exchange(sides_[who.number()].to_send, 0);
  if (count > 0 && wanted_.rate == 0) send(who, count, clock::now());
}

}  // namespace bench
