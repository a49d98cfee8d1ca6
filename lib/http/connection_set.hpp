// The connections that speak HTTP: so that closing can reach the idle ones and wait for the busy ones.

#pragma once
#include <boost/intrusive/list.hpp>

#include <cosio/task.hpp>

#include <cstddef>
#include <memory>

#include "async/gate.hpp"
#include "base/guarded.hpp"

namespace cosio::http {

/// @par Threads  Any; guarded by its mutex.
class connection_set {
 public:
  /// A connection, as the set sees it.
  class member : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>> {
   public:
    virtual ~member() = default;
    /// Ends now if nothing is under way, else behind the answers under way. Any thread; must not call back into the
    /// set.
    virtual void close_when_idle() noexcept = 0;

   private:
    friend class connection_set;
    async::gate::pass pass_;
  };

  /// @return whether the set is closing: the connection then closes as soon as it is idle.
  bool add(member& joined);
  /// Does nothing for one that has left before.
  void remove(member& gone);
  std::size_t size() const { return inside_->count(); }

  /// Tells every connection, those that come later included, to close when idle.
  void close_all();
  /// Takes connections again.
  void reopen();
  /// Waits until no connection is left.
  task<> wait_until_empty() { return inside_->wait_for_zero(); }

 private:
  mutable base::mutex mutex_;
  boost::intrusive::list<member> members_;
  std::shared_ptr<async::gate> inside_ = std::make_shared<async::gate>();
  bool closing_ = false;
};

}  // namespace cosio::http
