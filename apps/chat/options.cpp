// Four flags, each with a value.

#include "options.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace chat {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw usage_error(why + "\nusage: chat [--port N] [--host ADDRESS] [--cert FILE --key FILE]");
}

std::uint16_t port_number(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped_at, problem] = std::from_chars(text.data(), end, port);
  if (problem != std::errc() || stopped_at != end) refuse("'" + std::string(text) + "' is no port");
  return port;
}

// Where the value of a flag goes to, as text.
void set(cosio::http::app_options& out, std::string_view flag, std::string_view value) {
  if (flag == "--port") {
    out.port = port_number(value);
  } else if (flag == "--host") {
    out.host = value;
  } else {
    if (!out.tls) out.tls.emplace();
    (flag == "--cert" ? out.tls->certificate_file : out.tls->key_file) = value;
  }
}

}  // namespace

cosio::http::app_options read_options(std::span<char* const> words) {
  cosio::http::app_options out;
  out.host = "127.0.0.1";
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string_view flag = words[i];
    if (flag != "--port" && flag != "--host" && flag != "--cert" && flag != "--key")
      refuse("unknown argument '" + std::string(flag) + "'");
    if (i + 1 == words.size()) refuse(std::string(flag) + " needs a value");
    set(out, flag, words[i + 1]);
  }
  if (out.tls && (out.tls->certificate_file.empty() || out.tls->key_file.empty()))
    refuse("--cert and --key go together");
  return out;
}

}  // namespace chat
