// Everything that an author of handlers needs, in one include.

#pragma once
#include <cosio/ack.hpp>
#include <cosio/adapter.hpp>
#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/client.hpp>
#include <cosio/convert.hpp>
#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/handshake.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>
#include <cosio/listener.hpp>
#include <cosio/log.hpp>
#include <cosio/middleware.hpp>
#include <cosio/nsp.hpp>
#include <cosio/options.hpp>
#include <cosio/packet.hpp>
#include <cosio/parser.hpp>
#include <cosio/partial.hpp>
#include <cosio/pattern.hpp>
#include <cosio/reason.hpp>
#include <cosio/server.hpp>
#include <cosio/socket.hpp>
#include <cosio/task.hpp>
