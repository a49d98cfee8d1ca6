// Everything that an author of handlers needs, in one include.
//
// Asked for by name, because most programs use none of it: contract.hpp (typed events), adapter.hpp (an adapter of your
// own), redis.hpp (several servers), parser.hpp (other encodings of packets), beast.hpp (a Beast server of your own) and
// typescript.hpp (programs that print a contract).

#pragma once
#include <cosio/ack.hpp>
#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>
#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/handshake.hpp>
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
