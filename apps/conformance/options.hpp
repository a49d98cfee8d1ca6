// The command line: the options of the conformance app, and their defaults.

#pragma once
#include <cosio/parser.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conformance {

/// The options of the command line. The defaults are those that the public protocol suites expect.
struct options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3000;            ///< 0 picks a free one
  bool reuse_port = false;              ///< other processes may listen on it
  std::chrono::milliseconds spread{0};  ///< over which clients leave at the end
  std::chrono::milliseconds ping_interval{300};
  std::chrono::milliseconds ping_timeout{200};
  std::chrono::milliseconds connect_timeout{1'000};
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::size_t max_payload = 1'000'000;  ///< bytes
  unsigned threads = 0;                 ///< 0: as many as processors
  std::vector<std::string> origins;     ///< allowed by CORS, with credentials; none named: all, without credentials
  std::optional<std::chrono::milliseconds> recovery;  ///< how long a client may be away and come back
  unsigned node = 0;                                  ///< its number among servers that pass requests on; 0: alone
  std::string nodes;                                  ///< those servers: "1=http://127.0.0.1:3001,2=…"
  std::string adapter = "classic";                    ///< how other servers are met
  std::string broker;                                 ///< URL of where they are met; empty: alone
  std::string client_directory;                       ///< browser files served instead of those built in
  std::shared_ptr<const cosio::parser> parser;        ///< of the Socket.IO server; null: the default one
  std::string certificate;                            ///< HTTPS and WSS; with its key
  std::string key;
  std::optional<std::uint32_t> deflate_threshold;  ///< permessage-deflate is offered for messages from so many bytes on
};

/// Reads the words of main() into `out`. `conformance --help` lists the options.
///
/// @return the exit code when the program must end now: help was asked for, or an option is unknown, lacks its value or
///         has a wrong one; a certificate comes without its key, or a key without its certificate.
std::optional<int> read_options(options& out, int argc, const char* const* argv);

}  // namespace conformance
