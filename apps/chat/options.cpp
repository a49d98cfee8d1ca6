// Two flags, each with a value.

#include "options.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace chat {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw usage_error(why + "\nusage: chat [--port N] [--host ADDRESS]");
}

std::uint16_t port_number(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped_at, problem] = std::from_chars(text.data(), end, port);
  if (problem != std::errc() || stopped_at != end) refuse("'" + std::string(text) + "' is no port");
  return port;
}

}  // namespace

cosio::http::app_options read_options(std::span<char* const> words) {
  cosio::http::app_options out;
  out.host = "127.0.0.1";
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string_view flag = words[i];
    if (flag != "--port" && flag != "--host") refuse("unknown argument '" + std::string(flag) + "'");
    if (i + 1 == words.size()) refuse(std::string(flag) + " needs a value");
    if (flag == "--port") {
      out.port = port_number(words[i + 1]);
    } else {
      out.host = words[i + 1];
    }
  }
  return out;
}

}  // namespace chat
