// The server of small boards (ESP32, Arduino) and of pages that watch them. The WebSocket libraries of such boards send
// `Origin: file://` by default, and most of them cannot poll. tests/examples/board.test.js has the packets of one.

#include <chrono>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <map>
#include <string>

using namespace std::chrono_literals;

struct reading {
  double celsius = 0;
  int battery = 0;  // per cent
};
BOOST_DESCRIBE_STRUCT(reading, (), (celsius, battery))

namespace {

// Each board has a key of its own, in the query of its URL: /socket.io/?EIO=4&transport=websocket&key=…
const std::map<std::string, std::string> keys = {{"k-attic-7153", "attic"}, {"k-cellar-2210", "cellar"}};

void let_in(const cosio::socket& board) {
  const auto found = keys.find(std::string(board.handshake().query("key").value_or("")));
  if (found == keys.end()) throw cosio::refusal("unknown board");
  board.data(found->second);
}

void serve_board(cosio::socket board, cosio::nsp pages) {
  board.on("reading", [board, pages](reading now) -> cosio::task<> {
    const std::string name = board.data<std::string>();
    co_await pages.emit("reading", name, now);
  });
}

// A page switches a relay of a board, and hears whether the board has done it.
void serve_page(cosio::socket page, cosio::nsp boards) {
  page.on("switch", [boards](std::string name, bool on) -> cosio::task<bool> {
    const cosio::answers got = co_await boards.to(name).timeout(3s).emit_with_ack("switch", on);
    co_return !got.responses().empty();
  });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.origins = "file://";  // and pages of the server's own origin, and clients without an Origin
  opts.ping_interval = 10s;  // a board that has lost its power is noticed after this and ping_timeout
  opts.ping_timeout = 10s;
  opts.max_payload = 10'000;  // bytes: a reading is small
  opts.max_event_rates["reading"] = cosio::rate_limit(2, 20);

  cosio::server io(opts);
  const cosio::nsp pages = io.of("/pages");
  const cosio::nsp all_boards = io.sockets();
  io.use([](cosio::socket& board) { let_in(board); });
  io.on_connection([pages](cosio::socket board) -> cosio::task<> {
    serve_board(board, pages);
    const std::string name = board.data<std::string>();
    co_await board.join(name);
    co_await pages.emit("board", name, true);
    co_await board.disconnected();
    co_await pages.emit("board", name, false);
  });
  pages.on_connection([all_boards](cosio::socket page) { serve_page(page, all_boards); });
  io.run_until_signal();
}
