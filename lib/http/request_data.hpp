// The data behind http::request. It lives as long as its session, so the whole head is in one string.

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
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

/// @par Threads  Immutable once it is behind a request; the query is decoded on first use, by one thread.
struct request_data {
  /// "GET /path?query\nname:value\nname:value\n": names in lower case, values without spaces around them. The parser
  /// lets no line feed into any part. The peer's address follows: set_remote_address() appends it.
  std::string head;
  std::uint32_t method_size = 0;
  std::uint32_t target_size = 0;
  std::uint32_t address_size : 31 = 0;
  bool secure : 1 = false;

 private:
  mutable std::once_flag decoded_;  // here it takes no bytes of its own
  mutable std::unique_ptr<const query_list> queries_;

 public:
  std::unique_ptr<const routed_part> routed;       // null for the requests that services see
  std::unique_ptr<const std::string> certificate;  // of the client, PEM; null without one, as it nearly always is

  /// Sets the peer's address, behind the whole head; it takes the place of one that was set before.
  void set_remote_address(std::string_view text);
  /// Adds one more header. @param name  In lower case.
  void add_field(std::string_view name, std::string_view value);
  void client_certificate(std::string pem) {
    if (!pem.empty()) certificate = std::make_unique<const std::string>(std::move(pem));
  }

  std::string_view method() const noexcept { return std::string_view(head).substr(0, method_size); }
  std::string_view target() const noexcept { return std::string_view(head).substr(method_size + 1, target_size); }
  std::string_view remote_address() const noexcept { return std::string_view(head).substr(lines_size()); }
  /// The field lines.
  std::string_view fields() const noexcept {
    const std::size_t start = std::size_t{method_size} + target_size + 2;
    return start < lines_size() ? std::string_view(head).substr(start, lines_size() - start) : std::string_view();
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
  std::size_t lines_size() const noexcept { return head.size() - address_size; }
  void find(std::span<const std::string_view> names, std::span<std::optional<std::string_view>> found) const;
};

/// A copy of the head of a request, which may be changed until it is behind a request.
std::shared_ptr<request_data> copy_head(const request& from);
/// A copy of the head of a request with one more header. @param name  In lower case.
request with_header(const request& from, std::string_view name, std::string_view value);

/// The value of a header as request::header() gives it, but without a copy when the header was sent once.
/// @param joined  Holds the value when several are joined.
std::string_view header_of(const request& from, std::string_view name, std::string& joined);

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
