// Forward declarations of the public classes. Include it in headers that only mention them; each class has a header of
// its own name for the rest.

#pragma once

namespace cosio {

class ack;
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
class report;
class server;
class socket;
struct engine_options;
struct options;

namespace http {
class app;
class request;
class response;
}  // namespace http

}  // namespace cosio
