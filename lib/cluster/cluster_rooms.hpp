// The rooms of this server that a wire has a channel for.
//
//   room event -> created(), deleted() -> cluster_wire::room_created(), room_deleted(), begun in this order
//   join()     -> until_confirmed() -> returns when the broker has confirmed the channels of these rooms

#pragma once
#include <cosio/cluster.hpp>

#include <memory>
#include <string>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::cluster {

/// @par Threads  Any; guarded by its own mutex. created() and deleted() are called one at a time.
class cluster_rooms : public std::enable_shared_from_this<cluster_rooms> {
 public:
  cluster_rooms(std::shared_ptr<cluster_wire> wire, std::string nsp, async::strand on)
      : wire_(std::move(wire)), nsp_(std::move(nsp)), strand_(std::move(on)) {}

  void created(const std::string& room);
  /// The same before the room has its first socket: the created() that follows does nothing.
  void prepare(const std::string& room);
  /// Ends what prepare() began. @return whether no created() has followed.
  bool take_back(const std::string& room);
  void deleted(const std::string& room);

  /// Waits until the rooms that were created before are confirmed, or the time is over.
  static task<> until_confirmed(std::shared_ptr<cluster_rooms> self, std::vector<std::string> rooms,
                                async::deadlines& timers, async::time_point until);

 private:
  struct channel {
    bool confirmed = false;
    std::vector<std::weak_ptr<async::suspension>> waiting;
  };
  using channel_ptr = std::shared_ptr<channel>;

  void begin(const std::string& room);
  static task<> create(std::shared_ptr<cluster_rooms> self, std::string room, channel_ptr one);
  static task<> remove(std::shared_ptr<cluster_rooms> self, std::string room);
  void confirm(const std::string& room, const channel_ptr& one);
  std::vector<channel_ptr> unconfirmed(const std::vector<std::string>& rooms) const;
  bool add(channel& one, const std::weak_ptr<async::suspension>& waiting);

  const std::shared_ptr<cluster_wire> wire_;
  const std::string nsp_;
  const async::strand strand_;
  mutable base::mutex mutex_;
  base::text_map<channel_ptr> unconfirmed_ COSIO_GUARDED_BY(mutex_);
  base::text_map<bool> prepared_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::cluster
