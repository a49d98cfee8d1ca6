// A table of flags, and the loop that walks the command line along it.

#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace conformance {
namespace {

using std::chrono::milliseconds;

template <class Number>
Number number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped_at, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stopped_at != end) {
    throw usage_error("'" + std::string(text) + "' is not a number in range");
  }
  return value;
}

// 32 bits of milliseconds are 49 days: enough, and sums of them never overflow.
milliseconds duration(std::string_view text) { return milliseconds(number<std::uint32_t>(text)); }

std::vector<std::string> origin_list(std::string_view text) {
  std::vector<std::string> origins;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (comma > 0) origins.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (std::ranges::find(origins, "*") != origins.end()) origins.clear();
  return origins;
}

std::shared_ptr<const cosio::parser> parser(std::string_view name) {
  if (name == "default") return nullptr;
  if (name != "msgpack") throw usage_error("unknown parser '" + std::string(name) + "'");
  try {
    return cosio::msgpack_parser();
  } catch (const cosio::error& missing) {
    throw usage_error(missing.detail());
  }
}

using value = std::string_view;

struct flag {
  std::string_view name;
  std::string_view takes;
  void (*set)(options&, value);
};

constexpr flag flags[] = {
    {"--port", "N", [](options& o, value v) { o.port = number<std::uint16_t>(v); }},
    {"--host", "ADDRESS", [](options& o, value v) { o.host = v; }},
    {"--ping-interval", "MS", [](options& o, value v) { o.ping_interval = duration(v); }},
    {"--ping-timeout", "MS", [](options& o, value v) { o.ping_timeout = duration(v); }},
    {"--max-payload", "BYTES", [](options& o, value v) { o.max_payload = number<std::uint32_t>(v); }},
    {"--connect-timeout", "MS", [](options& o, value v) { o.connect_timeout = duration(v); }},
    {"--upgrade-timeout", "MS", [](options& o, value v) { o.upgrade_timeout = duration(v); }},
    {"--threads", "N", [](options& o, value v) { o.threads = number<std::uint16_t>(v); }},
    {"--origins", "LIST", [](options& o, value v) { o.origins = origin_list(v); }},
    {"--recovery", "MS", [](options& o, value v) { o.recovery = duration(v); }},
    {"--redis", "URL", [](options& o, value v) { o.redis = v; }},
    {"--cert", "FILE", [](options& o, value v) { o.certificate = v; }},
    {"--key", "FILE", [](options& o, value v) { o.key = v; }},
    {"--deflate", "BYTES", [](options& o, value v) { o.deflate_threshold = number<std::uint32_t>(v); }},
    {"--client-dir", "DIR", [](options& o, value v) { o.client_directory = v; }},
    {"--parser", "default|msgpack", [](options& o, value v) { o.parser = parser(v); }},
};

const flag& find_flag(std::string_view word) {
  const auto* const found = std::ranges::find(flags, word, &flag::name);
  if (found == std::end(flags)) throw usage_error("unknown argument '" + std::string(word) + "'");
  return *found;
}

bool is_flag(std::string_view word) { return word.starts_with("--"); }

}  // namespace

options parse_options(std::span<char* const> words) {
  options wanted;
  for (auto word = words.begin(); word != words.end(); ++word) {
    const flag& named = find_flag(*word);
    ++word;
    if (word == words.end() || is_flag(*word)) throw usage_error(std::string(named.name) + " needs a value");
    try {
      named.set(wanted, *word);
    } catch (const usage_error& wrong) {
      throw usage_error(std::string(named.name) + ": " + wrong.what());
    }
  }
  if (wanted.certificate.empty() != wanted.key.empty()) throw usage_error("--cert and --key go together");
  return wanted;
}

std::string usage() {
  std::string line = "usage: conformance";
  for (const flag& known : flags) {
    line.append(" [").append(known.name).append(" ").append(known.takes).append("]");
  }
  return line;
}

}  // namespace conformance
