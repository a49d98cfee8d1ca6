// expect: cosio: a type that is read from an event needs a constructor without parameters

#include <cosio/cosio.hpp>

struct place {
  explicit place(int of) : row(of) {}
  int row;
};
BOOST_DESCRIBE_STRUCT(place, (), (row))

void listen(const cosio::socket& user) {
  user.on("move", [](place to) { return to.row; });
}
