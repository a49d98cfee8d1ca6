// A whiteboard for everybody: strokes are there while they are drawn, pointers move, and who comes later sees it all.
// The page is whiteboard/index.html.

#include <cosio/cosio.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

struct stroke {
  std::string id;              // made by its page
  std::string colour;          // "#rrggbb"
  double width = 1;            // in pixels of a board of 1600 × 1000
  std::vector<double> points;  // x, y, x, y, …
};
BOOST_DESCRIBE_STRUCT(stroke, (), (id, colour, width, points))

namespace {

constexpr std::size_t most_strokes = 5'000;
constexpr std::size_t most_numbers = 4'000;  // of one stroke

void check(const stroke& drawn) {
  const bool is_colour = drawn.colour.size() == 7 && drawn.colour[0] == '#' &&
                         drawn.colour.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
  const bool is_sound = drawn.points.size() % 2 == 0 && drawn.points.size() <= most_numbers && drawn.id.size() <= 40;
  if (!is_colour || !is_sound || !(drawn.width > 0 && drawn.width <= 100)) throw cosio::refusal("this is no stroke");
}

// The strokes that are on the board. Handlers of several threads draw at once.
class drawing {
 public:
  void add(stroke drawn) {
    const std::lock_guard lock(mutex_);
    if (strokes_.size() == most_strokes) strokes_.pop_front();
    strokes_.push_back(std::move(drawn));
  }
  void remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(strokes_, [&id](const stroke& one) { return one.id == id; });
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    strokes_.clear();
  }
  std::deque<stroke> all() const {
    const std::lock_guard lock(mutex_);
    return strokes_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<stroke> strokes_;
};

void serve(drawing& board, cosio::socket page) {
  // A line that grows, and a pointer, are old news a moment later: volatile_() leaves them out for a slow page.
  page.on("drawing", [page](stroke part) -> cosio::task<> {
    check(part);
    co_await page.broadcast().volatile_().emit("drawing", part);
  });
  page.on("pointer", [page](std::string name, double x, double y) -> cosio::task<> {
    if (name.size() > 40) co_return;
    co_await page.broadcast().volatile_().emit("pointer", page.id(), name, x, y);
  });
  // A line that is complete reaches everybody.
  page.on("stroke", [page, &board](stroke drawn) -> cosio::task<> {
    check(drawn);
    board.add(drawn);
    co_await page.broadcast().emit("stroke", drawn);
  });
  page.on("undo", [page, &board](std::string id) -> cosio::task<> {
    board.remove(id);
    co_await page.nsp().emit("undo", id);
  });
  page.on("clear", [page, &board]() -> cosio::task<> {
    board.clear();
    co_await page.nsp().emit("clear");
  });
  page.on("board", [&board] { return board.all(); });  // a page asks when it has connected
  page.on_disconnect([page](cosio::reason) -> cosio::task<> { co_await page.broadcast().emit("gone", page.id()); });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::http::app_options where;
  if (argc > 1) where.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::http::app web(where);
  web.files("/", "whiteboard");
  cosio::options opts;
  opts.max_event_rate = cosio::rate_limit(200, 600);  // of one page; pointers and parts come 60 times in a second
  cosio::server io(web, opts);
  drawing board;
  io.on_connection([&board](cosio::socket page) { serve(board, page); });
  io.run_until_signal();
}
