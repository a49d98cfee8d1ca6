// expect: cosio: an async_ function begins with a completion token

#include <cosio/cosio.hpp>

void tell(const cosio::nsp& where) { where.async_emit("news", "it rains"); }
