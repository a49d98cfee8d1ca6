// expect: cosio: an async_ function begins with a completion token

#include <cosio/cosio.hpp>

void tell(const cosio::server& io) { io.async_server_side_emit("reload", 1); }
