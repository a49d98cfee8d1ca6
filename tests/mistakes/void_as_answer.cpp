// expect: cosio: void is no value that can be read: for an answer without values write emit_with_ack<>(

#include <cosio/cosio.hpp>

cosio::task<> ask(cosio::socket user) { co_await user.emit_with_ack<void>("ready?"); }
