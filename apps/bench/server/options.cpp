// One port, and a flag or two.

#include "options.hpp"

#include <charconv>
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

}  // namespace

cosio::options read_options(std::span<char* const> words) {
  cosio::options wanted;
  wanted.host = "127.0.0.1";
  wanted.threads = 1;
  wanted.http_compression.reset();
  for (auto word = words.begin(); word != words.end(); ++word) {
    const std::string_view name = *word;
    if (!name.starts_with("--")) {
      wanted.port = number<std::uint16_t>(name);
      continue;
    }
    if (name != "--threads") throw usage_error("unknown argument '" + std::string(name) + "'");
    if (++word == words.end()) throw usage_error("--threads needs a number");
    wanted.threads = number<unsigned>(*word);
  }
  return wanted;
}

}  // namespace bench
