// An adapter of the application that throws in every operation: the coroutine that awaits it gets the exception, or the
// log does, and nobody else is disturbed.

#include <boost/asio/co_spawn.hpp>
#include <boost/json/object.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapter/local_adapter.hpp"
#include "socketio/sio_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// Fails in one operation, while it is told to.
class failing_adapter final : public adapters::local_adapter {
 public:
  failing_adapter(adapter_host& host, std::shared_ptr<std::string> fails)
      : local_adapter(host), fails_(std::move(fails)) {}

  task<> init() override {
    check("init");
    return local_adapter::init();
  }
  task<> close() override {
    check("close");
    return local_adapter::close();
  }
  task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) override {
    check("connect");
    auto connecting = local_adapter::connect(std::move(who), std::move(resumed));
    return then_check("late connect", std::move(connecting));
  }
  task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) override {
    check("join");
    return local_adapter::join(std::move(who), std::move(rooms));
  }
  task<> leave(std::string id, std::vector<std::string> rooms) override {
    check("leave");
    return local_adapter::leave(std::move(id), std::move(rooms));
  }
  task<> remove(std::string id) override {
    auto removing = local_adapter::remove(std::move(id));
    co_await std::move(removing);
    check("remove");
  }
  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override {
    check("broadcast");
    return local_adapter::broadcast(std::move(packet), std::move(to));
  }

  // Whoever says "known" was a socket called "back again", in one room.
  bool keeps_sessions() const noexcept override { return true; }
  task<std::shared_ptr<const session_record>> restore_session(std::string pid, std::string) override {
    check("restore_session");
    if (pid != "known") co_return nullptr;
    co_return std::make_shared<const session_record>(std::move(pid), "back again", std::vector<std::string>{"a room"},
                                                     boost::json::object(), "1-0");
  }

 private:
  void check(const char* operation) const {
    if (*fails_ == operation) throw std::runtime_error("the adapter fails in " + *fails_);
  }

  task<admission> then_check(const char* operation, task<admission> work) const {
    admission in = co_await std::move(work);
    check(operation);
    co_return in;
  }

  const std::shared_ptr<std::string> fails_;
};

options with_failing_adapter(const std::shared_ptr<std::string>& fails) {
  options opts;
  opts.adapter = [fails](adapter_host& host) -> std::shared_ptr<adapter> {
    return std::make_shared<failing_adapter>(host, fails);
  };
  return opts;
}

// Whether it ends, without an exception, in the time that clients have for their half of the goodbye.
bool closes(sio_world& house, task<> closing) {
  bool closed = false;
  boost::asio::co_spawn(house.w.context(), std::move(closing), [&](const std::exception_ptr& e) { closed = !e; });
  house.w.advance(10s);
  return closed;
}

}  // namespace

TEST_CASE("what an adapter throws reaches who awaits it, and disturbs nobody", "[socketio][adapter][faults]") {
  const captured_log log;
  const auto fails = std::make_shared<std::string>();
  sio_world house(with_failing_adapter(fails));
  sio_bystanders quiet(house);
  visitor v = house.join(every_way[4]);
  const cosio::socket here = house.sockets.back();
  *fails = "join";
  CHECK_THROWS_WITH(house.w.run(here.join("room")), "the adapter fails in join");
  *fails = "leave";
  CHECK_THROWS_WITH(house.w.run(here.leave("room")), "the adapter fails in leave");
  *fails = "broadcast";
  CHECK_THROWS_WITH(house.w.run(house.io.emit("news", 1)), "the adapter fails in broadcast");
  CHECK(quiet.fine());
  CHECK(log.count(log_level::error) == 0);
}

TEST_CASE("an adapter that cannot take a socket refuses its client, which may try again",
          "[socketio][adapter][faults]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    const captured_log log;
    const auto fails = std::make_shared<std::string>();
    sio_world house(with_failing_adapter(fails));
    sio_bystanders quiet(house);
    *fails = "connect";
    visitor v = house.join(how);
    CHECK(house.sockets.size() == quiet.count());
    const std::string told = v.hear();
    CHECK(told.find(how.revision == 4 ? "44{" : "44") != std::string::npos);
    CHECK(told.find("internal error") != std::string::npos);
    CHECK(told.find("the adapter fails") == std::string::npos);
    CHECK(log.count(log_level::error, "the adapter fails in connect") == 1);
    fails->clear();
    v.message("0");
    CHECK(house.sockets.size() == quiet.count() + 1);
    CHECK(quiet.fine());
  }
}

