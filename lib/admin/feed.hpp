// The feed of a server: it looks on, and tells the pages on its namespace. The object behind <cosio/admin.hpp>.
//
//   nsp_watcher, room events -> backlog -> pump(), ten times in a second, as the budget allows -> the adapter
//   metrics -> stats -> every two seconds -> the adapter
//   a page connects -> login -> config, the list of all sockets -> its commands
//
// The adapter of the namespace carries all of it to the pages of other servers, too. A page that comes is told to the
// feeds of other servers (server_side_emit), which send it their sockets.
//
// Without pages there is nothing to send, so timers stand still; except in a cluster, where pages may be elsewhere.

#pragma once
#include <cosio/admin.hpp>
#include <cosio/nsp.hpp>
#include <cosio/server.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/backlog.hpp"
#include "admin/budget.hpp"
#include "admin/login.hpp"
#include "admin/nsp_watch.hpp"
#include "admin/stats.hpp"
#include "admin/texts.hpp"
#include "async/posted_deadline.hpp"
#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "socketio/nsp_watcher.hpp"
#include "socketio/server_core.hpp"

namespace cosio::inline v0_2::admin {

/// Owned by a shared_ptr.
/// @par Threads  Any, except what is declared below "On the strand", which means the feed's own.
class feed final : public watch_owner, public std::enable_shared_from_this<feed> {
 public:
  /// @throws error as admin_feed does.
  feed(const server& of, admin_options opts);
  /// Makes the namespace, and looks on. Once.
  void start(const server& of);

  void on();
  void off();
  bool is_on() const noexcept { return is_on_.load(std::memory_order_acquire); }
  admin_counts counts() const noexcept;

  const async::strand& strand() const noexcept { return strand_; }

  // watch_owner
  backlog& changes() noexcept override { return changes_; }
  std::size_t most_shown() const noexcept override { return opts_.max_shown_bytes; }
  void wake() override;

 private:
  // Told to the feeds of other servers.
  static constexpr const char* newcomer_event = "cosio:admin:newcomer";

  // A page that is sent a list of all sockets: of this server, or of another one.
  struct newcomer {
    std::string id;
    std::weak_ptr<socketio::socket_core> ours;  // null: of another server
    bool is_ours = true;
    bool has_list = false;  // the first part was sent
    std::vector<backlog::record_ptr> todo = {};
    std::size_t done = 0;
  };
  using pages_ptr = std::shared_ptr<socketio::nsp_core>;

  void watch(const nsp& made);
  void look_at(const pages_ptr& made);
  void open_to_pages(const nsp& made);
  static task<> let_in(std::shared_ptr<feed> self, socket who, next go);
  void welcome(const socket& page);
  void add_newcomer(newcomer who);
  void note_audience();
  bool is_in_cluster() const;
  static task<> disconnect_pages(std::shared_ptr<feed> self);

  // On the strand.
  void on_pump();
  void on_second();
  void begin_to_count();
  static task<> pump(std::shared_ptr<feed> self);
  static task<> tell_lists(std::shared_ptr<feed> self);
  static task<> tell_changes(std::shared_ptr<feed> self);
  static task<> tell_rest(std::shared_ptr<feed> self);
  static task<> tell_numbers(std::shared_ptr<feed> self);
  static task<> tell_servers(std::shared_ptr<feed> self, std::string page);
  static task<> send(std::shared_ptr<feed> self, packet_text what, std::string to);
  double left() noexcept { return budget_.left(runtime_->timers().now()); }
  void take_newcomers();
  packet_text list_for(newcomer& of) const;
  std::optional<packet_text> next_for(newcomer& of) const;

  const admin_options opts_;
  const std::weak_ptr<socketio::server_core> server_;
  const std::shared_ptr<async::runtime> runtime_;  // outlives the strand
  const async::strand strand_;
  const std::shared_ptr<login> login_;
  const std::shared_ptr<socketio::watching> wanted_ = std::make_shared<socketio::watching>();
  const std::shared_ptr<socketio::watching> wanted_of_pages_ = std::make_shared<socketio::watching>();
  std::weak_ptr<socketio::nsp_core> pages_;  // set by start()
  std::atomic<bool> is_on_{false};
  std::atomic<std::size_t> page_count_{0};
  std::atomic<bool> has_audience_{false};
  std::atomic<bool> pump_waits_{false};
  std::atomic<std::uint64_t> packets_{0};
  std::atomic<std::uint64_t> bytes_{0};
  backlog changes_;
  const async::time_point began_;
  async::posted_deadline<feed, &feed::on_pump> pump_at_;
  async::posted_deadline<feed, &feed::on_second> second_at_;

  base::mutex mutex_;                                         // also of the order in which note_audience() works
  std::vector<newcomer> newcomers_ COSIO_GUARDED_BY(mutex_);  // have just come

  // On the strand.
  budget budget_;
  stats stats_;
  std::vector<newcomer> served_;
  bool pumping_ = false;
  bool again_ = false;     // another round was due meanwhile
  bool counting_ = false;  // second_at_ is armed
  unsigned seconds_ = 0;
};

}  // namespace cosio::inline v0_2::admin
