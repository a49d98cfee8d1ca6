// Forward declarations of the public classes. Include it in headers that only mention them.
//
// A class is in the header of its own name, with these exceptions: client and packet are in socket.hpp, engine_server
// and engine_session in engine.hpp, engine_options in options.hpp, listener_handle in listener.hpp, message in
// binary.hpp, next in middleware.hpp, and the classes of the namespace http in http.hpp.

#pragma once
#include <cosio/version.hpp>

namespace cosio::inline v0_2 {

class ack;
class argument;
class arguments;
class binary;
class broadcast_operator;
class client;
class engine_server;
class engine_session;
class error;
class handshake;
class listener_handle;
class message;
class next;
class nsp;
class packet;
class reason;
class remote_socket;
class report;
class server;
class socket;
class socket_error;
struct engine_options;
struct options;

namespace http {
class app;
class request;
class response;
}  // namespace http

}  // namespace cosio::inline v0_2
