// The data behind http::request. It lives as long as its session, so the whole head is in one block of its size.

#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request_target.hpp"

namespace cosio::inline v0_2::http {

class request;

/// The part that a route adds to the head of a request.
struct routed_part {
  query_list params;  // text that `:name` matched, decoded
  std::string body;
};

/// @par Threads  Immutable once it is behind a request. The query is decoded on first use.
struct request_data {
  std::uint32_t method_size = 0;
  std::uint32_t target_size = 0;

 private:
  std::uint32_t size_ = 0;  // of the head
  std::uint32_t address_size_ : 31 = 0;

 public:
  bool secure : 1 = false;

  request_data() = default;
  request_data(const request_data&) = delete;
  request_data& operator=(const request_data&) = delete;
  ~request_data();

  /// Sets the lines and the peer's address; they take the place of those that were set before.
  /// @param lines  "GET /path?query\nname:value\nname:value\n": names in lower case, or known (see known_fields()),
  ///               values without spaces around them. The parser lets no line feed into any part.
  void set_head(std::string_view lines, std::string_view address);
  void set_lines(std::string_view lines) { set_head(lines, remote_address()); }
  void set_remote_address(std::string_view text) { set_head(lines(), text); }
  /// The head of another request, with its peer's address.
  void copy_head(const request_data& from);
  /// Adds one more header. @param name  In lower case.
  void add_field(std::string_view name, std::string_view value);
  /// @param pem  The certificate of the client; empty without one.
  void client_certificate(std::string pem) {
    if (!pem.empty()) rarely().certificate = std::move(pem);
  }
  void routed(routed_part part) { rarely().routed = std::move(part); }

  std::string_view method() const noexcept { return head().substr(0, method_size); }
  std::string_view target() const noexcept { return head().substr(method_size + 1, target_size); }
  std::string_view remote_address() const noexcept { return head().substr(size_ - address_size_); }
  /// Empty without one, as it nearly always is.
  std::string_view client_certificate() const noexcept {
    return rare_ ? std::string_view(rare_->certificate) : std::string_view();
  }
  /// Null for the requests that services see.
  const routed_part* routed() const noexcept { return rare_ ? &rare_->routed : nullptr; }
  /// The lines of the head, with the first one.
  std::string_view lines() const noexcept { return head().substr(0, size_ - address_size_); }
  /// The field lines. next_field() reads them.
  std::string_view fields() const noexcept {
    const std::size_t start = std::size_t{method_size} + target_size + 2;
    return start < lines().size() ? lines().substr(start) : std::string_view();
  }

  /// The decoded query.
  const query_list& queries() const;
  /// The bytes that this takes, with the decoded query.
  std::size_t memory() const noexcept;
  /// The last value of a query parameter. It is searched in the raw target when no byte of it is encoded.
  std::optional<std::string_view> query(std::string_view name) const {
    std::optional<std::string_view> found;
    find({&name, 1}, {&found, 1});
    return found;
  }
  /// The same for several in one pass.
  template <std::size_t N>
  std::array<std::optional<std::string_view>, N> query(const std::array<std::string_view, N>& names) const {
    std::array<std::optional<std::string_view>, N> found;
    find(names, found);
    return found;
  }

 private:
  // The parts that few requests have.
  struct rare_parts {
    routed_part routed;
    std::string certificate;
  };

  std::string_view head() const noexcept { return {head_.get(), size_}; }
  rare_parts& rarely() {
    if (!rare_) rare_ = std::make_unique<rare_parts>();
    return *rare_;
  }
  void find(std::span<const std::string_view> names, std::span<std::optional<std::string_view>> found) const;

  std::unique_ptr<char[]> head_;                             // the lines, and the peer's address behind them
  mutable std::atomic<const query_list*> queries_{nullptr};  // owned; set once
  std::unique_ptr<rare_parts> rare_;
};

/// A copy of the head of a request, which may be changed until it is behind a request.
std::shared_ptr<request_data> copy_head(const request& from);
/// A copy of the head of a request with one more header. @param name  In lower case.
request with_header(const request& from, std::string_view name, std::string_view value);

/// The value of a header as request::header() gives it, but without a copy when the header was sent once.
/// @param joined  Holds the value when several are joined.
std::string_view header_of(const request& from, std::string_view name, std::string& joined);

/// Nearly every request has the same few headers, and a session keeps those of its first request. So the lines of a
/// parsed head name them by one byte, without a colon. No other name begins with such a byte.
/// @return the names, in lower case.
std::span<const std::string_view> known_fields() noexcept;
/// The byte for the name at this place in known_fields().
constexpr char known_field_code(std::size_t place) noexcept { return static_cast<char>(0x80 + place); }

/// Walks through field lines: takes the next one off `rest`. @return name and value, or nothing at the end.
std::optional<std::pair<std::string_view, std::string_view>> next_field(std::string_view& rest) noexcept;

/// Takes the next field of that name off `rest`, and the fields in front of it. @return its value, or nothing when
/// there is none.
std::optional<std::string_view> next_field(std::string_view& rest, std::string_view name) noexcept;

/// Compares ASCII letters without regard to case.
bool same_name(std::string_view a, std::string_view b) noexcept;

/// Whether a comma-separated list ("keep-alive, Upgrade") holds a token, without regard to case.
bool has_token(std::string_view list, std::string_view token) noexcept;

/// The lower-case form of an ASCII letter.
constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The text without the spaces and tabs around it.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace cosio::inline v0_2::http
