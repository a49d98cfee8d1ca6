// One port, and a few flags.

#include "options.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {
namespace {

template <class Number>
Number number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped_at, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stopped_at != end) throw usage_error("'" + std::string(text) + "' is not a number");
  return value;
}

cosio::options defaults() {
  cosio::options out;
  out.host = "127.0.0.1";
  out.threads = 1;
  out.http_compression.reset();
  return out;
}

void set_flag(options& wanted, std::string_view name, std::string_view value) {
  if (name == "--threads") {
    wanted.server.threads = number<unsigned>(value);
  } else if (name == "--namespaces") {
    wanted.namespaces = number<unsigned>(value);
  } else if (name == "--max-payload") {
    wanted.server.max_payload = number<std::size_t>(value);
    wanted.server.max_packet_bytes = (wanted.server.max_attachments + 1) * wanted.server.max_payload;
  } else if (name == "--max-queued") {
    wanted.server.max_queued_bytes = number<std::size_t>(value);
    wanted.server.high_water_mark = std::min(wanted.server.high_water_mark, wanted.server.max_queued_bytes);
  } else if (name == "--metrics-path") {
    wanted.server.metrics_path = value;
  } else if (name == "--ping") {
    wanted.server.ping_interval = wanted.server.ping_timeout = std::chrono::milliseconds(number<unsigned>(value));
    wanted.server.ping_timeout_eio3 = 2 * wanted.server.ping_timeout;
  } else if (name == "--recovery") {
    wanted.server.connection_state_recovery.emplace().max_disconnection_duration =
        std::chrono::milliseconds(number<unsigned>(value));
  } else {
    throw usage_error("unknown argument '" + std::string(name) + "'");
  }
}

}  // namespace

options read_options(std::span<char* const> words) {
  options wanted{defaults()};
  for (auto word = words.begin(); word != words.end(); ++word) {
    const std::string_view name = *word;
    if (!name.starts_with("--")) {
      wanted.server.port = number<std::uint16_t>(name);
    } else if (++word != words.end()) {
      set_flag(wanted, name, *word);
    } else {
      throw usage_error(std::string(name) + " needs a value");
    }
  }
  return wanted;
}

}  // namespace bench
