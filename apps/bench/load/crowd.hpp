// All clients of a run. It lets them connect at the requested pace, and counts the connected and the lost ones.

#pragma once
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "client.hpp"
#include "conversation.hpp"
#include "failures.hpp"
#include "histogram.hpp"
#include "loop.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "target.hpp"

namespace bench {

/// Many clients. One thread.
class crowd final : public client_user {
 public:
  crowd(loop& turns, const target& where, const options& wanted, failures& wrong, progress& told);

  /// Returns when every client is connected or lost.
  void connect_all();
  void close_all();
  /// From now on this conversation receives the messages of the server.
  void converse(conversation& with) { with_ = &with; }

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(clients_.size()); }
  client& at(std::uint32_t number) { return clients_[number]; }
  std::uint32_t ready() const noexcept { return ready_; }
  std::uint32_t lost() const noexcept { return lost_; }
  std::uint64_t reopened() const;
  /// The times from the moment when a client should begin until it was in its namespace (and upgraded).
  const histogram& connecting() const noexcept { return connecting_; }

 private:
  void on_ready(client& who) override;
  void on_packet(client& who, std::string_view packet) override;
  void on_attachment(client& who, std::string_view bytes) override;
  void on_read_done(client& who) override;
  void on_lost(client& who, std::string_view why, bool was_ready) override;

  bool start_those_due(clock::time_point now);
  void give_up_the_stuck(clock::time_point now);

  loop& loop_;
  const options& wanted_;
  failures& wrong_;
  progress& told_;
  std::deque<client> clients_;
  conversation* with_ = nullptr;
  clock::time_point begun_{};
  clock::time_point looked_{};
  std::uint32_t started_ = 0;
  std::uint32_t ready_ = 0;
  std::uint32_t lost_ = 0;
  std::uint32_t under_way_ = 0;
  histogram connecting_;
};

}  // namespace bench
