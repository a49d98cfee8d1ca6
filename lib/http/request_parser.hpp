// Requests from bytes: Boost.Beast's parser behind a class that is fed. Only the .cpp includes Beast.
//
//   way in    http/connection: bytes -> feed_head(), feed_body() -> request_data and the body's bytes

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {

struct head_limits {
  std::size_t max_bytes = 16'384;
  std::size_t max_fields = 100;
};

/// Parses one request. Every request needs a new parser. One thread at a time.
///
/// Input that two parsers might understand differently is refused: both Content-Length and Transfer-Encoding, different
/// lengths, lengths in lists, codings other than "chunked", folded lines (also in trailers), bare line feeds, versions
/// other than 1.0 and 1.1, more than one Host.
///
/// A target in absolute form ("http://host/path") becomes path and query, and its host takes the place of Host.
class request_parser {
 public:
  explicit request_parser(const head_limits& limits);
  request_parser(request_parser&&) noexcept;
  request_parser& operator=(request_parser&&) noexcept;
  ~request_parser();

  /// Looks for a whole head in `bytes`. They start where the request starts, and only grow between calls.
  /// @return bytes taken; 0 while the head is incomplete; or errc::bad_request, errc::head_too_large.
  result<std::size_t> feed_head(std::string_view bytes);

  /// Appends bytes of the body to `body`, at most `max_bytes` in all; bytes above that are counted and not kept. Only
  /// after the head.
  /// @return bytes taken (fewer than given: the rest is incomplete, or belongs to the next request);
  ///         or errc::bad_request.
  result<std::size_t> feed_body(std::string_view bytes, std::string& body, std::size_t max_bytes);

  /// Whether head and body are complete.
  bool done() const noexcept;
  /// Bytes of the body so far, decoded, kept or not.
  std::uint64_t body_size() const noexcept;
  /// From Content-Length, if there was one.
  std::optional<std::uint64_t> content_length() const noexcept;

  bool http_1_0() const noexcept;
  /// Whether the head has a Host with possible characters; HTTP/1.0 may have none.
  bool names_its_host() const noexcept;
  bool keep_alive() const noexcept;
  /// Whether it is HTTP/1.1 with `Connection: upgrade` and an Upgrade other than h2c. Clients offer h2c without being
  /// asked, and a server may ignore it.
  bool wants_upgrade() const noexcept;
  /// Whether WebSocket is among the protocols of that Upgrade.
  bool wants_websocket() const noexcept;
  /// Path and query. Only before take_head().
  std::string_view target() const noexcept;
  /// The value of Expect; empty when there is none.
  std::string_view expectation() const noexcept;

  /// Gives the head away, once. @param address  The peer's.
  std::shared_ptr<request_data> take_head(std::string_view address = {});

 private:
  struct implementation;
  std::unique_ptr<implementation> parser_;
};

/// The phrase of a status, such as "Not Found"; "Unknown" for a status that HTTP does not define.
std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace cosio::inline v0_2::http
