// expect: cosio: an async_ function begins with a completion token

#include <cosio/cosio.hpp>

void ask(const cosio::socket& user) { user.async_emit_with_ack<int>("your age?"); }
