// Waiting on a stream from a coroutine.

#include "async/stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "async/memory_stream.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace asio = boost::asio;
using boost::system::error_code;
using namespace cosio;
using cosio::test::world;

namespace {

std::string read_all(async::stream& from) {
  std::string bytes;
  std::array<char, 100> buffer;
  error_code ec;
  while (!ec) {
    const std::size_t n = from.read_some(buffer, ec);
    bytes.append(buffer.data(), n);
  }
  return bytes;
}

// The result of a coroutine that was started, once there is one.
std::shared_ptr<std::optional<error_code>> start(const async::strand& on, task<error_code> work) {
  auto result = std::make_shared<std::optional<error_code>>();
  asio::co_spawn(on, std::move(work), [result](std::exception_ptr, error_code ec) { *result = ec; });
  return result;
}

}  // namespace

TEST_CASE("readable waits for bytes, the end or the closing of a stream", "[async][stream]") {
  enum class event { bytes, end, closed };
  for (const event what : {event::bytes, event::end, event::closed}) {
    world w;
    async::memory_streams pair;
    const async::strand on = w.make_strand();
    const auto result = start(on, async::readable(*pair.near, on));
    w.settle();
    CHECK_FALSE(*result);
    error_code ec;
    char byte = 'x';
    const iovec piece{&byte, 1};
    if (what == event::bytes) pair.far->write_some({&piece, 1}, ec);
    if (what == event::end) pair.far->shutdown_send();
    if (what == event::closed) pair.near->close();
    w.settle();
    REQUIRE(*result);
    CHECK(**result == (what == event::closed ? error_code(asio::error::operation_aborted) : error_code()));
  }
}

TEST_CASE("write_all writes everything, waiting for room as often as needed", "[async][stream]") {
  world w;
  async::memory_streams pair(10);
  const async::strand on = w.make_strand();
  std::string text;
  for (int i = 0; i < 95; ++i) text += static_cast<char>('a' + i % 26);
  const auto result = start(on, async::write_all(*pair.near, on, text));
  std::string received;
  for (int turn = 0; turn < 100 && !*result; ++turn) {
    w.settle();
    received += read_all(*pair.far);
  }
  received += read_all(*pair.far);
  REQUIRE(*result);
  CHECK_FALSE(**result);
  CHECK(received == text);
}

TEST_CASE("write_all of nothing is done at once", "[async][stream]") {
  world w;
  async::memory_streams pair;
  const async::strand on = w.make_strand();
  const auto result = start(on, async::write_all(*pair.near, on, ""));
  w.settle();
  REQUIRE(*result);
  CHECK_FALSE(**result);
}

TEST_CASE("write_all ends with an error when the peer is gone, or when it is closed while it waits",
          "[async][stream]") {
  world w;
  const async::strand on = w.make_strand();
  {
    async::memory_streams pair;
    pair.far->close();
    const auto result = start(on, async::write_all(*pair.near, on, "text"));
    w.settle();
    REQUIRE(*result);
    CHECK(**result);
  }
  {
    async::memory_streams pair(2);
    const auto result = start(on, async::write_all(*pair.near, on, "text"));
    w.settle();
    CHECK_FALSE(*result);
    pair.near->close();
    w.settle();
    REQUIRE(*result);
    CHECK(**result == asio::error::operation_aborted);
  }
}
