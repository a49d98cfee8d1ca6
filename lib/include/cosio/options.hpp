// Every option, its unit and its default.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/http.hpp>
#include <cosio/origins.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio {

class adapter;
class adapter_host;
class parser;

enum class same_site { unset, lax, strict, none };

/// Attributes of a cookie; the defaults are the reference's.
struct cookie_options {
  std::string name = "io";
  std::string path = "/";  ///< empty: no Path attribute
  bool http_only = true;
  cosio::same_site same_site = cosio::same_site::lax;
  bool secure = false;
  bool partitioned = false;
  std::string domain;  ///< empty: no Domain attribute
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// Checks names and attributes, so that nothing in them can break out of the header.
/// @throws error errc::bad_argument: what is wrong and where.
void validate(const cookie_options& options);

/// The value of a Set-Cookie header: "io=abc; Path=/; HttpOnly; SameSite=Lax". `value` is percent-encoded where it must
/// be.
/// @throws error errc::bad_argument as validate() does.
std::string set_cookie(const cookie_options& options, std::string_view value);

/// Compression of the answers to long-polling GETs: gzip or deflate, as the client prefers.
struct http_compression_options {
  std::size_t threshold = 1'024;  ///< bytes from which on an answer is compressed
};

/// Compression of WebSocket messages (RFC 7692, permessage-deflate), with clients that offer it.
///
/// By default every message is compressed by itself: then idle connections hold no compressor, and a broadcast is compressed once for
/// all its receivers. With context takeover messages shrink more, for up to 300 kB of memory per connection.
struct deflate_options {
  std::size_t threshold = 1'024;  ///< bytes from which on a message is compressed; with server_context_takeover all are
  bool server_context_takeover = false;  ///< what we send refers to earlier messages, unless the client forbids it
  bool client_context_takeover = false;  ///< what clients send may do so
  int server_max_window_bits = 15;       ///< 9 to 15: how far back what we send refers, as a power of two
  int client_max_window_bits = 15;       ///< 8 to 15; smaller ones bind only clients that say they can
  int level = 6;                         ///< 1, fast, to 9, small
  int memory_level = 8;                  ///< 1 to 9: memory while compressing, from 1 kB to 256 kB
};

/// So much in the long run, and so much at once: `rate_limit(10, 50)` lets 50 pass, and then ten in a second.
class rate_limit {
 public:
  rate_limit(double in_a_second, double at_once) noexcept : per_second(in_a_second), burst(at_once) {}

  double per_second;
  double burst;
};

/// Options of an Engine.IO server.
struct engine_options {
  /// What requests must begin with; a trailing '/' is added. Alone, an engine uses "/engine.io"; under a server "/socket.io".
  std::string path = "/engine.io";
  bool add_trailing_slash = true;  ///< without it, "/engine.iox" is below the path, too

