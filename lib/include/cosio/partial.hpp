// What came and what did not, when several servers were asked.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cosio {

/// What is missing of an operation that asked other servers, when the time was over. Empty: everything came.
class shortfall {
 public:
  shortfall() = default;
  /// @param servers  Those that did not answer, as far as their names are known.
  shortfall(std::size_t expected, std::size_t received, std::vector<std::string> servers = {})
      : expected_(expected), received_(received), servers_(std::move(servers)) {}

  /// Whether anything is missing.
  explicit operator bool() const noexcept { return received_ < expected_; }
  std::size_t expected() const noexcept { return expected_; }  ///< answers that were waited for
  std::size_t received() const noexcept { return received_; }
  const std::vector<std::string>& servers() const noexcept { return servers_; }

  /// For people: `timeout reached: only 1 responses received out of 2; missing: node-b`. Empty when nothing is missing.
  std::string text() const;

 private:
  std::size_t expected_ = 0;
  std::size_t received_ = 0;
  std::vector<std::string> servers_;
};

/// What several servers answered, and what is missing of it: how adapters return it.
template <class T>
class partial {
 public:
  partial() = default;
  explicit partial(T came) : value(std::move(came)) {}
  partial(T came, shortfall not_there) : value(std::move(came)), missing(std::move(not_there)) {}

  T value{};
  shortfall missing;
};

/// Thrown instead of a result that is not whole: what did come is in it, and what is missing.
template <class T>
class incomplete : public error {
 public:
  incomplete(T came, shortfall not_there)
      : error(errc::timed_out, not_there.text()), value_(std::move(came)), missing_(std::move(not_there)) {}

  const T& value() const noexcept { return value_; }
  const shortfall& missing() const noexcept { return missing_; }

 private:
  T value_;
  shortfall missing_;
};

}  // namespace cosio
