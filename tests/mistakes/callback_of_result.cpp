// expect: cosio: an async_ function begins with a completion token; as one, a callback takes the exception and the result

#include <cosio/cosio.hpp>

void ask(const cosio::socket& user) {
  user.async_emit_with_ack<int>([](int age) { static_cast<void>(age); }, "your age?");
}
