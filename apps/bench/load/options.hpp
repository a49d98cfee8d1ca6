// The command line of the load client.

#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "clock.hpp"

namespace bench {

enum class scenario { connect, idle, echo, ack, broadcast, room, binary, file };

/// The options of the command line, with the defaults of the scenario.
struct options {
  scenario what = scenario::echo;
  std::string name = "echo";  ///< of the scenario, as it was said
  std::string url = "http://127.0.0.1:3000";
  bool resume = false;    ///< TLS: a connection offers the ticket of a former one
  bool compress = false;  ///< WebSockets offer permessage-deflate, and the server must agree
  std::string label;
  transport way = transport::websocket;
  std::uint32_t clients = 0;      ///< 0 until the scenario's default is filled in, as all zeros below
  std::uint32_t concurrent = 64;  ///< handshakes under way at once
  double connect_rate = 0;        ///< clients a second; 0: as fast as `concurrent` lets them
  std::uint32_t outstanding = 0;  ///< unanswered events of each client
  std::uint32_t window = 0;       ///< broadcasts under way
  std::uint32_t rooms = 100;
  std::uint32_t stalled = 0;  ///< of the clients: the last ones, which stop reading once they are in
  std::size_t bytes = 0;      ///< of a payload
  double rate = 0;            ///< events a second, of all clients together; 0: as fast as replies come
  seconds measured{5};
  std::uint64_t count = 0;  ///< events (or broadcasts) in all, instead of a time; 0: until the time is over
  seconds warmup{1};
  seconds hold{3};
  seconds timeout{20};
  std::string event;                ///< empty: the scenario's
  std::string reply;                ///< the event that answers it; empty: the same
  std::optional<std::string> data;  ///< JSON instead of the numbered text, or behind the number of a broadcast; what
                                    ///< comes back is then not compared
  std::uint32_t attachments = 0;    ///< of --bytes each, behind the data of an ack's event
  std::optional<std::string> nsp;   ///< empty: that of the URL
  std::string path;
  std::string auth;
  std::string headers;
  std::vector<pid_t> processes;
  int processor = -1;
  bool spin = false;
  bool json = false;
  bool quiet = false;
  bool on_command = false;  ///< waits for lines of standard input before and behind the events
};

/// Reads the words of main(): `SCENARIO [options]` or `load URL [options]`. `bench --help` lists the options.
///
/// @return the exit code when the program must end now, because help was asked for or an argument is wrong.
std::optional<int> read_options(options& out, int argc, const char* const* argv);

}  // namespace bench
