// expect: cosio: this hook is a plain function: start a coroutine in it with cosio::spawn

#include <cosio/cosio.hpp>

void tell(const cosio::server& io) {
  io.on_new_namespace([](cosio::nsp made) -> cosio::task<> { co_await made.to("staff").emit("made", made.name()); });
}
