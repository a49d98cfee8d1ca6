// Broadcasts to a namespace or to rooms. Client 0 publishes a limited number at once, and every client must receive
// each broadcast once and in order.

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
#include "target.hpp"

namespace bench {

/// One publisher and many receivers, itself among them. With rooms client i is in room i mod R, and message m goes to
/// room m mod R.
class fan_out final : public conversation {
 public:
  fan_out(crowd& all, loop& turns, const target& where, const options& wanted, failures& wrong);

  void prepare() override;
  void start() override { keep_up(); }
  void keep_up() override;
  bool begin_one(clock::time_point due) override;
  std::uint64_t outstanding() const override { return under_way_; }

  void on_packet(client& who, std::string_view packet) override;
  void on_attachment(client&, std::string_view) override {}

 private:
  struct message {
    clock::time_point begun;
    std::uint32_t left = 0;  // receivers that have not heard it
  };

  bool is_stalled(std::uint32_t client) const { return client >= all_.size() - wanted_.stalled; }
  bool has_rooms() const { return wanted_.what == scenario::room; }
  std::uint32_t room_of(std::uint32_t number) const { return number % wanted_.rooms; }
  void join(client& who);
  void queue_message(clock::time_point due);
  void heard(client& who, std::uint32_t number);

  crowd& all_;
  loop& loop_;
  const options& wanted_;
  failures& wrong_;
  std::string nsp_;
  numbered_text text_;
  std::vector<std::uint32_t> members_;   // of each room; of the whole namespace, without rooms
  std::vector<message> messages_;        // by number, modulo the size
  std::vector<std::uint32_t> expected_;  // the least number that each client may hear next
  std::uint32_t next_ = 0;
  std::uint32_t under_way_ = 0;
  std::uint32_t joined_ = 0;
  bool joining_ = false;
  std::string packet_;
};

}  // namespace bench
