// A raw long-polling client for tests: one connection for GETs, one for POSTs, bodies as they are on the wire.
//
//   polling_client c(port);                    // the session is open
//   CHECK(c.post("4hello").body == "ok");
//   CHECK(c.poll().body == "4hello");          // of a server that sends back

#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "support/http_client.hpp"

namespace cosio::test {

class polling_client {
 public:
  /// Opens a session. @throws std::runtime_error when it is refused.
  explicit polling_client(std::uint16_t port, std::string query = "EIO=4", std::string_view more_headers = "",
                          std::string path = "/engine.io/");

  const http_answer& opened() const noexcept { return opened_; }
  const std::string& sid() const noexcept { return sid_; }
  std::string target(std::string_view transport = "polling") const;

  /// A GET and its answer.
  http_answer poll() { return gets_.ask(get(target())); }
  /// A GET whose answer is read later, with polled().
  void start_poll() { gets_.send(get(target())); }
  http_answer polled() { return gets_.read_answer(); }
  http_answer post(std::string_view body, std::string_view more_headers = "") {
    return posts_.ask(test::post(target(), body, more_headers));
  }

  http_client& gets() noexcept { return gets_; }
  http_client& posts() noexcept { return posts_; }

 private:
  std::string path_;
  std::string query_;
  http_client gets_;
  http_client posts_;
  http_answer opened_;
  std::string sid_;
};

/// The value of a text member of an open packet's JSON, wherever the JSON stands. Empty when there is none.
std::string text_member(std::string_view open_packet, std::string_view name);

}  // namespace cosio::test
