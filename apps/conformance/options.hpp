// The command line: every flag of the conformance app, its default, and what it means when one of them is wrong.

#pragma once
#include <cosio/parser.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

/// The options of the command line. The defaults are those that the public protocol suites expect.
struct options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3000;  ///< 0 picks a free one
  std::chrono::milliseconds ping_interval{300};
  std::chrono::milliseconds ping_timeout{200};
  std::chrono::milliseconds connect_timeout{1'000};
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::size_t max_payload = 1'000'000;  ///< bytes
  unsigned threads = 0;                 ///< 0: as many as processors
  std::vector<std::string> origins;     ///< allowed by CORS, with credentials; none named: all, without credentials
  std::optional<std::chrono::milliseconds> recovery;  ///< how long a client may be away and come back
  std::string redis;                                  ///< URL of the Redis where other servers are met; empty: alone
  std::string client_directory;                       ///< browser files served instead of those built in
  std::shared_ptr<const cosio::parser> parser;        ///< of the Socket.IO server; null: the default one
  std::string certificate;                            ///< HTTPS and WSS; with its key
  std::string key;
  std::optional<std::uint32_t> deflate_threshold;  ///< permessage-deflate is offered for messages from so many bytes on
};

/// A command line that cannot be obeyed; says which word is wrong.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the words after the program's name. A flag that comes twice: the last one wins.
///
/// @throws usage_error for an unknown flag, a flag without its value, a number that is none, a stray word, and a
///         certificate without its key or the other way round.
options parse_options(std::span<char* const> words);

/// One line with all flags.
std::string usage();

}  // namespace conformance
