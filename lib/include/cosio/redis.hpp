// The Redis adapter: several servers that share a Redis become one cluster, with common rooms and broadcasts.
//
//   options.adapter = cosio::redis_adapter();
//
// Ask for this header by name; docs/guarantees.md says what a cluster promises.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace cosio::inline v0_2 {

class cluster_event;
class cluster_wire;

/// Options of the Redis adapter. Names and defaults of `key`, `requests_timeout` and
/// `publish_on_specific_response_channel` are those of Node's @socket.io/redis-adapter. The others are new: Node's
/// adapter is given connections in place of them.
struct redis_options {
  /// The address of Redis:
  ///
  ///     redis://[[user]:password@]host[:port][/database]                 rediss:// the same over TLS
  ///     unix:///path/of/the/socket[?db=database]                         or redis+unix://
  ///     redis+sentinel://host[:port][,host[:port]…]/master[/database]    the master that these Sentinels know
  ///     redis+cluster://host[:port][,host[:port]…]                       a Redis Cluster, by some of its nodes
  ///
  /// `rediss+sentinel:` and `rediss+cluster:` are the same over TLS. Publish/Subscribe knows no databases, so servers
  /// with different numbers meet all the same.
  std::string url = "redis://127.0.0.1:6379";
  /// The beginning of every channel's name. Servers with the same key, on the same Redis, are one cluster.
  std::string key = "socket.io";
  /// The time that other servers have to answer a request, such as fetch_sockets(), when timeout() was not called. The
  /// question to Redis how many servers there are is a part of it.
  std::chrono::milliseconds requests_timeout{5'000};
  /// Whether answers go only to the server that asked, in place of a channel that all servers read. All servers of the
  /// cluster must listen for that; those of Node do since @socket.io/redis-adapter 7.1.
  bool publish_on_specific_response_channel = false;

  /// The bytes of messages whose publication Redis has not confirmed. Above it, what is emitted does not reach other
  /// servers, and counts as lost. A message of up to 64 MB for which nothing waits is
  /// sent anyway. 0: no limit.
  std::size_t max_pending_bytes = 16 * 1024 * 1024;
  /// The time between two PINGs on a connection, and the time that Redis has for any reply. A Redis that is silent for
  /// longer is lost: the connection is closed, and made again.
  std::chrono::milliseconds ping_interval{5'000};
  /// The name of the connections in CLIENT LIST. Empty: none.
  std::string client_name = "cosio";

  /// `rediss:`: a file of the authorities (PEM) that may have signed the certificate of Redis. Empty: the system's.
  std::string ca_file = {};
  /// `rediss:`: the certificate (PEM, with its chain) that Redis asks for, and its key. Empty: none.
  std::string cert_file = {};
  std::string key_file = {};
  /// `rediss:`: whether the certificate of Redis is verified, and the host's name in it. False: anybody between this
  /// server and Redis can read and change everything.
  bool verify_certificate = true;

  /// `redis+sentinel:`: the user and the password of the Sentinels; those in the URL are the master's.
  std::string sentinel_user = {};
  std::string sentinel_password = {};

  /// The channel of programs in Python that publish with python-socketio's `RedisManager(write_only=True)`: "socketio",
  /// unless they choose another one. Every server of the cluster reads it, and applies to its own sockets what such a
  /// program emits, and whom it moves or disconnects. Callbacks are ignored. Programs need python-socketio 5.14 or
  /// newer. Empty: nothing is read.
  std::string python_channel = {};

  /// A function that is told of what happens between this server and Redis; see cluster_event of <cosio/cluster.hpp>:
  /// - broker_lost, broker_restored: Redis cannot be reached, or does not answer, and is there again, after a gap of
  ///   that length. Publish/Subscribe keeps nothing, so what other servers sent meanwhile is lost.
  /// - not_published: a message did not reach Redis, and so no other server.
  ///
  /// redis_adapter() tells of no server that joins or leaves: its protocol counts servers, and knows none of them. The
  /// function is called on any thread, without a lock, and must not wait. Its exceptions are logged.
  std::function<void(const cluster_event&)> on_event = {};
};

/// Makes the factory for options.adapter.
///
/// The adapter speaks the protocol of Node's @socket.io/redis-adapter 7 and 8 (classic Publish/Subscribe), so that C++
/// and Node servers share a cluster, and it understands @socket.io/redis-emitter. One pair of connections serves all
/// namespaces of a server.
///
/// A connection counts when Redis has taken the greeting and has confirmed every subscription. When Redis cannot be
/// reached, does not reply, loads its data, or refuses the password or a subscription, the adapter tries again, after
/// 100 ms at first and then after longer pauses of up to five seconds. The log says it once, and once when Redis is
/// there again. Meanwhile events go to this server's own clients only, and requests to other servers throw
/// errc::disconnected. Events that other servers sent meanwhile are lost, because Publish/Subscribe remembers nothing.
///
/// An event of more than 1,022 levels of arrays and objects, and a room whose name is no UTF-8, cannot be read by other
/// servers: emit() and the like throw errc::bad_argument, unless they are local().
///
/// Polling clients need a load balancer that always takes them to the same server, or <cosio/forwarding.hpp>.
/// @throws error errc::bad_argument for a URL or a file that cannot be read; errc::not_supported when the library was
///               built without hiredis or nlohmann-json.
/// @par Threads  The factory may be used by one server: its namespaces share the connections.
/// @par Source   @socket.io/redis-adapter 8, "Protocol".
std::function<std::shared_ptr<adapter>(adapter_host&)> redis_adapter(redis_options where = redis_options());

/// How the sharded Redis adapter uses channels of rooms. All servers of a cluster must use the same mode, those of Node
/// included: there `static`, `dynamic` and `dynamic-private`.
enum class subscription_mode {
  /// One channel for each namespace. Every server gets every event.
  static_,
  /// One more channel for each room, but not for the rooms of ids of sockets: a server gets the events of the rooms in
  /// which it has sockets. Events for a room whose name has 20 characters, as ids have, go to all servers; so do events
  /// for the id of a client of Engine.IO 3, when a server of this library sends them.
  dynamic,
  /// A channel for each room, those of ids of sockets included. For servers that send many private events to sockets of
  /// other servers.
  dynamic_private
};

/// Options of the sharded Redis adapter. Names and defaults are those of createShardedAdapter() of Node's
/// @socket.io/redis-adapter.
struct sharded_options {
  /// Where Redis is, the limits of the connections, and requests_timeout. Its members `key` and
  /// `publish_on_specific_response_channel` do not count.
  redis_options redis = {};
  /// The beginning of every channel's name. Servers with the same prefix, on the same Redis, are one cluster.
  std::string channel_prefix = "socket.io";
  /// The rooms that have a channel of their own.
  subscription_mode mode = subscription_mode::dynamic;
};

/// Makes the factory for options.adapter: the adapter for Redis 7 with sharded Publish/Subscribe.
///
/// On a Redis Cluster each channel lives on one master, so the load is shared; the classic adapter's messages go to all
/// of them. It speaks the protocol of createShardedAdapter() of Node's @socket.io/redis-adapter 8. When socket::join()
/// or nsp::sockets_join() makes the first member of a room, it completes when Redis has confirmed the room's channel.
///
/// Without Redis it behaves as redis_adapter() does. Connection state recovery does not work with it.
/// @throws error errc::bad_argument for a URL or a file that cannot be read; errc::not_supported when the library was
///               built without hiredis or nlohmann-json.
/// @par Threads  The factory may be used by one server: its namespaces share the connections.
/// @par Source   @socket.io/redis-adapter 8.3, ShardedRedisAdapter.
std::function<std::shared_ptr<adapter>(adapter_host&)> sharded_redis_adapter(sharded_options where = sharded_options());

/// Makes the factory for the wire of this adapter, for cluster_adapter() of <cosio/cluster.hpp>. It throws the same.
std::function<std::shared_ptr<cluster_wire>(adapter_host&)> sharded_redis_wire(
    sharded_options where = sharded_options());

/// Options of the Redis Streams adapter. Names and defaults are those of Node's @socket.io/redis-streams-adapter, but
/// for those that say otherwise.
struct streams_options {
  /// Where Redis is, the limits of the connections, and requests_timeout. Its members `key` and
  /// `publish_on_specific_response_channel` do not count.
  redis_options redis = {};
  /// The key of the stream. Servers with the same name, on the same Redis, are one cluster.
  std::string stream_name = "socket.io";
  /// The number of streams, among which the namespaces are shared out; from 1 to 1,024. All servers must have the same.
  /// With more than one the keys are `<stream_name>-0`, `<stream_name>-1` and so on, and each has a connection of its
  /// own. Some namespaces have a stream that servers of Node write to and do not read; the log says so.
  unsigned stream_count = 1;
  /// The beginning of the names of the channels on which requests and answers travel. Servers of Node with the classic
  /// adapter, on the same Redis, must have another `key`: they end when they receive such a request.
  std::string channel_prefix = "socket.io";
  /// Whether requests and answers travel by sharded Publish/Subscribe, which needs Redis 7.
  bool use_sharded_pub_sub = false;
  /// The entries that Redis keeps in a stream, about: more than this number, and fewer than some hundred above it. They
  /// bound the time for which a client can be away: with 1,000 events in a second, 10,000 entries are ten seconds.
  std::size_t max_len = 10'000;
  /// In place of max_len, the age up to which Redis keeps entries, about. Zero: max_len counts. Needs Redis 6.2. It is
  /// not an option of Node's adapter; the servers of Node that share the stream trim it by their own max_len.
  std::chrono::milliseconds max_age{0};
  /// The most entries that Redis sends at once.
  std::size_t read_count = 100;
  /// The time for which Redis waits for an entry before it answers that there is none.
  std::chrono::milliseconds block_time{5'000};
  /// The beginning of the keys of sessions that may come back.
  std::string session_key_prefix = "sio:session:";
};

/// Makes the factory for options.adapter: the adapter over Redis Streams. Connection state recovery works across
/// servers with it.
///
/// Events travel through a stream, which keeps them: a server that was cut off from Redis goes on where it stopped, and
/// a client that comes back to another server, of this library or of Node, gets what it has missed; see
/// options.connection_state_recovery. It speaks the protocol of Node's @socket.io/redis-streams-adapter 0.3.
///
/// The session of a client is in Redis meanwhile, with its rooms and the application's data. Whoever can read Redis can
/// read it. Each server keeps the events that it has read in memory, too, within the limits of
/// options.connection_state_recovery, so that most clients that come back cost no walk over the stream.
///
/// Without Redis events go to this server's own clients only, and requests to other servers throw errc::disconnected.
/// @throws error errc::bad_argument for a URL or a file that cannot be read, or a number out of its range;
///               errc::not_supported when the library was built without hiredis or nlohmann-json.
/// @par Threads  The factory may be used by one server: its namespaces share the connections.
/// @par Source   @socket.io/redis-streams-adapter 0.3.1.
std::function<std::shared_ptr<adapter>(adapter_host&)> redis_streams_adapter(streams_options where = streams_options());

/// Makes the factory for the wire of this adapter, for cluster_adapter() of <cosio/cluster.hpp>. It throws the same.
std::function<std::shared_ptr<cluster_wire>(adapter_host&)> redis_streams_wire(
    streams_options where = streams_options());

}  // namespace cosio::inline v0_2
