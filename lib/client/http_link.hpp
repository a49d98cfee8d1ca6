// HTTP requests of a client, one after the other, on a connection that is kept as long as the server keeps it.

#pragma once
#include <cosio/task.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "async/runtime.hpp"
#include "client/dialer.hpp"
#include "client/net_stream.hpp"
#include "client/transport.hpp"

namespace cosio::inline v0_2::clients {

/// @par Threads  A value.
struct http_answer {
  unsigned status = 0;
  bool binary = false;  // Content-Type: application/octet-stream
  std::string body = {};
};

/// @par Threads  On its strand.
class http_link : public std::enable_shared_from_this<http_link> {
 public:
  http_link(async::strand on, std::shared_ptr<const source_terms> terms)
      : strand_(std::move(on)), terms_(std::move(terms)) {}

  /// GET, or POST with a body. One at a time. Nothing is asked again and nothing is redirected.
  /// @throws failure; boost::system::system_error operation_aborted behind stop().
  static task<http_answer> ask(std::shared_ptr<http_link> self, std::string target, std::optional<std::string> body);
  /// Requests end soon, with an error. Idempotent.
  void stop() noexcept;

 private:
  static task<> connect(std::shared_ptr<http_link> self);
  static task<http_answer> exchange(std::shared_ptr<http_link> self, std::shared_ptr<net_stream> with,
                                    std::string target, std::optional<std::string> body);
  bool is_usable() const noexcept;
  void check() const;

  const async::strand strand_;
  const std::shared_ptr<const source_terms> terms_;
  std::shared_ptr<dialer> dialer_;
  std::shared_ptr<net_stream> stream_;
  async::time_point last_used_{};
  bool stopped_ = false;
};

}  // namespace cosio::inline v0_2::clients
