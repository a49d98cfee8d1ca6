// Every option of servers and engines, with its unit, its default and the effect at its limit.
//
//   cosio::options opts;
//   opts.port = 8080;
//   opts.origins = "https://app.example";
//   cosio::server io(opts);
//
// Times are std::chrono durations, sizes are bytes, "no limit" is an option that is not set, or 0 where its comment
// says so. A server checks all options when it is made: another value that makes no sense is errc::bad_argument.
// Options are copied then; server::origins(), connect_timeout() and others change a few of them later. docs/limits.md
// has the limits in tables, with tests.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/http.hpp>
#include <cosio/origins.hpp>
#include <cosio/question.hpp>
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

namespace cosio::inline v0_2 {

class adapter;
class adapter_host;
class handshake;
class parser;

/// The attribute SameSite of a cookie. `unset` writes no such attribute. Browsers take `none` only with Secure.
enum class same_site { unset, lax, strict, none };

/// Attributes of the session cookie (engine_options::cookie). Defaults are those of Socket.IO for JavaScript.
///
/// The cookie holds the session id and helps load balancers to find the server of a polling client. The server itself
/// never reads it.
/// @par Source  RFC 6265, section 4.1.
struct cookie_options {
  /// Letters, digits and !#$%&'*+-.^_`|~; at least one of them.
  std::string name = "io";
  /// The attribute Path. Empty: no such attribute.
  std::string path = "/";
  /// Whether scripts of pages cannot read the cookie.
  bool http_only = true;
  /// Whether browsers send the cookie with requests of other sites.
  cosio::same_site same_site = cosio::same_site::lax;
  /// Whether browsers send the cookie over TLS only. `none` and `partitioned` need it.
  bool secure = false;
  /// Whether browsers keep the cookie apart for each site that embeds this one (CHIPS).
  bool partitioned = false;
  /// The attribute Domain. Empty: no such attribute, and the cookie is for this host alone.
  std::string domain = {};
  /// The lifetime. Not set: until the browser ends. Browsers prefer it to `expires`.
  std::optional<std::chrono::seconds> max_age = {};
  /// The end of the lifetime as a date, for very old browsers.
  std::optional<std::chrono::system_clock::time_point> expires = {};
};

/// Checks names and attributes, so that no character in them can end the header. Servers and engines call it when they
/// are made.
/// @throws error errc::bad_argument for a character that is not allowed, and for same_site::none or partitioned without
///               secure. The detail names the attribute.
void validate(const cookie_options& options);

/// Makes the value of a Set-Cookie header: "io=abc; Path=/; HttpOnly; SameSite=Lax". Characters of `value` that a
/// cookie cannot hold are percent-encoded.
/// @throws error errc::bad_argument as validate() does.
std::string set_cookie(const cookie_options& options, std::string_view value);

/// Compression of the answers to long-polling GETs: gzip or deflate, as the client prefers.
struct http_compression_options {
  /// Bytes of a body from which on it is compressed. Smaller bodies would hardly shrink.
  std::size_t threshold = 1'024;
};

/// Compression of WebSocket messages (RFC 7692, permessage-deflate), with clients that offer it.
///
/// By default every message is compressed by itself. Then idle connections hold no compressor, and a broadcast is
/// compressed once for all its receivers. With context takeover messages shrink more, for up to 300 kB of memory per
/// connection. A message that is compressed is limited by max_payload both before and after it is inflated.
///
/// Numbers out of their range make the constructor of the server throw errc::bad_argument.
struct deflate_options {
  /// Bytes of a message from which on it is compressed. With server_context_takeover all messages are.
  std::size_t threshold = 1'024;
  /// Whether the server's messages refer to earlier ones. A client may forbid it.
  bool server_context_takeover = false;
  /// Whether the clients' messages may refer to earlier ones. Each such client costs an inflater with its window.
  bool client_context_takeover = false;
  /// 9 to 15: the distance to which the server's messages refer back, as a power of two. 15 is 32 kB.
  int server_max_window_bits = 15;
  /// 8 to 15: the same for the clients' messages. A smaller number binds only clients that say they can keep it.
  int client_max_window_bits = 15;
  /// 1 (fast) to 9 (small).
  int level = 6;
  /// 1 to 9: memory while a message is compressed, from 1 kB to 256 kB.
  int memory_level = 8;
};

/// A limit for the long run, and one for a moment: `rate_limit(10, 50)` lets 50 pass at once, and then ten in a second.
///
/// It is a bucket of tokens: it holds `burst` of them at first and at most, each event (or byte) takes one, and
/// `per_second` of them come back in a second.
class rate_limit {
 public:
  /// No rate yet, as an entry of a map has it before it is assigned. Constructors of servers refuse it.
  rate_limit() noexcept : rate_limit(0, 0) {}
  rate_limit(double in_a_second, double at_once) noexcept : per_second(in_a_second), burst(at_once) {}

