// Responses that are not written yet: heads and bodies as pieces for one gathered write. Pure, apart from the iovecs,
// and from files: a piece of a file is read when there may be room for it, into a buffer of the thread. So a peer that
// does not read makes the server keep nothing of the file. A long file need not be read: a stream may send it.

#pragma once
#include <sys/uio.h>
#include <cosio/http.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::http {

/// The framing of one response.
struct framing_rules {
  bool http_1_0 = false;   // the request was HTTP/1.0: keep-alive must be named
  bool head_only = false;  // HEAD: the length is sent, the body is not
  bool last = false;       // the connection closes behind it
};

/// The head of a response, up to the empty line. Content-Length, Transfer-Encoding and Connection are the library's:
/// values that the handler has set for them are left out.
///
/// @param fields  More lines, with their line ends.
std::string response_head(const response& answer, const framing_rules& rules, std::string_view fields = {});

/// The bytes of its body, in memory or in a file.
std::uint64_t body_size(const response& answer) noexcept;

/// Whether a response of this status has a body at all.
constexpr bool may_have_body(unsigned status) noexcept { return status >= 200 && status != 204 && status != 304; }

/// The responses of one connection that are not written yet, in order. One thread at a time.
class outgoing {
 public:
  static constexpr std::size_t file_piece = 64 * 1024;

  void push(response answer, const framing_rules& rules, std::string_view fields = {});
  void push(std::string bytes);  // a complete interim response
  bool empty() const noexcept { return parts_.empty(); }
  void clear() noexcept { parts_.clear(); }

  /// Points `room` at the pieces to write next, which are valid until the next call on this thread. @return the pieces
  /// in use. None, although it is not empty(): a file cannot be read to its end, and the peer cannot be told.
  std::span<iovec> gather(std::array<iovec, 16>& room) const noexcept;
  /// A place in a file; none: null.
  struct file_place {
    const file_body* file = nullptr;
    std::uint64_t at = 0;
  };
  /// The file whose bytes come next, if they are too many for one piece: file_body::send() may send them in place of
  /// gather(). Valid until the next call.
  file_place long_file() const noexcept;
  /// Removes bytes that were written.
  void written(std::size_t bytes) noexcept;

 private:
  struct part {
    std::string head;
    response answer;
    bool with_body;
    std::uint64_t sent = 0;
  };
  std::vector<part> parts_;
};

}  // namespace cosio::inline v0_2::http
