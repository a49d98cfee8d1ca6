// The exception of the test kit.

#pragma once
#include <boost/json/value.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace cosio::test::inline v0_2 {

/// An expectation of the kit does not hold. what() says who waited for what, and shows the last lines of the wire, the
/// warnings of the log, and the seed: test frameworks print it.
class failure : public std::runtime_error {
 public:
  /// @param summary  One sentence.
  /// @param details  The lines below it: the wire, the log, the seed.
  failure(std::string summary, const std::string& details)
      : runtime_error(summary + details), summary_(std::move(summary)) {}

  /// The sentence without the lines below it.
  const std::string& summary() const noexcept { return summary_; }

 private:
  std::string summary_;
};

/// The server has not let a client in.
class refused : public failure {
 public:
  /// Made by world::client().
  refused(std::string summary, const std::string& details, std::string message, boost::json::value data)
      : failure(std::move(summary), details), message_(std::move(message)), data_(std::move(data)) {}

  /// The words for the client: the message of a cosio::refusal, `Invalid namespace`, or the reason why the engine's
  /// handshake was refused.
  const std::string& message() const noexcept { return message_; }
  /// The data of the refusal; null without.
  const boost::json::value& data() const noexcept { return data_; }

 private:
  std::string message_;
  boost::json::value data_;
};

}  // namespace cosio::test::inline v0_2
