// Binary data: bytes that are never changed, and that all copies share. And a message of an Engine.IO session.
//
//   co_await user.emit("picture", cosio::binary(std::move(bytes)));         // binary at any depth of an argument
//   co_await user.emit("pixels", pixels);                                   // so is a std::vector<std::uint8_t>
//   user.on("upload", [](std::string name, cosio::binary bytes) { … });

#pragma once
#include <cosio/version.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

namespace detail {

// The elements of bytes in memory, under the names that C++ has for them.
template <class T>
concept byte_like = std::same_as<T, std::byte> || std::same_as<T, unsigned char> || std::same_as<T, signed char> ||
                    std::same_as<T, char> || std::same_as<T, char8_t>;
// Bytes in a row: a vector, an array, a span, a view. What a std::string is made of by itself is not meant.
template <class T>
concept byte_range = !std::convertible_to<const T&, std::string> && requires(const T& range) {
  requires byte_like<std::remove_cvref_t<decltype(*std::data(range))>>;
  { std::size(range) } -> std::convertible_to<std::size_t>;
};

}  // namespace detail

/// Bytes in an event, an acknowledgement or a message.
///
/// Copies share the bytes, so a broadcast does not copy them for each receiver. They go over WebSocket as a message of
/// their own, in polling as base64 (Engine.IO 4).
/// @par Threads  Immutable: any.
class binary {
 public:
  /// No bytes.
  binary() = default;
  /// Takes the bytes over; a string that is moved in is not copied.
  explicit binary(std::string bytes);
  /// Copies the bytes.
  explicit binary(std::span<const std::byte> bytes);
  /// Copies the bytes of a vector, an array, a span or a string_view. Its elements are std::byte, or a kind of char:
  ///
  ///     std::vector<std::uint8_t> pixels = render();
  ///     co_await user.emit("picture", cosio::binary(pixels));
  template <class Range>
    requires(!std::same_as<Range, binary> && detail::byte_range<Range>)
  explicit binary(const Range& bytes) : binary(std::as_bytes(std::span(std::data(bytes), std::size(bytes)))) {}

  /// A pointer to the first byte. It is not null when there are no bytes.
  const char* data() const noexcept { return bytes_ ? bytes_->data() : ""; }
  std::size_t size() const noexcept { return bytes_ ? bytes_->size() : 0; }
  bool empty() const noexcept { return size() == 0; }
  /// The bytes as a view, which is valid as long as this binary or a copy lives.
  std::string_view view() const noexcept { return {data(), size()}; }
  std::span<const std::byte> bytes() const noexcept { return {reinterpret_cast<const std::byte*>(data()), size()}; }

  /// The shared storage, for code that must keep the bytes alive. It may be null when there are none.
  const std::shared_ptr<const std::string>& storage() const noexcept { return bytes_; }

  /// Compares the bytes.
  friend bool operator==(const binary& a, const binary& b) noexcept { return a.view() == b.view(); }

 private:
  std::shared_ptr<const std::string> bytes_;
};

/// One message of an Engine.IO session: text or binary. engine_session::send() takes it, on_message() gets it.
/// @par Threads  A value: one thread at a time.
class message {
 public:
  /// A text message. It must be UTF-8 when it is sent.
  explicit message(std::string text) : text_(std::move(text)) {}
  /// A binary message.
  explicit message(binary bytes) : bytes_(std::move(bytes)), is_binary_(true) {}

  /// Whether bytes() has the message, and not text().
  bool is_binary() const noexcept { return is_binary_; }
  /// The text; empty for a binary message.
  const std::string& text() const noexcept { return text_; }
  /// The bytes; empty for a text message.
  const binary& bytes() const noexcept { return bytes_; }

 private:
  std::string text_;
  binary bytes_;
  bool is_binary_ = false;
};

}  // namespace cosio::inline v0_2
