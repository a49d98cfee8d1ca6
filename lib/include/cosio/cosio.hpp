// Everything that an author of handlers needs, in one include.
//
// Most programs use none of the other headers, so these are asked for by name:
//   contract.hpp     typed events
//   redis.hpp            several servers as one, over Redis
//   postgres.hpp         the same over PostgreSQL
//   cluster.hpp          the same over a broker of your own
//   process_wire.hpp     the same in one process, for tests
//   forwarding.hpp       several servers without sticky sessions
//   cluster_emitter.hpp  publishing to them without being one of them
//   http_api.hpp         the same over HTTP
//   admin.hpp            the dashboard: connections, rooms and events for @socket.io/admin-ui
//   adapter.hpp          an adapter of your own
//   parser.hpp           other encodings of packets
//   beast.hpp            an HTTP server of your own, with Boost.Beast
//   any_stream.hpp       connections of your own that are no tcp::socket: TLS, local sockets
//   successor.hpp        ports that are inherited, and handed on to the next process
//   typescript.hpp       programs that print a contract

#pragma once
#include <cosio/version.hpp>

#include <cosio/ack.hpp>
#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/completion.hpp>
#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>
#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/handshake.hpp>
#include <cosio/hook.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>
#include <cosio/listener.hpp>
#include <cosio/log.hpp>
#include <cosio/metrics.hpp>
#include <cosio/middleware.hpp>
#include <cosio/nsp.hpp>
#include <cosio/options.hpp>
#include <cosio/origins.hpp>
#include <cosio/reason.hpp>
#include <cosio/report.hpp>
#include <cosio/server.hpp>
#include <cosio/socket.hpp>
#include <cosio/task.hpp>