  /// Tokens that come back in a second.
  double per_second;
  /// Tokens that the bucket holds.
  double burst;
};

/// Options of an Engine.IO server, alone or under a Socket.IO server.
///
/// @par Source  Engine.IO server options of the same names, in camel case: `ping_interval` is `pingInterval`.
struct engine_options {
  /// The beginning of the path of all requests to this engine. Default: "/engine.io" for an engine alone, "/socket.io"
  /// under a server. Where another server or engine of the same application gets the requests for it, attaching throws
  /// errc::bad_argument.
  std::string path = "/engine.io";
  /// Whether a "/" is added to the path. Without it "/engine.iox" belongs to the engine, too.
  bool add_trailing_slash = true;

  /// The time between two pings. The server pings clients of revision 4; clients of revision 3 ping the server. The
  /// open packet tells it to the client.
  std::chrono::milliseconds ping_interval{25'000};
  /// The time that a client of revision 4 has to answer a ping. Above: the session ends with `ping timeout`. Every
  /// other packet of the client extends it once.
  std::chrono::milliseconds ping_timeout{20'000};
  /// The time by which the ping of a client of revision 3 may be late. Above: `ping timeout`. Not set: ping_timeout,
  /// or 60 s as long as that has its default.
  std::optional<std::chrono::milliseconds> ping_timeout_eio3 = {};
  /// The time from the opening of the WebSocket to the end of the upgrade. Above: the WebSocket is closed, and the
  /// session stays on polling.
  std::chrono::milliseconds upgrade_timeout{10'000};

  /// The most bytes of one message, and of one polling body. Above: the WebSocket closes with code 1009; a POST gets
  /// 413, and its session stays. It is `maxHttpBufferSize` in JavaScript.
  std::size_t max_payload = 1'000'000;
  /// The most packets in one polling body; 0: no limit but max_payload, which clients know and keep. Above: the session
  /// ends with `parse error`. Many packets are handled in turns, between which other clients come.
  std::size_t max_packets = 0;

  /// The most sessions open at once. Above: a handshake gets 403, `limit reached: max_sessions`. 0: no limit, here and
  /// in the next two.
  std::size_t max_sessions = 0;
  /// The most sessions of one client address, as trusted_proxies make it. Of IPv6 the first 64 bits count. Above: 403.
  std::size_t max_sessions_per_address = 0;
  /// The most handshakes of one address that wait for allow_request. Above: 403.
  std::size_t max_handshakes_per_address = 0;
  /// The time that the client of a new polling session has to send its next request (a GET, a POST, or that of an
  /// upgrade) while more than max_silent_sessions wait for theirs; 0: no limit but the heartbeat. Clients do that at
  /// once, and ten seconds are as long as the head of a request may take. Above: the session ends with `forced close`,
  /// and the log says so. So a flood of handshakes keeps memory for a short time only.
  std::chrono::milliseconds first_request_timeout{10'000};
  /// The polling sessions of all addresses whose clients have sent nothing since the handshake, up to which such a
  /// client has the time of the heartbeat (ping_interval and ping_timeout), as with servers for JavaScript. Above:
  /// those of first_request_timeout end. 0: no limit, and first_request_timeout does not count.
  std::size_t max_silent_sessions = 1'000;
  /// The most polling sessions of one address whose clients have sent nothing since the handshake; 0: no limit. Above:
  /// the one that has been silent longest ends with `forced close`, and the newcomer is served. Real clients send their
  /// next request at once. So even behind a proxy that is not trusted, whose clients all have one address, there are
  /// few such sessions at a time, and another client cannot use up their number.
  std::size_t max_silent_sessions_per_address = 10'000;
  /// The bytes in packets that one client may send, and one byte more for each packet. Above: the session ends with
  /// `rate limit exceeded`. Not set: no limit.
  std::optional<rate_limit> max_byte_rate = {};

  /// The transports that clients may use, one or both of these.
  std::vector<std::string> transports = {"polling", "websocket"};
  /// Whether sessions may move from polling to WebSocket.
  bool allow_upgrades = true;
  /// Whether clients of generation 2 (Engine.IO revision 3) may come in. In JavaScript the default is false.
  bool allow_eio3 = true;

  /// The pages that may talk to this server: by default those of its own origin, and clients that are no browser. It
  /// holds for every transport.
  origin_policy origins = {};

  /// The first message of every session, behind the open packet: in polling it comes in the response of the handshake.
  /// Below a Socket.IO server it must be a packet of Socket.IO: its clients can read nothing else.
  std::optional<message> initial_packet = {};

  /// Whether Upgrade requests that no server on the application owns are ended. They get no byte as an answer.
  /// Without this option they stay open as long as the client likes. Of several engines on one application the shortest
  /// time counts.
  bool destroy_upgrade = true;
  /// The time after which they are ended.
  std::chrono::milliseconds destroy_upgrade_timeout{1'000};

  /// A cookie with the session id, sent with the response of the polling handshake. Not set: no cookie.
  std::optional<cookie_options> cookie = {};

  /// Compression of the answers to polling GETs. nullopt turns it off.
  std::optional<http_compression_options> http_compression = http_compression_options();
  /// Compression of WebSocket messages. Not set: off.
  std::optional<deflate_options> per_message_deflate = {};

  /// Decides about each handshake, after all other checks: a plain function, or a coroutine. False refuses with 403. An
  /// exception refuses, too: the client gets the message of a cosio::refusal; any other exception is logged, and the
  /// client gets `internal error`. The request has no body.
  /// @par Strand  The connection's. A slow decision holds up this connection only.
  detail::question<bool, http::request> allow_request = {};

  /// For development: a client that is refused is told the whole cause and the option to change, in place of the short
  /// message that JavaScript servers send.
  bool explain_refusals = false;

  /// The proxies that are believed about the client's address: addresses and networks ("10.0.0.0/8", "::1"). For a
  /// request that comes from one of them, the client is the right-most address in `proxy_header` that is not one of
  /// them. In requests of others that header is ignored. Default: nobody is believed about it.
  ///
  /// An entry that is neither makes the constructor of the server throw errc::bad_argument.
  std::vector<std::string> trusted_proxies = {};
  /// The header that the trusted proxies write: "X-Forwarded-For", the default, or "Forwarded" (RFC 7239). The other
  /// one is ignored: a proxy that does not write it passes on whatever the client wrote there. Anything else makes the
  /// constructor of the server throw errc::bad_argument.
  std::string proxy_header = "X-Forwarded-For";

  /// Bytes in the outbox of one client above which emit() to that client waits; it goes on below half of that. They are
  /// counted as max_queued_bytes says. A number above max_queued_bytes is taken as that.
  /// Broadcasts never wait.
  std::size_t high_water_mark = 1'048'576;
  /// The most bytes in the outbox of one client; 0: no limit. Each packet and each attachment counts 192 bytes more,
  /// the memory around it. Above: the server writes all that the client takes, and the client has 5 s to read. Whenever
  /// it has taken a 256th of this number in that time (by default 65,536 bytes), it has 5 s more: so a line of
  /// 105 kbit/s is fast enough. On long-polling each answer gives 5 s for each such part of it. A client that takes
  /// less and is still above this number is disconnected with `slow consumer`; so is one that is above four times this
  /// number at any time.
  ///
  /// A packet that is larger than this number by itself is queued all the same while no more than this number waits.
  /// It does not count for the packets behind it, nor for max_client_bytes. metrics::kept_bytes shows it. While it
  /// waits, a client that takes less than a 256th of this number in 85 s is a `slow consumer`, too. (85 s are
  /// ping_interval and the longest ping timeout together, that of generation 2 included; it is a minute at least.) But
  /// a packet that sends the same attachment so often that the repetitions alone exceed this number is refused; its
  /// receiver stays.
  std::size_t max_queued_bytes = 16'777'216;
  /// The most handlers of one client that run at once; 0: no limit. A handler that waits for its own client
  /// (emit_with_ack(), once(), disconnected()) does not count. Above: events and messages wait, in order. The client is
  /// read all the same: acknowledgements, heartbeats and its end do not wait.
  ///
  /// Coroutines of hooks are counted apart: those of on_error(), on_disconnect(), on_disconnecting(),
  /// on_any_outgoing(), and those of its session, such as on_packet(). While as many of them run, nothing more is read
  /// from the client. Where all of them wait for the client itself, a missing pong ends its session.
  std::size_t max_handlers_in_flight = 256;
  /// The most bytes of one client's events (raw sessions: messages) that wait for a handler, with the memory around
  /// them; 0: no limit. Above: nothing more is read from this client until half of them have been handled. Where all
  /// its handlers wait for the client itself, three times as many bytes may wait: its answers come behind these. The
  /// events whose handlers run may hold as many bytes, with 1,024 for each handler; above that, further events wait.
  /// Coroutines of hooks may hold as many once more; above that nothing more is read.
  std::size_t max_held_bytes = 10'000'000;
  /// The most memory that the server keeps for one client, of all kinds together: its outbox, the events that wait for
  /// handlers, answers to a room's question that are kept until others have answered, packets whose end has not come,
  /// rooms, namespaces, the head of its first request; 0: no limit. Each kind but the answers
  /// has a smaller limit of its own; the default has room for all of them at once: 16 MiB in the outbox, 10 MB of
  /// events, 10 MB of a packet in parts, and 26 MiB for the rest. A number below max_queued_bytes, max_payload
  /// and twice max_held_bytes together is taken as their sum. Where max_queued_bytes or max_held_bytes is 0, this is no
  /// limit either.
  ///
  /// Above: what would take more is refused: a CONNECT gets the `connect_error` `limit reached: max_client_bytes`, and
  /// join() throws errc::limit_reached. For the outbox, for answers and for input that ends the session.
  std::size_t max_client_bytes = 67'108'864;
  /// The time that a client has to end a WebSocket that the server has closed. Above: the connection is cut. While
  /// server::close() has a deadline, the client has until then at most.
  std::chrono::milliseconds close_timeout{5'000};
};

/// Checks all of an engine's options, as the engine does when it is made: times and numbers in their ranges, names of
/// transports, paths, proxies, the cookie and compression.
/// @throws error errc::bad_argument for the first that is wrong. The detail names it, and says what to write instead.
void validate(const engine_options& settings);
/// Checks one rate. `name` is that of the option, for the message.
void validate(const rate_limit& limit, std::string_view name);

/// Options of connection state recovery: a client whose connection broke comes back as the same socket, with its id,
/// rooms and data, and receives the events that it missed.
///
/// It works for clients of protocol 5, and needs an adapter that keeps sessions, such as the one in memory; with
/// another adapter a line in the log says that clients cannot come back. The limits hold for each namespace.
/// @par Source  Socket.IO, "Connection state recovery". docs/recovery.md tells more.
struct recovery_options {
  /// The time for which a client may be away. Above: it comes back as a new socket.
  std::chrono::milliseconds max_disconnection_duration{120'000};
  /// Whether a client that comes back need not pass the middleware of the namespace again.
  bool skip_middlewares = true;
  /// The most events that are kept for clients that are away. Above: the oldest go, and clients that need them come
  /// back as new sockets.
  std::size_t max_packets = 100'000;
  /// The same in bytes: texts (twice: for the data of an event and for its packet), attachments and names of rooms, and
  /// 256 bytes for each event. Packets for clients of generation 2 are not counted. The sockets that are kept, with the
  /// names of their rooms, have a limit of the same size: the oldest go.
  std::size_t max_bytes = 67'108'864;
  /// The most sockets that are kept. Above: the oldest go.
  std::size_t max_sessions = 100'000;
};

/// The order in which the events of one socket are handled.
enum class handler_order {
  /// Handlers start in the order of the events. While one waits, the next event is handled.
  concurrent,
  /// The next event waits until all handlers of the event before have ended; see nsp::sequential.
  sequential
};

namespace detail {

/// The engine's options as a server has them: on another path. Users' files need not compile how they are copied.
class server_engine_options : public engine_options {
 public:
  server_engine_options();
  server_engine_options(const server_engine_options& other);
  server_engine_options(server_engine_options&& other) noexcept;
  server_engine_options& operator=(const server_engine_options& other);
  server_engine_options& operator=(server_engine_options&& other) noexcept;
  ~server_engine_options();
};

}  // namespace detail

/// Options of a Socket.IO server. The engine's options are among them.
///
/// An aggregate: `cosio::server io({.port = 8080, .serve_client = false})`. C++ lets only the options below be named
/// so; those of the engine are assigned. With -Wextra GCC warns there of the base, which has no name to write
/// (-Wmissing-field-initializers): assign the options, or turn this warning off. The other structs of options have no
/// base, and give no warning.
struct options : detail::server_engine_options {
  /// The address of a server that owns its port; see http::app_options::host. This option and the next five do nothing
  /// for a server that shares the port of an application.
  std::string host = "0.0.0.0";
  /// The port; 0 picks a free one, which listen() returns.
  std::uint16_t port = 3000;
  /// Whether other processes may listen on the same port; see http::app_options::reuse_port.
  bool reuse_port = false;
  /// Listening sockets that other programs have opened, in place of host and port; see http::app_options::sockets.
  std::vector<int> sockets = {};
  /// The number of threads that run() uses: 1,024 at most. 0: as many as processors.
  unsigned threads = 0;
  /// Set: HTTPS and WSS instead of HTTP and WS.
  std::optional<http::tls_options> tls = {};

  /// Whether the browser bundles of the client are served under the path: "/socket.io/socket.io.js" and others.
  bool serve_client = true;
  /// A folder with other bundles of the same names, in place of those that are built in. Empty: those built in.
  /// A folder that does not exist makes attaching throw errc::bad_argument.
  std::string client_directory = {};

  /// The path on which every port of the server answers GET with its metrics as OpenMetrics text. Empty: nowhere.
  /// Anybody who reaches the port can read them.
  std::string metrics_path = {};

  /// The time in which a new session must join a namespace. Above: the session ends with `forced close`.
  std::chrono::milliseconds connect_timeout{45'000};

  /// The most attachments of one packet: binary that travels as a message of its own, as it does with the default
  /// parser. 0: no limit. Above: the session that sent it ends with `forced close`, and emit() throws
  /// errc::bad_argument. Clients of JavaScript (socket.io-parser 4.2.6 and later) close their connection above 10:
  /// raise it only when all clients take more. Binary of MessagePack does not count, because bytes limit it.
  std::size_t max_attachments = 10;
  /// The most bytes of one packet, text and attachments together; 0: no limit. Each binary value of MessagePack counts
  /// 256 bytes more. Above: the session that sent it ends with `forced close`.
  std::size_t max_packet_bytes = 10'000'000;
  /// The most levels of arrays and objects in each other: 1 to 10,000. With MessagePack no more than 1,024. Above: the
  /// session that sent them ends with `forced close`.
  std::size_t max_json_depth = 1'024;
  /// The most namespaces that one client may join; 0: no limit. Above: `connect_error`, `too many namespaces`.
  std::size_t max_namespaces_per_client = 1'000;
  /// The most rooms of one socket, besides the room of its id; 0: no limit. Above: join() throws errc::limit_reached,
  /// and sockets_join() passes the socket by.
  std::size_t max_rooms_per_client = 10'000;
  /// The most listeners of one socket; 0: no limit. Above: on(), and once() with a handler, throw errc::limit_reached.
  std::size_t max_listeners_per_socket = 1'000;
  /// The most acknowledgements that one socket owes; 0: no limit. Above: emit_with_ack() throws errc::limit_reached,
  /// and nothing is sent.
  std::size_t max_pending_acks = 10'000;

  /// The events that one client may send, in all its namespaces. An event above the limit reaches no handler. A client
  /// that asked for an acknowledgement gets `{"message":"rate limit exceeded: …"}` (answer_refused_events), and
  /// on_error is told of the first of them. Not set: no limit.
  /// CONNECT packets may come as often, and are counted apart; above the limit they get the `connect_error`
  /// `rate limit exceeded: …`. A client that comes back joins all its namespaces at once: the burst must allow that.
  std::optional<rate_limit> max_event_rate = {};
  /// The same for single events, by name. An event that is refused by its name does not count for max_event_rate. The
  /// name "connect" is for CONNECT packets, in place of max_event_rate.
  std::map<std::string, rate_limit, std::less<>> max_event_rates = {};

  /// The event that tells the sockets of a client that its credentials expire soon (client::expires_at). Its argument
  /// is the number of milliseconds that are left. An empty name sends nothing.
  std::string credentials_event = "credentials_expiring";
  /// The time between that event and the end.
  std::chrono::milliseconds credentials_notice{30'000};

  /// The order of handlers in every namespace on which sequential() was not called.
  handler_order handlers = handler_order::concurrent;

  /// Whether an event that a packet middleware or a rate refuses is acknowledged with `{"message":…,"data":…}`, if the
  /// client asked for an acknowledgement. Otherwise it is never answered.
  bool answer_refused_events = true;
  /// Whether an event whose handler fails is acknowledged with `{"message":…,"data":…}`, if the client asked for an
  /// acknowledgement: with message and data of the cosio::refusal that the handler threw, with `internal error` for any
  /// other exception, and with `the arguments do not fit` where they fit no handler. With explain_refusals the
  /// cause follows. An answer of a handler counts before a failure: where several handlers of the event run, the first
  /// failure is told when all have ended and none has answered. Servers for JavaScript send nothing.
  bool answer_failed_events = false;

  /// Says who a client is, from the first request of its session: a plain function, or a coroutine. The result is in
  /// handshake().eos().
  ///
  /// It is asked once for each client, when that joins its first namespace, before the middleware. An exception
  /// refuses: the client gets the message and the data of a cosio::refusal as its `connect_error` (protocol 4: ERROR);
  /// any other exception is logged, and the client gets `internal error`. A new try asks again.
  /// @par Strand  The client's.
  detail::question<boost::json::value, http::request> identify = {};

  /// Makes the ids of sockets: it is told the name of the namespace and the handshake, `(std::string, handshake)`. Not
  /// set: 20 random characters, and for clients of generation 2 the id of their session. These clients do not hear of
  /// another id.
  ///
  /// It is asked once for each socket, before the middleware; a socket that is recovered keeps its id. An id is public,
  /// and the name of a room: no client must be able to choose it. An id that is empty, or that another socket of the
  /// namespace has at this time, refuses the client, as an exception does: with `internal error`. The log says why.
  /// @par Strand  The client's.
  detail::question<std::string, std::string, handshake> generate_socket_id = {};

  /// Whether namespaces that were made by a pattern or a predicate go when their last socket has left. A namespace that
  /// no socket has ever joined goes in any case.
  bool cleanup_empty_child_namespaces = false;
  /// The most namespaces that patterns and predicates make for clients; 0: no limit. Above: the one that has been empty
  /// longest goes. When none is empty, the client gets `connect_error`, `too many namespaces`.
  std::size_t max_child_namespaces = 10'000;

  /// Set: clients whose connection broke may come back as the same socket.
  std::optional<recovery_options> connection_state_recovery = {};

  /// The parser for all clients of this server. Null: that of Socket.IO, JSON text with binary attachments. See
  /// <cosio/parser.hpp>.
  std::shared_ptr<const cosio::parser> parser = {};

  /// Makes the adapter of each namespace, when the namespace is made. Empty: rooms in memory. See <cosio/adapter.hpp>
  /// and <cosio/redis.hpp>.
  std::function<std::shared_ptr<cosio::adapter>(adapter_host&)> adapter = {};
};

/// Checks all of a server's options, as the server does when it is made, and those of its engine with them.
/// @throws error errc::bad_argument for the first that is wrong. The detail names it, and says what to write instead.
void validate(const options& settings);

}  // namespace cosio::inline v0_2
