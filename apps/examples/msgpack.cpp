// MessagePack in place of JSON: each packet is one binary message, also when there are numbers and bytes in it. All
// clients of the server need the same parser. The page is msgpack/index.html; npm has it as socket.io-msgpack-parser.

#include <cosio/cosio.hpp>
#include <cosio/parser.hpp>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

struct picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // bytes, and no list of numbers
};
BOOST_DESCRIBE_STRUCT(picture, (), (width, height, pixels))

namespace {

double brightness(const picture& of) {
  const double sum = std::accumulate(of.pixels.begin(), of.pixels.end(), 0.0);
  return of.pixels.empty() ? 0 : sum / static_cast<double>(of.pixels.size());
}

void serve(cosio::socket user) {
  user.on("brightness?", [](picture of) { return brightness(of); });

  user.on("invert", [](picture of) {
    for (std::uint8_t& pixel : of.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
    return of;
  });

  user.on("share", [user](picture of) -> cosio::task<> { co_await user.broadcast().emit("shared", of); });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::http::app_options where;
  if (argc > 1) where.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::http::app web(where);
  web.files("/", "msgpack");

  cosio::options opts;
  opts.parser = cosio::msgpack_parser();
  cosio::server io(web, opts);
  io.on_connection(serve);
  io.run_until_signal();
}