  std::chrono::milliseconds ping_interval{
      25'000};  ///< clients are told; revision 4 is pinged this often, revision 3 pings
  std::chrono::milliseconds ping_timeout{20'000};       ///< how long clients of revision 4 may take to answer a ping
  std::chrono::milliseconds ping_timeout_eio3{60'000};  ///< how late pings of clients of revision 3 may be
  std::chrono::milliseconds upgrade_timeout{10'000};    ///< from the opening of the WebSocket to the end of the upgrade

  std::size_t max_payload =
      1'000'000;  ///< bytes of one message, and of one polling body (the reference's maxHttpBufferSize)
  std::size_t max_packets = 1'000;  ///< packets in one polling body

  std::size_t max_sessions = 0;                ///< open at once; 0: no limit. Likewise below
  std::size_t max_sessions_per_address = 0;    ///< of one client address (of IPv6 a /64), as trusted_proxies tell it
  std::size_t max_handshakes_per_address = 0;  ///< that wait for allow_request
  std::optional<rate_limit>
      max_byte_rate;  ///< bytes in packets of one client; above it the session is closed: `rate limit exceeded`

  std::vector<std::string> transports = {"polling", "websocket"};  ///< those that clients may use
  bool allow_upgrades = true;                                      ///< from polling to WebSocket
  bool allow_eio3 = true;                                          ///< clients of generation 2 (Engine.IO revision 3)

  /// Which pages may talk to this server: by default those of its own origin, and clients that are no browser.
  origin_policy origins;

  /// The first message of every session, right behind the open packet: with the response of the polling handshake.
  std::optional<message> initial_packet;

  /// Upgrade requests of the same application that nobody owns get no byte. They are ended after this time; without destroy_upgrade they
  /// stay open as long as the client likes. Of several engines on one application the shortest time counts.
  bool destroy_upgrade = true;
  std::chrono::milliseconds destroy_upgrade_timeout{1'000};

  /// Sent with the polling handshake; for load balancers.
  std::optional<cookie_options> cookie;

  std::optional<http_compression_options> http_compression = http_compression_options();  ///< nullopt: never
  std::optional<deflate_options> per_message_deflate;                                     ///< off unless set

  /// Asked for every handshake, after the other checks. False refuses with 403; an exception refuses with its message.
  std::function<task<bool>(http::request)> allow_request;

  /// For development: who is refused is told why in full, and what to change here, instead of the reference's short message.
  bool explain_refusals = false;

  /// Proxies whose word about the client's address is taken: addresses and networks ("10.0.0.0/8", "::1"). For requests that come from one of them,
  /// the address is the right-most one in `X-Forwarded-For` (or, without that, `Forwarded`) that is not one of them either. From everybody else
  /// these headers are not believed. @throws error errc::bad_argument, where a server is made, for what is neither.
  std::vector<std::string> trusted_proxies;

  std::size_t high_water_mark = 1'048'576;  ///< bytes queued for one client above which emit() waits
  std::size_t max_queued_bytes =
      16'777'216;  ///< bytes queued for one client above which it is disconnected: reason `slow consumer`
  std::chrono::milliseconds close_timeout{5'000};  ///< how long a closed client may take to go
};

/// Connection state recovery: a client whose connection broke comes back as the same socket, and receives what it missed.
/// Needs an adapter that keeps sessions, such as the one in memory; what is kept is counted per namespace.
struct recovery_options {
  std::chrono::milliseconds max_disconnection_duration{120'000};  ///< how long a client may be away
  bool skip_middlewares = true;                                   ///< of the namespace, for a client that comes back
  std::size_t max_packets = 100'000;   ///< kept for clients that are away; above it the oldest go
  std::size_t max_bytes = 67'108'864;  ///< the same in bytes
  std::size_t max_sessions = 100'000;  ///< clients that are away
};

/// How the events of one socket are handled.
enum class handler_order {
  concurrent,  ///< in order, but when a handler waits, the next event is handled
  sequential   ///< one at a time; see nsp::sequential
};

/// Options of a server.
struct options : engine_options {
  options() { path = "/socket.io"; }

  std::string host = "0.0.0.0";          ///< of a server that owns its port
  std::uint16_t port = 3000;             ///< 0 picks a free one
  unsigned threads = 0;                  ///< 0: as many as processors
  std::optional<http::tls_options> tls;  ///< of a server that owns its port: HTTPS and WSS instead of HTTP and WS

  bool serve_client = true;      ///< the browser bundles, under the path
  std::string client_directory;  ///< serve them from here instead of those built in

  /// Answers GET on this path of every port that the server is attached to with its metrics as OpenMetrics text; empty: nowhere. Anybody who
  /// reaches the port can read them.
  std::string metrics_path;

  std::chrono::milliseconds connect_timeout{45'000};  ///< a session that joins no namespace by then is closed

  std::size_t max_attachments = 64;           ///< per packet
  std::size_t max_packet_bytes = 10'000'000;  ///< text and attachments of one packet together
  std::size_t max_json_depth = 1'024;
  std::size_t max_namespaces_per_client = 100;
  std::size_t max_handlers_in_flight = 256;  ///< per client; above it, reading pauses
  std::size_t max_rooms_per_client =
      0;  ///< of one socket, besides its own; 0: no limit. join() throws errc::limit_reached
  std::size_t max_listeners_per_socket = 1'000;  ///< 0: no limit. on() throws errc::limit_reached
  std::size_t max_pending_acks =
      10'000;  ///< that one client owes; 0: no limit. emit_with_ack() throws errc::limit_reached

  /// Events of one client, and those of one name, in all its namespaces. An event above a limit reaches no handler; who asked for an acknowledgement
  /// gets `{"message":"rate limit exceeded: …"}` (answer_refused_events), and on_error is told of the first of them.
  std::optional<rate_limit> max_event_rate;
  std::map<std::string, rate_limit, std::less<>> max_event_rates;

  /// Before the credentials of a client expire (client::expires_at) its sockets receive this event, with the milliseconds that are left.
  /// An empty name sends nothing.
  std::string credentials_event = "credentials_expiring";
  std::chrono::milliseconds credentials_notice{30'000};  ///< how long before

  handler_order handlers = handler_order::concurrent;  ///< of every namespace that says nothing else

  /// Whether an event that a packet middleware (socket::use) refuses is acknowledged, if the client asked for that, with `{"message":…,"data":…}`.
  /// Otherwise it is never answered.
  bool answer_refused_events = true;

  /// Says who a client is, from its session's first request; what it returns is in handshake().eos(). Asked once for each client, when it joins its
  /// first namespace, before the middleware. What it throws refuses: the client gets the message (and a refusal's data) as its `connect_error`
  /// (protocol 4: ERROR), and is asked about again when it tries again.
  std::function<task<boost::json::value>(http::request)> identify;

  bool cleanup_empty_child_namespaces = false;  ///< namespaces made by a pattern or predicate go with their last socket

  std::optional<recovery_options> connection_state_recovery;  ///< off unless set

  /// How packets become messages, for all clients of this server; null: the default of Socket.IO, JSON text with binary attachments.
  std::shared_ptr<const cosio::parser> parser;

  /// Makes the adapter of each namespace; empty: rooms in memory.
  std::function<std::shared_ptr<cosio::adapter>(adapter_host&)> adapter;
};

}  // namespace cosio
