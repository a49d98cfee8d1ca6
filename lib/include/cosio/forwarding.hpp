// Several servers behind a load balancer that sends every request to any of them: no sticky sessions.
//
//   cosio::forwarding_options settings;
//   settings.node = 2;
//   settings.nodes = {{1, "http://10.0.0.1:3000"}, {2, "http://10.0.0.2:3000"}};
//   settings.secret = read_secret();
//   const cosio::forwarding others(io.engine(), settings);  // before the port is opened
//
// The id of a session then begins with the number of its server. A request of a session of another server is passed on
// to that one, and its answer comes back the same way; an upgrade becomes a tunnel of bytes. docs/balancers.md has the
// costs, and says when sticky sessions are the better choice.
//
// Ask for this header by name.

#pragma once
#include <cosio/engine.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace cosio::inline v0_2 {

namespace engine {
class forwarder;
}

/// The servers of sessions by their number. An address looks like "http://10.0.0.1:3000": a host and a port that other
/// servers can reach, without the load balancer in between.
using node_list = std::map<unsigned, std::string>;

/// Options of a server whose requests may reach another one. All servers have the same list and the same secret.
struct forwarding_options {
  /// The number of this server: 1 to 4,095. No other server has it.
  unsigned node = 0;
  /// All servers, this one among them; or none yet, see forwarding::nodes(). A request for a number that is not in the
  /// list is refused as one of an unknown session. One address for two servers is errc::bad_argument, and so is a list
  /// without this server. Addresses with https: are errc::not_supported.
  node_list nodes = {};
  /// A text of 16 bytes or more that all servers know and nobody else. It is not sent: a request that is passed on
  /// carries a code that was made with it (HMAC-SHA-256). Only such a request is believed about the client's address.
  /// No request with a code is passed on again, also when another secret has made it. Of one session eight requests are
  /// under way at most, so that a wrong list makes no endless loop, whatever a load balancer leaves out; above: 503.
  std::string secret = {};
  /// The most time between the clock of the server that has passed a request on and the clock of this one. A request
  /// beyond it is handled as one of a client, and not passed on, and the log says so: it may have been recorded. From
  /// 1 s on.
  std::chrono::milliseconds max_clock_skew{60'000};

  /// The time to connect to another server. Above: 503. For a second after it, requests to that server get 503 at once.
  std::chrono::milliseconds connect_timeout{2'000};
  /// The time that another server has to take a request, and then to answer it; an answer to a GET that is held has
  /// the time of the heartbeat in addition. Above: 504.
  std::chrono::milliseconds answer_timeout{15'000};
  /// The most requests under way to one server; a polling client has one nearly all the time. Above: 503.
  std::size_t max_requests = 8'192;
  /// The most WebSockets through this server to one other. Above: the upgrade is refused with 503, and the client stays
  /// on polling.
  std::size_t max_tunnels = 8'192;
  /// The most connections to one server that are kept for later requests, for ten seconds.
  std::size_t max_idle = 64;
  /// The most bytes in bodies of requests for other servers, and in the answers of these, that are kept until they have
  /// been read at the other end. Above: 503. Bodies that have not come as a whole have the same bound for
  /// themselves, for the bytes that came; above, those whose first byte came first are answered with 503: a slow client
  /// keeps nobody out.
  std::size_t max_kept_bytes = 268'435'456;
};

/// Checks the options, as forwarding does when it is made.
/// @throws error errc::bad_argument, errc::not_supported. The detail names the option, and says what to write instead.
void validate(const forwarding_options& settings);

/// The requests that a server has passed on since it began.
/// @par Threads  A value.
class forwarding_counts {
 public:
  std::uint64_t requests = 0;  ///< passed on and answered
  std::uint64_t failed = 0;    ///< not answered by their server: answered with 502, 503 or 504
  std::uint64_t refused = 0;   ///< above max_requests, max_tunnels or max_kept_bytes
  std::uint64_t upgrades = 0;  ///< upgrades that became tunnels
  std::uint64_t bytes = 0;     ///< bytes through tunnels that have ended, both directions
  std::size_t under_way = 0;   ///< requests without an answer now
  std::size_t tunnels = 0;     ///< open now
  std::size_t kept_bytes = 0;  ///< in requests and answers that are kept now
};

/// Passes requests of other servers' sessions on to these servers.
///
/// A handle: copies name the same object, which lives as long as the engine does. An engine has one: a second one for
/// the same engine is errc::bad_argument. Where the engine runs on an io_context of the caller, the last handle must
/// end before the io_context.
/// @par Threads  The constructor: before the application listens. The other functions: any.
class forwarding {
 public:
  /// @param on  The engine of a server (server::engine()), or one alone.
  /// @throws error errc::bad_argument as validate() does.
  forwarding(const engine_server& on, forwarding_options settings);

  /// Sets the list of servers anew. It holds for the next request; those under way go on. It may leave this server out,
  /// which then goes.
  /// @throws error errc::bad_argument, errc::not_supported for an address that cannot be read: then nothing is changed.
  void nodes(node_list list) const;
  node_list nodes() const;

  forwarding_counts counts() const noexcept;

 private:
  std::shared_ptr<engine::forwarder> impl_;
};

}  // namespace cosio::inline v0_2
