// expect: cosio: a handler is a lambda, a function, a std::function or cosio::method(&type::function, object)

#include <cosio/cosio.hpp>

void listen(const cosio::socket& user) { user.on("say", "hello"); }
