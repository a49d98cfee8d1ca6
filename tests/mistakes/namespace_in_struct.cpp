// expect: cosio: a socket, client, namespace or server is no argument

#include <cosio/cosio.hpp>

#include <vector>

struct places {
  std::vector<cosio::nsp> all;
};
BOOST_DESCRIBE_STRUCT(places, (), (all))

cosio::task<> tell(cosio::socket user, places known) { co_await user.emit("places", known); }
