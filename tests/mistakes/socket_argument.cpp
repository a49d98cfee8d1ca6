// expect: cosio: a socket, client, namespace or server is no argument

#include <cosio/cosio.hpp>

cosio::task<> tell(cosio::socket user) { co_await user.broadcast().emit("joined", user); }
