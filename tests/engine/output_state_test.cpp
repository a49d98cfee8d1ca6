// An output without a session: its states, and the calls to its owner.

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/make_session.hpp"
#include "engine/output.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"

using namespace cosio;
using namespace cosio::test;
using engine::output;

namespace {

// An owner that counts the calls of its output. The peer takes `capacity` bytes until it reads.
struct counting_owner final : engine::output_owner, std::enable_shared_from_this<counting_owner> {
  counting_owner(world& in, engine_options settings, std::size_t capacity)
      : out(*this, std::make_shared<fake_session_host>(in, std::move(settings)), in.make_strand()) {
    async::memory_streams pair(capacity);
    peer = std::make_unique<memory_client>(in, std::move(pair.far));
    transport = make_transport(in, std::move(pair.near), out.get_strand());
  }
  std::shared_ptr<engine::output_owner> shared_owner() override { return shared_from_this(); }
  void flush() noexcept override { out.flush(); }
  async::executor get_executor() const noexcept override { return out.get_executor(); }
  void answer_poll() noexcept override { ++polls; }
  void on_output_idle() override { ++idles; }
  void on_output_lost(const reason&) override { ++losses; }
  bool judge() noexcept override { return out.judge(); }
  void on_output_behind(std::chrono::milliseconds) override { ++behinds; }
  void on_output_overflow(base::limit) override { ++overflows; }
  void on_output_broken(const std::exception_ptr&) noexcept override { ++breaks; }

  delivery send(std::string_view text, bool is_volatile = false) {
    const auto f = engine::frame::text(wire::packet_type::message, text);
    return out.send({&f, 1}, is_volatile);
  }

  output out;
  std::unique_ptr<memory_client> peer;
  std::shared_ptr<engine::websocket_transport> transport;
  int polls = 0;
  int idles = 0;
  int losses = 0;
  int behinds = 0;
  int overflows = 0;
  int breaks = 0;
};

std::shared_ptr<counting_owner> make_owner(world& in, engine_options settings = {}, std::size_t capacity = 64 * 1024) {
  return std::make_shared<counting_owner>(in, std::move(settings), capacity);
}

}  // namespace

TEST_CASE("an output that has no receiver yet only queues", "[engine][output_state]") {
  world w;
  const auto o = make_owner(w);
  CHECK(o->send("a") == delivery::queued);
  CHECK(o->send("v", true) == delivery::dropped);
  w.settle();
  CHECK(o->out.buffered() > 0);
  CHECK_FALSE(o->out.on_websocket());
  o->out.use_websocket(o->transport);
  o->out.flush();
  CHECK(o->out.on_websocket());
  CHECK(o->out.buffered() == 0);
}

TEST_CASE("a held GET is answered by the owner, once something is queued", "[engine][output_state]") {
  world w;
  const auto o = make_owner(w);
  CHECK_FALSE(o->out.on_poll_held());
  o->send("a");
  w.settle();
  CHECK(o->polls == 1);
  CHECK(o->out.on_poll_held());
  o->out.on_poll_answered();
  o->send("b");
  w.settle();
  CHECK(o->polls == 1);
}

TEST_CASE("the owner is told when the last frame of a closing output has left", "[engine][output_state]") {
  world w;
  const auto o = make_owner(w, {}, 500);
  o->out.use_websocket(o->transport);
  o->send(std::string(1'000, 'x'));
  w.settle();
  CHECK_FALSE(o->out.stop_accepting(false));
  CHECK(o->send("late") == delivery::refused);
  CHECK(o->idles == 0);
  for (int i = 0; i < 5 && o->out.buffered() != 0; ++i) {
    o->peer->received();
    w.settle();
    boost::asio::post(o->out.get_strand(), [&] { o->out.on_writable(*o->transport); });
    w.settle();
  }
  CHECK(o->out.buffered() == 0);
  CHECK(o->idles == 1);
  CHECK(o->out.stop_accepting(false));
}

TEST_CASE("an output knows whether its peer still takes bytes", "[engine][output_state]") {
  world w;
  const auto o = make_owner(w, {}, 500);
  o->out.use_websocket(o->transport);
  CHECK(o->out.take_progress() == output::progress::idle);
  o->send(std::string(1'000, 'x'));
  w.settle();
  CHECK(o->out.take_progress() == output::progress::stuck);
  o->send(std::string(1'000, 'y'));
  for (int i = 0; i < 2; ++i) {  // half a frame each
    o->peer->received();
    w.settle();
    boost::asio::post(o->out.get_strand(), [&] { o->out.on_writable(*o->transport); });
    w.settle();
  }
  CHECK(o->out.take_progress() == output::progress::moving);
  CHECK(o->out.take_progress() == output::progress::stuck);
}

TEST_CASE("the owner is told once that too much would be queued", "[engine][output_state]") {
  world w;
  engine_options settings;
  settings.max_queued_bytes = 10;
  const auto o = make_owner(w, settings);
  CHECK(o->send("0123456789") == delivery::queued);
  CHECK(o->send("more") == delivery::over_budget);
  CHECK(o->send("more") == delivery::refused);
  w.settle();
  CHECK(o->overflows == 1);
  CHECK_FALSE(o->out.is_accepting());
}

TEST_CASE("an output that lost frames says so, and tells its owner", "[engine][output_state]") {
  world w;
  const auto o = make_owner(w);
  CHECK_FALSE(o->out.is_broken());
  o->out.on_broken(nullptr);
  CHECK(o->out.is_broken());
  CHECK(o->breaks == 1);
}

TEST_CASE("a closed output gives its transport away and ends every wait", "[engine][output_state]") {
  world w;
  const auto o = make_owner(w);
  o->send("a");
  o->out.use_websocket(o->transport);
  const auto [transport, waiting] = o->out.become_closed();
  CHECK(transport == o->transport);
  CHECK_FALSE(waiting);
  CHECK_FALSE(o->out.websocket());
  CHECK(o->out.buffered() > 0);
  o->out.clear();
  CHECK(o->out.buffered() == 0);
  const std::shared_ptr<output> shared(o, &o->out);
  CHECK_FALSE(w.run(output::wait_until_sent(shared)));
  w.run(output::wait_for_room(shared));  // returns at once
}
