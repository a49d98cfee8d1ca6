// An io_context that ends before it is destroyed: what users may still hold stays harmless.

#include "async/own_context.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <memory>
#include <thread>

#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "support/catch.hpp"

namespace asio = boost::asio;
using cosio::task;
using cosio::async::own_context;

namespace {

task<> wait_for(std::shared_ptr<cosio::async::suspension>& handed_out, std::shared_ptr<int> owned) {
  auto hand_out = [&handed_out](std::shared_ptr<cosio::async::suspension> me) { handed_out = std::move(me); };
  co_await cosio::async::suspend(std::move(hand_out));
  *owned = 1;
}

}  // namespace

TEST_CASE("ending destroys what waits, and what comes later is dropped", "[async][own_context]") {
  const auto context = std::make_shared<own_context>(1);
  const cosio::async::strand strand(context->get_executor());
  auto token = std::make_shared<int>();
  asio::post(strand, [token] { ++*token; });
  asio::post(*context, [token] { ++*token; });
  CHECK(token.use_count() == 3);
  context->end();
  CHECK(context->ended());
  CHECK(token.use_count() == 1);
  asio::post(strand, [token] { ++*token; });
  CHECK(token.use_count() == 1);
  context->restart();
  CHECK(context->poll() == 0);
  CHECK(*token == 0);
}

TEST_CASE("strands and sockets of an ended io_context may be used and destroyed", "[async][own_context]") {
  const auto context = std::make_shared<own_context>(1);
  asio::ip::tcp::acceptor acceptor(*context, {asio::ip::address_v4::loopback(), 0});
  asio::ip::tcp::socket socket(*context);
  socket.connect(acceptor.local_endpoint());
  bool told = false;
  socket.async_wait(asio::ip::tcp::socket::wait_read, [&](boost::system::error_code) { told = true; });
  auto copy = std::make_unique<cosio::async::strand>(context->get_executor());
  context->end();
  CHECK_FALSE(copy->running_in_this_thread());
  const cosio::async::strand another = *copy;
  copy = nullptr;
  boost::system::error_code ec;
  socket.close(ec);
  CHECK_FALSE(ec);
  CHECK_FALSE(told);
}

TEST_CASE("a thread knows which io_context of ours it runs", "[async][own_context]") {
  CHECK(own_context::running() == nullptr);
  const auto outer = std::make_shared<own_context>(1);
  const auto inner = std::make_shared<own_context>(1);
  {
    const own_context::running_here a(outer);
    CHECK(own_context::running() == outer);
    {
      const own_context::running_here b(inner);
      CHECK(own_context::running() == inner);
      std::thread([] { CHECK(own_context::running() == nullptr); }).join();
    }
    CHECK(own_context::running() == outer);
  }
  CHECK(own_context::running() == nullptr);
  CHECK(outer.use_count() == 1);
}

TEST_CASE("a coroutine whose io_context has ended is destroyed by whoever would have let it go on",
          "[async][own_context]") {
  std::shared_ptr<cosio::async::suspension> waiting;
  const auto token = std::make_shared<int>(0);
  auto context = std::make_shared<own_context>(1);
  const std::weak_ptr<own_context> seen = context;
  {
    const own_context::running_here here(context);
    const bool on_strand = GENERATE(true, false);
    if (on_strand) {
      asio::co_spawn(cosio::async::strand(context->get_executor()), wait_for(waiting, token),
                     [](std::exception_ptr) {});
    } else {
      asio::co_spawn(*context, wait_for(waiting, token), [](std::exception_ptr) {});
    }
    context->poll();
  }
  REQUIRE(waiting);
  context->end();
  context.reset();
  CHECK(token.use_count() == 2);
  CHECK_FALSE(seen.expired());  // the coroutine's executors need it
  SECTION("it is let go on") {
    CHECK(waiting->end());
    CHECK_FALSE(waiting->end());
  }
  SECTION("at once") { CHECK(waiting->end_now()); }
  SECTION("or forgotten") {}
  waiting.reset();
  CHECK(token.use_count() == 1);
  CHECK(*token == 0);
  CHECK(seen.expired());
}
