// Middleware: what runs before a socket or a packet gets in, and its awaitable next().

#pragma once
#include <boost/json/value.hpp>

#include <cosio/task.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio {

/// Refuses: thrown by a middleware, it becomes the client's `connect_error` with `message` and `data` (protocol 4: its `error`); thrown by a
/// packet middleware it goes to the socket's on_error. Any other exception refuses too, with its what() as the message.
class refusal : public std::exception {
 public:
  explicit refusal(std::string message) : message_(std::move(message)) {}
  refusal(std::string message, boost::json::value data)
      : message_(std::move(message)), data_(std::move(data)), has_data_(true) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  const boost::json::value& data() const noexcept { return data_; }
  bool has_data() const noexcept { return has_data_; }

 private:
  std::string message_;
  boost::json::value data_;
  bool has_data_ = false;
};

/// The rest of the chain. `co_await next()` runs it; what comes after runs once the rest has let the socket or packet in.
///
/// A middleware that returns without it refuses. A second call does nothing.
class next {
 public:
  explicit next(std::function<task<>()> rest) : rest_(std::make_shared<std::function<task<>()>>(std::move(rest))) {}

  /// @throws what a later middleware threw.
  task<> operator()() const { return run(rest_); }

 private:
  static task<> run(std::shared_ptr<std::function<task<>()>> rest);

  std::shared_ptr<std::function<task<>()>> rest_;
};

}  // namespace cosio
