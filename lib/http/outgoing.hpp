// Responses on their way out: heads and bodies as pieces for one gathered write. Pure but for the iovecs.

#pragma once
#include <sys/uio.h>
#include <cosio/http.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cosio::http {

/// How a response is put on the wire.
struct framing_rules {
  bool http_1_0 = false;   // the request was HTTP/1.0: staying open has to be said
  bool head_only = false;  // HEAD: the length of a body that is not sent
  bool last = false;       // the connection closes behind it
};

/// The head of a response, up to the empty line. Content-Length, Transfer-Encoding and Connection are ours: what the
/// handler set is left out.
std::string response_head(const response& answer, const framing_rules& rules);

/// Whether a response of this status has a body at all.
constexpr bool may_have_body(unsigned status) noexcept { return status >= 200 && status != 204 && status != 304; }

/// The responses of one connection that are not written yet, in order.
class outgoing {
 public:
  void push(response answer, const framing_rules& rules);
  void push(std::string bytes);  // as they are: an interim response
  bool empty() const noexcept { return parts_.empty(); }
  void clear() noexcept { parts_.clear(); }

  /// Points `room` at what is to be written next. @return the pieces in use.
  std::span<const iovec> gather(std::array<iovec, 16>& room) const noexcept;
  /// Takes off what was written.
  void written(std::size_t bytes) noexcept;

 private:
  struct part {
    std::string head;
    response answer;
    bool with_body;
    std::size_t sent = 0;
  };
  std::vector<part> parts_;
};

}  // namespace cosio::http
