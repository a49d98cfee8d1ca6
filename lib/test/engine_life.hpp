// The knowledge of a client about its own Engine.IO session, and the one that is told of its deeds.

#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace cosio::test::inline v0_2::kit {

/// Virtual time since the world began.
using moment = std::chrono::milliseconds;

/// The time in so long. It does not overflow.
constexpr moment later(moment from, moment by) noexcept {
  return by > moment::max() - from ? moment::max() : from + by;
}

/// One connection of one client, from the handshake to its end, as the client knows it.
struct engine_life {
  std::string name;       // for people
  unsigned revision = 4;  // of Engine.IO
  moment begun{0};
  moment last_beat{0};        // sent when the server could still have missed it, but none before
  moment longest_silence{0};  // between two of them
  bool was_heard = false;     // one of its requests behind the handshake was answered; on WebSocket: it is open
  bool lawful = true;         // has sent only what the protocols allow, and all of it arrived unchanged
  bool leaving = false;       // the client ends it: hangs up, half-closes, says goodbye, vanishes
  bool over = false;          // the client knows that nothing more comes

  /// A heartbeat that was begun at one time has reached the server by another.
  void beat(moment begun_at, moment there_at) noexcept {
    longest_silence = std::max(longest_silence, there_at - last_beat);
    last_beat = begun_at;
  }
  moment silence(moment now) const noexcept { return std::max(longest_silence, now - last_beat); }
};

/// Paths through the code of a client that not every run takes.
enum class engine_feature : std::size_t {
  upgraded,
  deflated_in,      // a compressed message of the server's was heard
  deflated_out,     // a client sent one
  server_takeover,  // … that may refer to an earlier one
  client_takeover,
  small_window,  // of the server's, smaller than zlib's own
  not_offered,   // the server would have compressed, the client does not
  jsonp_in,      // a script was heard
  jsonp_out,     // a form was sent
  jsonp_v3       // a script, by a client of revision 3
};

/// Is told of what a client does.
class engine_watcher {
 public:
  virtual ~engine_watcher() = default;
  /// Something has happened. `words` gives the line for people, and is called only when it is read.
  virtual void note(const std::function<std::string()>& words) = 0;
  virtual void met(engine_feature what) = 0;
};

}  // namespace cosio::test::inline v0_2::kit
