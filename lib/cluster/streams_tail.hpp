// The end of one Redis stream: entries are read as they come, in the one order that all servers see.
//
//   way in   XREAD BLOCK -> streams_tail -> cluster_receiver::received() of the namespace, with the offset
//
// Own messages are received, too, in their place among those of others: publish() completes then. A client that has
// received offset 10 has so received 9 before, and what it has missed is what is behind its last offset. When reading
// is interrupted, publish() completes when Redis has taken the message, and it is received when reading goes on.
//
// Reading goes on from the last id, so an interruption loses nothing, unless Redis has trimmed the stream meanwhile.

#pragma once
#include <cosio/cluster.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "cluster/redis_nodes.hpp"
#include "cluster/streams_entry.hpp"
#include "cluster/streams_index.hpp"
#include "cluster/wire_channels.hpp"
#include "cluster/wire_hub.hpp"

namespace cosio::inline v0_2::cluster {

/// A message of this server on its way through the stream.
class own_message {
 public:
  /// @param size  Bytes that the load counts as pending as long as it lives.
  own_message(cluster_message what, std::shared_ptr<wire_load> counted, std::size_t size)
      : message(std::move(what)), bytes(size), load_(std::move(counted)) {}
  own_message(const own_message&) = delete;
  own_message& operator=(const own_message&) = delete;
  ~own_message() { load_->end(bytes); }

  cluster_message message;  ///< moved from when it has been received
  const std::size_t bytes;
  stream_id after;  ///< the last entry that was read when it was sent: its own id is behind it
  const std::shared_ptr<confirmation> done = std::make_shared<confirmation>();

  /// Any thread.
  publication outcome() const {
    const base::lock_guard lock(mutex_);
    return outcome_;
  }
  void set_outcome(publication what) {
    const base::lock_guard lock(mutex_);
    outcome_ = std::move(what);
  }

 private:
  const std::shared_ptr<wire_load> load_;
  mutable base::mutex mutex_;
  publication outcome_ COSIO_GUARDED_BY(mutex_);
};

/// The meaning of the reply to an XADD.
publication outcome_of(const redis_value& reply);

/// How a stream is read.
struct streams_reading {
  std::string stream;
  std::size_t count = 100;                 ///< entries of one answer
  std::chrono::milliseconds block{5'000};  ///< for which Redis waits for an entry
  bool keeps_sessions = false;             ///< own messages are received, and broadcasts are kept
  std::size_t kept_entries = 0;            ///< entries that are never removed; 0: no number
  std::chrono::milliseconds kept_age{0};   ///< age of entries that are never removed; 0: none
  streams_index_limits limits;
};

/// On the strand of the hub, but for last_id().
class streams_tail final : public async::deadline, public std::enable_shared_from_this<streams_tail> {
 public:
  streams_tail(std::weak_ptr<wire_hub> hub, std::shared_ptr<redis_nodes> link, async::deadlines& timers,
               streams_reading how);

  void start();
  void close();

  void listen(const std::shared_ptr<wire_listener>& who);
  void stop(std::string_view nsp, std::string_view uid);

  /// A message of this server is about to be added to the stream, with this mark.
  void sending(const std::string& mark, std::shared_ptr<own_message> what);
  /// The reply to its XADD.
  void sent(const std::string& mark, const redis_value& reply);
  /// Nobody waits for it any more: when it turns up, it is not received.
  void forget(const std::string& mark);

  /// The last entry that was handed on. Any thread.
  stream_id last_id() const;
  /// Given when reading has begun, and has come to this id. An interruption ends no wait: reading goes on afterwards.
  void wait_for(stream_id id, std::shared_ptr<confirmation> done);
  /// Whether wait_for() would wait not at all.
  bool has_read(stream_id id) const { return has_begun_ && id <= last_id(); }
  /// Nobody waits for it any more: ids are the word of clients, and some never come.
  void stop_waiting(const std::shared_ptr<confirmation>& done);

  const std::string& stream() const noexcept { return how_.stream; }
  /// Whether the index has all broadcasts of a namespace behind this id.
  bool covers(std::string_view nsp, stream_id after) const;
  /// From this id on the index has all broadcasts of the namespace. Nothing as long as the stream was not read.
  std::optional<stream_id> start_of(std::string_view nsp) const;
  const streams_index& index() const noexcept { return index_; }

  void on_deadline() override;

 private:
  struct place {
    std::shared_ptr<wire_listener> who;
    stream_id since;  // all later entries of the namespace are in the index
  };

  void look_around();
  bool should_look(const redis_value& reply) const;
  void tell_another(stream_id found) const;
  void begin_at(const stream_extent& found);
  void read();
  void look_for_removed(redis_value reply);
  void go_on(const redis_value& reply);
  bool may_be_late(const redis_value& reply) const;
  void pass_over_removed(stream_id first);
  void take(const redis_value& reply);
  void take_entry(const redis_value& item);
  void take_own(const stream_entry& entry, std::size_t bytes);
  void hand_over(const std::shared_ptr<own_message>& what, stream_id id, std::size_t bytes);
  void hand_over_all_before(stream_id id);
  void keep(stream_id id, const cluster_message& message, std::size_t bytes);
  void set_last(stream_id id);
  void on_lost(std::string_view why);
  void pass_over();
  void interrupt();
  void on_trouble(const std::string& problem);

  const std::weak_ptr<wire_hub> hub_;
  const std::shared_ptr<redis_nodes> link_;
  const std::uint16_t slot_;
  async::deadlines& timers_;
  const streams_reading how_;
  mutable base::mutex last_mutex_;
  stream_id last_ COSIO_GUARDED_BY(last_mutex_);
  bool has_begun_ = false;
  bool is_live_ = false;
  bool is_told_trouble_ = false;
  std::size_t count_;      // entries of the next answer: fewer after one that was too long
  bool is_stuck_ = false;  // one entry alone was too long
  bool is_told_late_ = false;
  bool is_another_ = false;        // an own entry has an id that was there before
  async::time_point looked_at_{};  // the time of the last look at the stream
  async::time_point read_at_{};    // the time of the last answer: all that was there then has been read
  std::uint64_t life_ = 0;         // of the connection: replies of an earlier one are ignored
  streams_index index_;
  base::text_map<place> places_;                      // by the namespace
  base::text_map<std::shared_ptr<own_message>> own_;  // by the mark
  std::multimap<stream_id, std::shared_ptr<confirmation>> waiting_;
};

}  // namespace cosio::inline v0_2::cluster
