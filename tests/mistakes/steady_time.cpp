// expect: cosio: a point in time of this clock means nothing to another machine: use one of

#include <cosio/cosio.hpp>

#include <chrono>

cosio::task<> tell(cosio::socket user) { co_await user.emit("started", std::chrono::steady_clock::now()); }
