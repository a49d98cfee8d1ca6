// An executor that keeps the object behind it alive.
//
// Handlers of another io_context have an executor of ours. Asio destroys a handler before its executor, and the handler
// may be the last owner of the runtime: the executor would then use an io_context that has been destroyed.

#pragma once
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <memory>
#include <utility>

namespace cosio::inline v0_2::async {

/// `Inner` with an owner of its io_context: for boost::asio::any_io_executor.
///
/// @par Threads  As Inner.
template <class Inner>
class owning_executor {
 public:
  owning_executor(Inner inner, std::shared_ptr<const void> owner) noexcept
      : owner_(std::move(owner)), inner_(std::move(inner)) {}

  template <class F>
  void execute(F&& work) const {
    inner_.execute(std::forward<F>(work));
  }
  template <class Property>
    requires(boost::asio::can_query<const Inner&, Property>::value)
  decltype(auto) query(const Property& what) const {
    return boost::asio::query(inner_, what);
  }
  template <class Property>
    requires(boost::asio::can_require<const Inner&, Property>::value)
  auto require(const Property& what) const {
    auto changed = boost::asio::require(inner_, what);
    return owning_executor<decltype(changed)>(std::move(changed), owner_);
  }

  friend bool operator==(const owning_executor& a, const owning_executor& b) noexcept { return a.inner_ == b.inner_; }
  friend bool operator!=(const owning_executor& a, const owning_executor& b) noexcept { return !(a == b); }

 private:
  std::shared_ptr<const void> owner_;  // is destroyed last
  Inner inner_;
};

}  // namespace cosio::inline v0_2::async