TEST_CASE("the log names the adapter that fails when a socket is in, whether middleware runs or not",
          "[socketio][adapter][faults]") {
  for (const bool with_middleware : {false, true}) {
    CAPTURE(with_middleware);
    const captured_log log;
    const auto fails = std::make_shared<std::string>();
    sio_world house(with_failing_adapter(fails));
    if (with_middleware) house.io.use([](cosio::socket&, cosio::next go) -> task<> { co_await go(); });
    *fails = "late connect";
    visitor v = house.join(every_way[4]);
    CHECK(log.count(log_level::warn, "in its adapter: the adapter fails in late connect") == 1);
    CHECK(log.count(log_level::warn, "a middleware of the namespace") == 0);
    fails->clear();
  }
}

TEST_CASE("an adapter that cannot take a session back refuses its client, who comes back when it can",
          "[socketio][adapter][faults]") {
  for (const char* operation : {"join", "connect"}) {
    CAPTURE(operation);
    const captured_log log;
    const auto fails = std::make_shared<std::string>();
    options opts = with_failing_adapter(fails);
    opts.connection_state_recovery.emplace();
    sio_world house(std::move(opts));
    sio_bystanders quiet(house);
    visitor v = house.knock(every_way[4]);
    v.enter();
    *fails = operation;
    v.message(R"(0{"pid":"known","offset":"1-0"})");
    const std::string told = v.hear();
    CHECK(told.find(R"(44{"message":"internal error"})") != std::string::npos);
    CHECK(house.sockets.size() == quiet.count());
    CHECK(log.count(log_level::error, "the adapter fails in ") == 1);
    CHECK(house.io.metrics().sockets == quiet.count());
    fails->clear();
    CHECK(house.w.run(house.io.sockets().to("a room").clients()).empty());  // nothing of it stayed in its room
    v.message(R"(0{"pid":"known","offset":"1-0"})");
    REQUIRE(house.sockets.size() == quiet.count() + 1);
    CHECK(house.sockets.back().id() == "back again");
    CHECK(house.sockets.back().recovered());
    CHECK(house.w.run(house.io.sockets().to("a room").clients()).size() == 1);
    CHECK(quiet.fine());
  }
}

TEST_CASE("a session that an adapter cannot find begins anew", "[socketio][adapter][faults]") {
  const captured_log log;
  const auto fails = std::make_shared<std::string>("restore_session");
  options opts = with_failing_adapter(fails);
  opts.connection_state_recovery.emplace();
  sio_world house(std::move(opts));
  visitor v = house.knock(every_way[4]);
  v.enter();
  v.message(R"(0{"pid":"known","offset":"1-0"})");
  REQUIRE(house.sockets.size() == 1);
  CHECK_FALSE(house.sockets.back().recovered());
  CHECK(log.count(log_level::warn, "the adapter fails in restore_session") == 1);
}

TEST_CASE("clients leave an adapter that cannot remove them, and the log says why, once for each",
          "[socketio][adapter][faults]") {
  const captured_log log;
  const auto fails = std::make_shared<std::string>();
  sio_world house(with_failing_adapter(fails));
  sio_bystanders quiet(house);
  visitor v = house.join(every_way[4]);
  *fails = "remove";
  v.line().close();
  house.w.settle();
  CHECK(house.left == std::vector<std::string>{"transport close"});
  CHECK(house.clients() == quiet.count());
  CHECK(log.count(log_level::error, "the adapter fails in remove") == 1);
  CHECK(quiet.fine());
}

TEST_CASE("a server closes whether its adapter can or not", "[socketio][adapter][faults]") {
  const captured_log log;
  const auto fails = std::make_shared<std::string>("init");
  sio_world house(with_failing_adapter(fails));
  house.w.settle();
  CHECK(log.count(log_level::error, "the adapter fails in init") == 1);
  visitor v = house.join(every_way[4]);
  *fails = "close";
  CHECK(closes(house, house.io.close()));
  CHECK(house.left == std::vector<std::string>{"server shutting down"});
  CHECK(house.clients() == 0);
  CHECK(log.count(log_level::error, "the adapter fails in close") == 1);
}

TEST_CASE("a server that cannot tell its clients of its end closes all the same", "[socketio][adapter][faults]") {
  const captured_log log;
  const auto fails = std::make_shared<std::string>();
  sio_world house(with_failing_adapter(fails));
  visitor v = house.join(every_way[4]);
  *fails = "broadcast";
  close_options how(1s);
  how.event = "server closing";
  CHECK(closes(house, house.io.close(how)));
  CHECK(house.left == std::vector<std::string>{"server shutting down"});
  CHECK(house.clients() == 0);
  CHECK(log.count(log_level::error, "the adapter fails in broadcast") == 1);
}
