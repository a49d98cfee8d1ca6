// The kind of a client: its generation, its transport, its request.

#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cosio::test::inline v0_2 {

/// How a client reaches the server.
enum class transport {
  /// Long-polling, and it stays with that.
  polling,
  /// Long-polling with scripts and forms, as very old browsers do.
  jsonp,
  /// WebSocket from its first request on.
  websocket,
  /// Begins with polling and moves to WebSocket, as clients of JavaScript do unless they are told otherwise.
  upgrade
};

/// "polling", "jsonp", "websocket" or "upgrade".
const char* to_string(transport over) noexcept;

/// The settings of one client. The defaults make a client of today that begins with WebSocket.
class client_options {
 public:
  client_options() {}
  /// @param eio_revision  The revision of Engine.IO: 4 with Socket.IO 5 (clients of JavaScript 3 and 4), 3 with Socket.IO 4
  ///                      (clients 1 and 2).
  // NOLINTNEXTLINE(google-explicit-constructor): a transport alone is meant as one
  client_options(transport by, unsigned eio_revision = 4) : over(by), eio(eio_revision) {}

  /// See transport.
  transport over = transport::websocket;
  /// The revision of Engine.IO: 4 or 3.
  unsigned eio = 4;
  /// Its name in failures and in the wire; "client 1" and so on when it is empty.
  std::string name;
  /// The server's path; empty: that of the world's first server.
  std::string path;
  /// More of the query of its requests: "room=7&lang=en".
  std::string query;
  /// More headers of its requests, by name and value: {{"Authorization", "Bearer t"}}.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Its address, as the server sees it; empty: 127.0.0.1.
  std::string address;
  /// Whether it speaks MessagePack: for servers with options.parser = cosio::msgpack_parser().
  bool msgpack = false;
  /// Whether it offers permessage-deflate with a WebSocket.
  bool compression = false;
  /// Whether it answers the server's pings (eio 4), or pings the server (eio 3). Without, its session ends by the ping
  /// timeout.
  bool heartbeats = true;
};

/// Every kind of client that servers serve: both revisions, each over every transport. For loops over all of them.
std::vector<client_options> every_client();

}  // namespace cosio::test::inline v0_2
