// expect: cosio: a pointer is no argument: pass the value that it points to

#include <cosio/cosio.hpp>

cosio::task<> tell(cosio::socket user, const int* score) { co_await user.emit("score", score); }
