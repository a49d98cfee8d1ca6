// expect: cosio: a member function needs its object: write cosio::method(&type::function, object)

#include <cosio/cosio.hpp>

#include <string>
#include <utility>

struct room {
  void say(std::string text) { last = std::move(text); }
  std::string last;
};

void listen(const cosio::socket& user) { user.on("say", &room::say); }
