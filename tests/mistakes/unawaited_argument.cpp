// expect: cosio: this argument is a task that nobody has awaited: co_await it first, and pass its result

#include <cosio/cosio.hpp>

#include <string>

cosio::task<std::string> find_name(std::string id);

cosio::task<> greet(cosio::socket user) { co_await user.emit("hello", find_name(user.id())); }
