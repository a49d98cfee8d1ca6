// The mark of a request that one server has passed on to another: who passed it on, for whom, and what it knows of the
// client. A code that only servers with the secret can make proves it.
//
//   x-cosio-forward: 1;<from>;<to>;<address of the client>;<http or https>;<HMAC-SHA-256 in hexadecimal digits>
//
// The code covers these, and the method and the target of the request: a mark that somebody has seen fits no other
// request. A request without a mark that is proven is one of a client, whatever it says.

#pragma once
#include <cosio/http.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::engine {

/// The claims of a mark. It points into the request.
struct forward_mark {
  unsigned from = 0;
  unsigned to = 0;
  std::string_view address;
  bool secure = false;
};

/// Makes and checks marks. Immutable: any thread.
class mark_keeper {
 public:
  explicit mark_keeper(std::string secret) : secret_(std::move(secret)) {}

  /// @param request  As the client has sent it: its address, behind proxies, is that of the request.
  std::string make(unsigned from, unsigned to, const http::request& request) const;

  struct reading {
    bool has_mark = false;  // whether there is such a header, true or forged
    std::optional<forward_mark> mark;
  };
  /// @param room  Holds the value of a header that was sent in parts.
  reading read(const http::request& request, std::string& room) const;

 private:
  std::string code_of(std::string_view claims, const http::request& request) const;

  const std::string secret_;
};

}  // namespace cosio::inline v0_2::engine
