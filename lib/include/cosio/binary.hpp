// Bytes that travel as attachments: immutable, shared, never copied per receiver.

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

}  // namespace cosio
