// The connection that publishes. Messages wait in a line, in their order, and go out several at a time; those that are
// too long for NOTIFY become rows of the table.
//
//   publish() -> the line -> one statement with several NOTIFYs, or a row and its NOTIFY -> PostgreSQL

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/postgres.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "async/posted_deadline.hpp"
#include "async/strand.hpp"
#include "async/suspensions.hpp"
#include "cluster/postgres_link.hpp"
#include "cluster/postgres_text.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// A message on its way out.
class postgres_letter {
 public:
  std::string channel;
  std::string body;        ///< the text of the notification, or MessagePack for the table
  attachment_frame frame;  ///< of a row; without a row it is empty
  bool alone = false;      ///< it goes out in a statement of its own
  /// Is told the outcome; null: nobody waits for it.
  std::shared_ptr<wire_receipt> receipt = nullptr;

  bool is_row() const noexcept { return !frame.before.empty(); }
  std::size_t size() const noexcept { return channel.size() + body.size() + frame.before.size() + sizeof(*this); }
};

/// On its strand, where nothing else is said.
class postgres_outbox final : public std::enable_shared_from_this<postgres_outbox> {
 public:
  postgres_outbox(async::strand on, async::deadlines& timers, std::shared_ptr<const postgres_options> settings,
                  std::shared_ptr<const postgres_address> to, std::shared_ptr<postgres_outage> shared);

  /// @param changed  Called when up() has changed.
  void start(std::function<void()> changed);
  void close();

  /// Puts a message into the line. Any thread: the calls of one thread keep their order.
  publication publish(postgres_letter what);
  /// Ends the wait when all that is in the line was taken or is lost.
  void when_empty(std::shared_ptr<async::suspension> waiting);

  /// Whether messages are taken now. Any thread.
  const std::shared_ptr<wire_presence>& presence() const noexcept { return presence_; }
  /// Connected, and the table was looked for.
  bool up() const noexcept { return up_; }
  /// A connection was lost, or could not be made, and there is no other one yet.
  bool is_away() const noexcept { return !up_ && !begins_; }
  /// The number by which notifications name this connection.
  int pid() const noexcept { return link_->pid(); }
  /// Fills in its part. Any thread.
  void count(wire_counts& into) const noexcept;
  std::uint64_t reconnected() const noexcept { return connections_ > 0 ? connections_ - 1 : 0; }

  const async::strand& strand() const noexcept { return strand_; }

 private:
  void on_ready();
  void on_lost(bool attempt);
  void look_for_table();
  void make_table();
  void set_up();
  void pump();
  void send_row(postgres_letter what);
  void send_texts(std::deque<postgres_letter> some);
  void on_sent(std::deque<postgres_letter> some, const postgres_answer& got);
  void lose(const std::deque<postgres_letter>& some, const std::string& why);
  void release(const std::deque<postgres_letter>& some);
  static void settle(const std::deque<postgres_letter>& some, const publication& outcome);
  void clean();

  const async::strand strand_;
  async::deadlines& timers_;
  const std::shared_ptr<const postgres_options> settings_;
  const std::shared_ptr<postgres_link> link_;
  const std::shared_ptr<wire_presence> presence_ = std::make_shared<wire_presence>();
  std::function<void()> changed_;
  std::deque<postgres_letter> line_;
  async::suspensions waiting_;  // until the line is empty
  async::posted_deadline<postgres_outbox, &postgres_outbox::clean> cleaning_;
  std::size_t sending_ = 0;  // messages that wait for their answer
  std::string told_;         // the refusal that the log knows
  bool up_ = false;
  bool begins_ = true;  // the first attempt to connect has not ended yet

  std::atomic<bool> failing_{false};  // PostgreSQL cannot be reached: messages are refused
  std::atomic<bool> is_full_{false};  // the log was told
  std::atomic<std::size_t> pending_bytes_{0};
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> connections_{0};
};

}  // namespace cosio::inline v0_2::cluster
