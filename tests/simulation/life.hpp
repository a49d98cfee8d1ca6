// One connection of one person, from the handshake to its end, as the client knows it: what may be asked of the server
// depends on what the client has done.

#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulation/kit.hpp"

namespace cosio::simulation {

struct life : test::kit::engine_life {
  std::uint64_t number = 0;
  std::size_t person = 0;
  struct credentials {
    moment set{0};
    moment end{0};
  };
  std::vector<credentials> had;   // everything that the application has said of them
  std::optional<moment> expires;  // the last word

  struct bucket {
    double left = 0;
    moment filled{0};
  };
  std::map<std::string, bucket, std::less<>> buckets;    // of the rates that the server keeps to
  std::map<std::string, std::size_t, std::less<>> said;  // commands, by name; under "" all of them
  bool msgpack = false;                                  // the parser of both ends
  bool too_slow = false;                                 // the server could not queue something for it any more
  bool was_near_limit = false;                           // its queue was almost full once
  bool held = false;                                     // events of it wait for room, at present
  bool paused = false;                                   // it is not read, at present
  bool was_paused = false;                               // … or was so once: heartbeats may have been unread
  bool may_be_refused = false;                           // the memory for clients has a small limit, and it was reached
  bool sent_away = false;  // the server has been told to disconnect it, or one of its sockets
};

}  // namespace cosio::simulation
