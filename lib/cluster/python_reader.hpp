// Programs in Python that publish with python-socketio's RedisManager: what they send is applied to the sockets of this
// server. Every server reads the channel, so nothing is passed on to others.
//
//   way in    redis_nodes -> python_reader -> read_python_message() -> the adapter of the namespace, with local()

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/redis.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "cluster/python_messages.hpp"
#include "cluster/redis_nodes.hpp"

namespace cosio::inline v0_2::cluster {

/// @par Threads  Any; the connections belong to its strand.
class python_reader final : public std::enable_shared_from_this<python_reader> {
 public:
  python_reader(async::executor on, async::deadlines& timers, redis_address where, redis_settings how,
                std::string channel);
  ~python_reader();

  void start();
  /// Applies messages for this namespace to it, until it goes.
  void add(adapter_host& host, const std::shared_ptr<cosio::adapter>& of);
  /// A message of the channel.
  void received(std::string_view message);

 private:
  struct member {
    std::weak_ptr<adapter_host> host;
    std::weak_ptr<cosio::adapter> adapter;
  };
  void put_aside(std::string_view message);
  static task<> apply(std::shared_ptr<adapter_host> host, std::shared_ptr<cosio::adapter> to, python_message what);

  const async::strand strand_;
  async::deadlines& timers_;
  const std::string channel_;
  const std::shared_ptr<redis_nodes> nodes_;
  bool has_told_pickled_ = false;  // on the strand, as the next one
  bool has_told_unreadable_ = false;
  mutable base::mutex mutex_;
  base::text_map<member> members_ COSIO_GUARDED_BY(mutex_);  // by namespace
};

using adapter_factory = std::function<std::shared_ptr<cosio::adapter>(adapter_host&)>;

/// A factory whose adapters also apply the messages of a channel of Python.
adapter_factory with_python(adapter_factory make, redis_address where, redis_settings how, std::string channel);
/// The same for the channel that the options of an adapter name; without one the factory as it is.
adapter_factory with_python(adapter_factory make, const redis_options& from);

/// For a wire alone, which has no sockets that messages of Python could be applied to.
/// @throws error errc::bad_argument when the options name a channel of Python.
void check_no_python(const redis_options& from, std::string_view wire);

}  // namespace cosio::inline v0_2::cluster
