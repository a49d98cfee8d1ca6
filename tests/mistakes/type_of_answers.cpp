// expect: cosio: a question to many has many answers, and takes no type

#include <cosio/cosio.hpp>

#include <chrono>

cosio::task<> ask(cosio::nsp where) {
  const auto ages = co_await where.timeout(std::chrono::seconds(5)).emit_with_ack<int>("your age?");
  static_cast<void>(ages);
}
