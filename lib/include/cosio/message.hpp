// One message of an Engine.IO session.

#pragma once
#include <cosio/binary.hpp>

#include <string>
#include <utility>

namespace cosio {

/// One message of a session: text or binary.
class message {
 public:
  explicit message(std::string text) : text_(std::move(text)) {}
  explicit message(binary bytes) : bytes_(std::move(bytes)), is_binary_(true) {}

  bool is_binary() const noexcept { return is_binary_; }
  const std::string& text() const noexcept { return text_; }  ///< empty when binary
  const binary& bytes() const noexcept { return bytes_; }     ///< empty when text

 private:
  std::string text_;
  binary bytes_;
  bool is_binary_ = false;
};

}  // namespace cosio
