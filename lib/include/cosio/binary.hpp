// Bytes that travel as attachments, immutable and shared; and one message of an Engine.IO session.

#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cosio {

/// A run of bytes in an event, an acknowledgement or a message. Copies share the bytes.
///
/// @par Threads  Immutable: any thread.
class binary {
 public:
  binary() = default;
  explicit binary(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
  explicit binary(std::span<const std::byte> bytes)
      : binary(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {}

  const char* data() const noexcept { return bytes_ ? bytes_->data() : ""; }
  std::size_t size() const noexcept { return bytes_ ? bytes_->size() : 0; }
  bool empty() const noexcept { return size() == 0; }
  std::string_view view() const noexcept { return {data(), size()}; }
  std::span<const std::byte> bytes() const noexcept { return {reinterpret_cast<const std::byte*>(data()), size()}; }

  /// The shared storage, for code that keeps the bytes alive while they are sent. May be null when empty.
  const std::shared_ptr<const std::string>& storage() const noexcept { return bytes_; }

  friend bool operator==(const binary& a, const binary& b) noexcept { return a.view() == b.view(); }

 private:
  std::shared_ptr<const std::string> bytes_;
};

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
