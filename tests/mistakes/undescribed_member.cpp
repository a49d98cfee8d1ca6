// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/cosio.hpp>

#include <cstddef>
#include <string>
#include <vector>

struct stroke {
  std::string colour;
  int width = 1;
};

struct drawing {
  std::string name;
  std::vector<stroke> strokes;
};
BOOST_DESCRIBE_STRUCT(drawing, (), (name, strokes))

void listen(const cosio::socket& user) {
  user.on("save", [](const drawing& all) -> cosio::task<std::size_t> { co_return all.strokes.size(); });
}
