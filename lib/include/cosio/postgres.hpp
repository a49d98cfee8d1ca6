// The PostgreSQL adapter: several servers that share a database become one cluster, with common rooms and broadcasts.
//
//   cosio::postgres_options where;
//   where.url = "postgresql://me:secret@db.internal/app";
//   options.adapter = cosio::postgres_adapter(where);
//
// Ask for this header by name; docs/guarantees.md says what a cluster promises.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/cluster.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace cosio::inline v0_2 {

/// Options of the PostgreSQL adapter. Names and defaults are those of Node's @socket.io/postgres-adapter. `url`,
/// `create_table` and `max_pending_bytes` are new: Node's adapter is given connections in place of the first.
struct postgres_options {
  /// The database, as libpq reads it: `postgresql://[user[:password]@][host][:port][,…][/database][?name=value&…]`, or
  /// `host=… port=… dbname=… user=… password=…`. All settings of libpq are there, such as `sslmode=verify-full` and
  /// `target_session_attrs=primary`, and so are its environment variables and its password file. Hosts that a service
  /// file names are resolved by libpq, which blocks the thread meanwhile.
  ///
  /// The adapter needs the primary server itself: a standby takes no NOTIFY. LISTEN does not work through a pooler that
  /// gives each transaction another connection, such as PgBouncer in transaction mode.
  std::string url = "postgresql://127.0.0.1:5432/postgres";
  /// The beginning of every channel's name. Servers with the same prefix, in the same database, are one cluster.
  /// PostgreSQL takes names of 63 bytes: that is the prefix, a `#` and the name of the namespace.
  std::string channel_prefix = "socket.io";
  /// The table of the messages that are too long for NOTIFY, or have binary in them. As in SQL: quotes keep capital
  /// letters, and a schema may stand before it, with a dot. The role needs SELECT, INSERT and DELETE on it, and USAGE
  /// on its sequence.
  std::string table_name = "socket_io_attachments";
  /// Makes the table when it is not there. Without it, or without the right to do so, the application makes it:
  /// `CREATE TABLE socket_io_attachments (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)`.
  bool create_table = true;
  /// Messages of so many bytes go by way of the table: at least 1, at most 8,000, which is more than NOTIFY takes.
  std::size_t payload_threshold = 8'000;
  /// The time between two deletions of old messages in the table, and the age from which a message is old. Zero: this
  /// server deletes none.
  std::chrono::milliseconds cleanup_interval{30'000};
  /// The bytes of messages that may wait to be published. Above it messages are lost for other servers. A message of up
  /// to 64 MB for which nothing waits is sent anyway.
  std::size_t max_pending_bytes = 16'000'000;
  /// The times of requests and heartbeats.
  cluster_options cluster = {};
};

/// Makes the factory for options.adapter.
///
/// The adapter speaks the protocol of Node's @socket.io/postgres-adapter 0.4 and 0.5, so that C++ and Node servers
/// share a cluster. It understands @socket.io/postgres-emitter, and servers with version 0.3. Messages are
/// notifications of PostgreSQL; those with binary, and long ones, are rows of a table. Two connections serve all
/// namespaces of a server: one listens, one publishes.
///
/// When PostgreSQL cannot be reached, or does not answer within five seconds, the adapter tries again, after 100 ms at
/// first and then after longer pauses of up to five seconds. Meanwhile events go to this server's own clients only.
/// Events that other servers sent meanwhile are lost, because notifications are not kept.
///
/// Servers know of each other by heartbeats. Polling clients need a load balancer that takes them to the same server
/// every time, or <cosio/forwarding.hpp>.
/// @throws error errc::bad_argument for a URL or a name that cannot be read, and for a threshold out of its bounds;
///               errc::not_supported when the library was built without libpq or nlohmann-json.
/// @par Threads  The factory may be used by one server: its namespaces share the connections.
/// @par Source   @socket.io/postgres-adapter 0.5.
std::function<std::shared_ptr<adapter>(adapter_host&)> postgres_adapter(postgres_options where = postgres_options());

/// Makes the wire alone, for cluster_adapter(). `where.cluster` is not used.
/// @throws as postgres_adapter().
std::function<std::shared_ptr<cluster_wire>(adapter_host&)> postgres_wire(postgres_options where = postgres_options());

}  // namespace cosio::inline v0_2
