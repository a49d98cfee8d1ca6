// expect: cosio: middleware without cosio::next returns nothing, or cosio::task<>: it refuses by throwing

#include <cosio/cosio.hpp>

void guard(const cosio::server& io) {
  io.use([](const cosio::socket& user) { return !user.handshake().auth()["token"].is_null(); });
}
