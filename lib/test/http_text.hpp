// HTTP as a client reads and writes it: requests are made as text, responses are taken apart strictly.

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::test::inline v0_2::kit {

struct http_answer {
  unsigned status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;  // as spelled, in order
  std::string body;

  /// The value of a header, found without regard to case; empty when absent.
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// Takes one response off the front of `bytes`; nothing when it is not complete. Answers to HEAD have no body.
/// @throws std::runtime_error for what is no response, or has neither a length nor a status without body.
std::optional<http_answer> take_answer(std::string& bytes, bool head_only = false);

/// "GET /path HTTP/1.1" with Host and what else is given, each header line complete with its end: "X: y\r\n".
std::string get(std::string_view target, std::string_view more_headers = "");
/// "POST" with a Content-Length.
std::string post(std::string_view target, std::string_view body, std::string_view more_headers = "");

}  // namespace cosio::test::inline v0_2::kit
