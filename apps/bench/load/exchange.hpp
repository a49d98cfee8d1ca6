// Echo, acknowledgements and binary. Each client keeps a number of events unanswered. All replies of one read are
// answered in one send.

#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conversation.hpp"
#include "crowd.hpp"
#include "loop.hpp"
#include "numbered_text.hpp"
#include "options.hpp"
#include "socket_packet.hpp"
#include "target.hpp"

namespace bench {

/// Events that are answered one by one.
class exchange final : public conversation {
 public:
  exchange(crowd& all, const loop& turns, const target& where, const options& wanted);

  void start() override;
  bool begin_one(clock::time_point due) override;
  std::uint64_t outstanding() const override { return outstanding_; }

  void on_packet(client& who, std::string_view packet) override;
  void on_attachment(client& who, std::string_view bytes) override;
  void on_read_done(client& who) override;

 private:
  struct side {                            // of one client
    std::vector<clock::time_point> begun;  // of the event of each number, modulo the size; the epoch: none is out
    std::uint32_t next = 0;                // to be sent
    std::uint32_t expected = 0;            // to be answered
    std::uint32_t to_send = 0;             // in place of replies that came in this read
    std::uint32_t attachments = 0;         // still to come
    bool attachment_answers = false;
  };

  bool may_send(const side& of) const { return of.begun[of.next % of.begun.size()] == clock::time_point(); }
  void send(client& who, std::uint32_t count, clock::time_point due);
  void queue_event(client& who, side& of);
  void queue_attachments(client& who, const side& of);
  void take_event(side& of, const packet_head& head);
  void answered(side& of, std::uint32_t number);
  std::uint32_t number_in(const side& of, std::string_view payload) const;

  crowd& all_;
  const loop& loop_;
  const options& wanted_;
  std::string nsp_;
  std::string head_;  // of an event, up to its payload; that of an acknowledgement has its id before it
  numbered_text text_;
  std::vector<side> sides_;
  std::string packet_;
  std::uint64_t outstanding_ = 0;
  std::uint32_t turn_ = 0;  // the next client in the open loop
};

}  // namespace bench
