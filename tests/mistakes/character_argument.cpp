// expect: cosio: a char is neither a number nor a text in JSON: use a std::string, or a std::int8_t

#include <cosio/cosio.hpp>

cosio::task<> tell(cosio::socket user) { co_await user.emit("key", 'x'); }
