// The connections that speak HTTP: a close of the application reaches the idle ones and waits for the busy ones.

#pragma once
#include <boost/intrusive/list.hpp>

#include <cosio/task.hpp>

#include <cstddef>
#include <memory>

#include "async/gate.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::http {

/// @par Threads  Any; guarded by its own mutex.
class connection_set {
 public:
  /// A connection, as the set sees it. Its list entry is guarded by the set's mutex.
  class member : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>> {
   public:
    virtual ~member() = default;
    /// Closes now if no answer is under way, otherwise behind the answers under way. Any thread. Must not call back
    /// into the set.
    virtual void close_when_idle() noexcept = 0;
    /// Closes now, whatever is under way. Otherwise as close_when_idle().
    virtual void cut() noexcept = 0;

   private:
    friend class connection_set;
    async::gate::pass pass_;
  };

  /// @return whether the set is closing: the connection then closes as soon as it is idle.
  bool add(member& joined);
  /// Does nothing for a member that was removed before.
  void remove(member& gone);
  std::size_t size() const { return inside_->count(); }

  /// Tells every connection to close when it is idle, and also every connection that is added later.
  void close_all();
  /// Cuts every connection that is left.
  void cut_all();
  /// Ends the effect of close_all() on connections that are added later.
  void reopen();
  /// Waits until no connection is left.
  task<> wait_until_empty() { return inside_->wait_for_zero(); }

 private:
  mutable base::mutex mutex_;
  boost::intrusive::list<member> members_ COSIO_GUARDED_BY(mutex_);
  bool closing_ COSIO_GUARDED_BY(mutex_) = false;
  const std::shared_ptr<async::gate> inside_ = std::make_shared<async::gate>();
};

}  // namespace cosio::inline v0_2::http
