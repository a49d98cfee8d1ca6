// expect: cosio: a question to many has many answers, and takes no type

#include <boost/asio/use_future.hpp>
#include <cosio/cosio.hpp>

void ask(const cosio::server& io) { io.async_server_side_emit_with_ack<int>(boost::asio::use_future, "how many?"); }
