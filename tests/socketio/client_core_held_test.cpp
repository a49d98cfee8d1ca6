// Packets of one session to its sockets: events are held back while handlers are busy, other input is not.

#include "socketio/client_core.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/session.hpp"
#include "socketio/timed_server.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/websocket_client.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::task;

namespace {

constexpr int many = 300;  // more than options.max_handlers_in_flight

std::string message(const std::string& packet) { return text_frame("4" + packet); }

// The packets `head` + 0 … `head` + n-1, each with an id of its own, in one piece.
std::string questions(int n, const std::string& event = "order") {
  std::string all;
  for (int i = 0; i < n; ++i) all += message("2" + std::to_string(i) + "[\"" + event + "\"," + std::to_string(i) + "]");
  return all;
}

cosio::options with_order(cosio::handler_order order) {
  cosio::options opts;
  opts.handlers = order;
  return opts;
}

cosio::handler_order any_order() {
  return GENERATE(cosio::handler_order::concurrent, cosio::handler_order::sequential);
}

// Asks the client, and answers what it answered.
void offer_orders(const cosio::socket& c) {
  c.on("order", [c](int n) -> task<int> {
    const int answer = co_await c.emit_with_ack<int>("sure?", n);
    co_return answer;
  });
}

// The id of an event that wants an acknowledgement.
std::string id_of(const std::string& packet) { return packet.substr(1, packet.find('[') - 1); }

// A server whose handlers wait for something that is not their client.
struct busy_server : timed_server {
  explicit busy_server(cosio::options opts = {}) : timed_server(std::move(opts)) {
    io.on_connection([this](cosio::socket c) {
      c.on("work", [this](int n) -> task<> {
        started.push_back(n);
        co_await here.wait();
      });
      c.on_disconnect([this](cosio::reason why) -> task<> {
        left.emplace_back(why.text());
        co_return;
      });
      joined.push_back(c);
    });
  }
  ~busy_server() { go_all(); }
  busy_server(const busy_server&) = delete;
  busy_server& operator=(const busy_server&) = delete;

  void go_all() {
    w.settle();
    while (!here.empty()) {
      here.go();
      w.settle();
    }
  }
  std::shared_ptr<cosio::engine::session> session() const { return joined.at(0).conn().internals(); }

  cosio::test::pause here;
  std::vector<int> started;
  std::vector<std::string> left;
  std::vector<cosio::socket> joined;
};

}  // namespace

// ---------------------------------------------------------------- handlers that ask their own client

TEST_CASE("three hundred handlers that ask their client at once all get their answers", "[socketio][client_core]") {
  timed_server house(with_order(any_order()));
  house.io.on_connection([](cosio::socket c) { offer_orders(c); });
  world_client c = house.join();
  c.websocket().send(questions(many));
  int answered = 0;
  for (std::string got = c.receive(); got != "(nothing)"; got = c.receive()) {
    if (got.starts_with("2")) {
      c.send("3" + id_of(got) + "[7]");
    } else {
      CHECK(got == "3" + std::to_string(answered) + "[7]");
      ++answered;
    }
  }
  CHECK(answered == many);
  CHECK(house.io.metrics().handlers_in_flight == 0);
}

TEST_CASE("an answer is read though events wait before it", "[socketio][client_core]") {
  timed_server house(with_order(cosio::handler_order::sequential));
  house.io.on_connection([](cosio::socket c) { offer_orders(c); });
  world_client c = house.join();
  c.websocket().send(questions(3));
  const std::string first = c.receive();
  c.websocket().send(message("3" + id_of(first) + "[1]") + message("23[\"order\",3]"));
  CHECK(c.receive() == "30[1]");
  for (int i = 1; i <= 3; ++i) {
    const std::string next = c.receive();
    CHECK(next.starts_with("2"));
    c.send("3" + id_of(next) + "[1]");
    CHECK(c.receive() == "3" + std::to_string(i) + "[1]");
  }
}

TEST_CASE("a connection handler that waits for the end of its client leaves the only place to others",
          "[socketio][client_core]") {
  cosio::options opts;
  opts.max_handlers_in_flight = 1;
  timed_server house(opts);
  std::vector<std::string> said;
  house.io.on_connection([&](cosio::socket c) -> task<> {
    c.on("hi", [&] { said.emplace_back("hi"); });
    const cosio::reason why = co_await c.disconnected();
    said.emplace_back(why.text());
  });
  world_client c = house.join();
  c.send(R"(2["hi"])");
  c.send("1");
  CHECK(said == std::vector<std::string>{"hi", "client namespace disconnect"});
}

// ---------------------------------------------------------------- the end of a client

TEST_CASE("the end of a client is seen at once, whatever waits, and takes the waiting events along",
          "[socketio][client_core]") {
  struct row {
    const char* how;
    std::string bytes;
    const char* why;
  };
  const row end = GENERATE(row{"DISCONNECT", message("1"), "client namespace disconnect"},
                           row{"a close packet", text_frame("1"), "transport close"},
                           row{"a close frame", close_frame_of_client(1000), "transport close"},
                           row{"the end of the stream", "", "transport close"});
  CAPTURE(end.how);
  const auto order = any_order();
  const bool sequential = order == cosio::handler_order::sequential;
  busy_server house(with_order(order));
  world_client c = house.join();
  std::string all;
  for (int i = 0; i < many; ++i) all += message("2[\"work\"," + std::to_string(i) + "]");
  c.websocket().send(all);
  CHECK(house.started.size() == (sequential ? 1 : 256));
  CHECK(house.session()->held_bytes() > 44 * 100);
  CHECK(house.left.empty());
  if (end.bytes.empty()) {
    c.websocket().peer().shutdown_send();
  } else {
    c.websocket().send(end.bytes);
  }
  CHECK(house.left == std::vector<std::string>{end.why});
  const std::size_t before = house.started.size();
  house.go_all();
  CHECK(house.started.size() == before);
}

TEST_CASE("handlers that stop with their client are cancelled at once, though others wait behind them",
          "[socketio][client_core]") {
  timed_server house;
  int cancelled = 0;
  house.io.on_connection([&](cosio::socket c) {
    auto subscribe = [&](int) -> task<> {
      const auto executor = co_await boost::asio::this_coro::executor;
      boost::asio::steady_timer timer(executor);
      timer.expires_after(1h);
      try {
        co_await timer.async_wait(boost::asio::use_awaitable);
      } catch (const boost::system::system_error&) {
        ++cancelled;
        throw;
      }
    };
    c.on("subscribe", std::move(subscribe), cosio::stops_with_client);
  });
  world_client c = house.join();
  c.websocket().send(questions(many, "subscribe"));
  CHECK(cancelled == 0);
  c.send("1");
  house.w.settle();
  CHECK(cancelled == 256);
}

TEST_CASE("a client that never answers a ping ends in time, though its handlers wait for it",
          "[socketio][client_core]") {
  cosio::options opts = with_order(any_order());
  opts.ping_interval = 300ms;
  opts.ping_timeout = 200ms;
  timed_server house(opts);
  std::vector<std::string> left;
  house.io.on_connection([&](cosio::socket c) {
    offer_orders(c);
    c.on_disconnect([&](cosio::reason why) -> task<> {
      left.emplace_back(why.text());
      co_return;
    });
  });
  world_client c = house.join();
  c.websocket().send(questions(many));
  house.w.advance(300ms);
  house.w.advance(199ms);
  CHECK(left.empty());
  house.w.advance(1ms);
  CHECK(left == std::vector<std::string>{"ping timeout"});
  CHECK(house.io.metrics().handlers_in_flight == 0);
}

TEST_CASE("a client that answers pings stays, however long its handlers are busy", "[socketio][client_core]") {
  cosio::options opts = with_order(any_order());
  opts.ping_interval = 300ms;
  opts.ping_timeout = 200ms;
  busy_server house(opts);
  world_client c = house.join();
  for (int i = 0; i < many; ++i) c.send("2[\"work\"," + std::to_string(i) + "]");
  for (int round = 0; round < 20; ++round) {
    house.w.advance(300ms);
    CHECK(c.receive() == "(nothing)");  // and answers the ping
  }
  CHECK(house.left.empty());
  house.go_all();
  CHECK(house.started.size() == many);
  CHECK(std::is_sorted(house.started.begin(), house.started.end()));
}

// ---------------------------------------------------------------- events that a handler waits for

TEST_CASE("an event that a handler waits for passes the events that wait", "[socketio][client_core]") {
  const bool with_middleware = GENERATE(false, true);
  const bool early = GENERATE(false, true);  // whether the event comes before the handler waits for it
  cosio::options opts = with_order(any_order());
  CAPTURE(with_middleware, early, opts.handlers == cosio::handler_order::sequential);
  opts.max_handlers_in_flight = 1;
  busy_server house(opts);
  std::vector<std::string> said;
  house.io.on_connection([&](cosio::socket c) {
    if (with_middleware) c.use([](cosio::packet&, cosio::next go) -> task<> { co_await go(); });
    c.on("login", [&, c]() -> task<int> {
      if (early) co_await house.here.wait();
      const int pin = co_await c.once<int>("pin");
      said.push_back("pin " + std::to_string(pin));
      co_return pin;
    });
  });
  world_client c = house.join();
  c.websocket().send(message(R"(20["login"])") + message(R"(2["work",1])") + message(R"(2["pin",4711])") +
                     message(R"(2["pin",1])"));
  if (early) {
    CHECK(said.empty());
    house.here.go();
    house.w.settle();
  }
  if (with_middleware && opts.handlers == cosio::handler_order::concurrent) house.go_all();  // it needs room
  CHECK(said == std::vector<std::string>{"pin 4711"});
  CHECK(c.receive() == "30[4711]");
}

TEST_CASE("a handler may wait for ten thousand events that are there already", "[socketio][client_core]") {
  cosio::options opts = with_order(cosio::handler_order::sequential);
  opts.max_held_bytes = 0;
  busy_server house(opts);
  int sum = 0;
  house.io.on_connection([&](cosio::socket c) {
    c.on("count", [&, c]() -> task<> {
      co_await house.here.wait();
      for (int i = 0; i < 10'000; ++i) {
        const int n = co_await c.once<int>("n");
        sum += n;
      }
    });
  });
  world_client c = house.join();
  c.send(R"(2["count"])");
  std::string all;
  for (int i = 0; i < 10'000; ++i) all += message(R"(2["n",1])");
  c.websocket().send(all);
  house.go_all();
  CHECK(sum == 10'000);
  CHECK(house.session()->held_bytes() < 2 * cosio::engine::handler_queue::overhead);
}

// ---------------------------------------------------------------- the bound

namespace {

// Writes as much as the server takes. @return the bytes.
std::size_t write_until_full(timed_server& house, world_client& c, const std::string& bytes) {
  std::size_t done = 0;
  for (;;) {
    boost::system::error_code ec;
    const iovec piece{const_cast<char*>(bytes.data()) + done, bytes.size() - done};
    const std::size_t n = c.websocket().peer().stream().write_some({&piece, 1}, ec);
    house.w.settle();
    done += n;
    if (n == 0) return done;
  }
}

cosio::options bounded(cosio::handler_order order) {
  cosio::options opts = with_order(order);
  opts.max_handlers_in_flight = 1;
  opts.max_held_bytes = 200'000;
  return opts;
}

std::string events_of(std::size_t bytes, int n) {
  std::string all;
  for (int i = 0; i < n; ++i)
    all += message("2[\"work\"," + std::to_string(i) + ",\"" + std::string(bytes, 'x') + "\"]");
  return all;
}

std::uint64_t hits(const timed_server& house, std::string_view limit) {
  for (const auto& one : house.io.metrics().limits_hit)
    if (one.name == limit) return one.count;
  return 0;
}

}  // namespace

TEST_CASE("the bytes of events that wait are bounded, and all are handled in the end", "[socketio][client_core]") {
  busy_server house(bounded(any_order()));
  world_client c = house.join();
  const std::string all = events_of(50'000, 50);  // 2.5 MB
  const std::size_t taken = write_until_full(house, c, all);
  CHECK(taken >= 200'000);
  CHECK(taken <= 200'000 + 4 * 131'072 + 2 * 65'536);  // a turn's reads, and what lies in the connection
  CHECK(house.session()->held_bytes() <= 200'000 + 4 * 131'072 + 60'000);
  CHECK(hits(house, "max_held_bytes") == 1);
  std::size_t done = taken;
  for (int round = 0; round < 200; ++round) {
    if (!house.here.empty()) house.here.go();
    house.w.settle();
    done += write_until_full(house, c, all.substr(done));
  }
  CHECK(house.started.size() == 50);
  CHECK(std::is_sorted(house.started.begin(), house.started.end()));
}

namespace {

std::uint64_t charged(const timed_server& house, std::string_view what) {
  for (const auto& one : house.io.metrics().kept_bytes)
    if (one.name == what) return one.count;
  return 0;
}

}  // namespace

TEST_CASE("what is held for a client is given back at its end, though the application keeps its socket",
          "[socketio][client_core]") {
  busy_server house(bounded(any_order()));
  world_client c = house.join();
  c.websocket().send(events_of(1'000, 50));
  CHECK(charged(house, "events") > 50'000);
  c.websocket().peer().shutdown_send();
  house.w.settle();
  CHECK(house.left == std::vector<std::string>{"transport close"});
  CHECK(charged(house, "events") == 0);
  house.go_all();
  CHECK(charged(house, "events") == 0);
}

TEST_CASE("a packet whose end has not come is charged", "[socketio][client_core]") {
  busy_server house;
  world_client c = house.join();
  c.websocket().send(message(R"(52-["work",1,{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])"));
  c.websocket().send(binary_frame(std::string(50'000, 'b')));
  CHECK(charged(house, "input") > 50'000);
  c.websocket().send(binary_frame("b"));
  house.go_all();
  CHECK(house.started == std::vector<int>{1});
  CHECK(charged(house, "input") == 0);
}

TEST_CASE("handlers that ask their client get its answers, though more than max_held_bytes wait before these",
          "[socketio][client_core]") {
  cosio::options opts = with_order(any_order());
  opts.max_held_bytes = 200'000;
  timed_server house(opts);
  house.io.on_connection([](cosio::socket c) { offer_orders(c); });
  world_client c = house.join();
  // 400,000 bytes: more than twice the limit, and less than three times.
  const std::string padding = ",\"" + std::string(10'000, 'x') + "\"]";
  std::string all;
  for (int i = 0; i < 40; ++i) all += message("2" + std::to_string(i) + "[\"order\"," + std::to_string(i) + padding);
  c.websocket().send(all);
  int answered = 0;
  for (std::string said = c.receive(); said != "(nothing)"; said = c.receive()) {
    if (said.starts_with("3")) ++answered;
    if (said.starts_with("2")) c.send("3" + id_of(said) + "[7]");
    house.w.settle();
  }
  CHECK(answered == 40);
}

TEST_CASE("the events of running handlers are charged for the memory of their JSON", "[socketio][client_core]") {
  busy_server house;
  world_client c = house.join();
  std::string all = R"(2["work",1,[[0])";
  for (int i = 0; i < 25'000; ++i) all += ",[0]";
  c.websocket().send(message(all + "]]"));
  CHECK(house.started == std::vector<int>{1});
  CHECK(charged(house, "events") > 1'000'000);
  house.go_all();
  CHECK(charged(house, "events") == 0);
}

TEST_CASE("events that waited are handled in turns, and others come in between", "[socketio][client_core]") {
  cosio::options opts;
  opts.max_handlers_in_flight = 1;
  timed_server house(std::move(opts));
  cosio::test::pause first;
  int handled = 0;
  int seen_by_other = 0;
  house.io.on_connection([&](cosio::socket c) {
    c.on("wait", [&]() -> task<> { co_await first.wait(); });
    c.on("quick", [&] {
      if (++handled == 1) boost::asio::post(house.w.context(), [&] { seen_by_other = handled; });
    });
  });
  world_client c = house.join();
  std::string all = message(R"(2["wait"])");
  for (int i = 0; i < 5'000; ++i) all += message(R"(2["quick"])");
  c.websocket().send(all);
  house.w.settle();
  CHECK(handled == 0);
  first.go();
  house.w.settle();
  CHECK(handled == 5'000);
  CHECK(seen_by_other > 0);
  CHECK(seen_by_other <= 1'001);
}

TEST_CASE("small events are charged for the memory around them", "[socketio][client_core]") {
  busy_server house(bounded(cosio::handler_order::sequential));
  world_client c = house.join();
  write_until_full(house, c, events_of(1, 10'000));
  CHECK(hits(house, "max_held_bytes") == 1);
}

TEST_CASE("with reading paused the end of the connection is noticed all the same", "[socketio][client_core]") {
  const bool reset = GENERATE(false, true);
  busy_server house(bounded(any_order()));
  world_client c = house.join();
  write_until_full(house, c, events_of(50'000, 50));
  CHECK(house.left.empty());
  if (reset) {
    c.websocket().peer().reset();
  } else {
    c.websocket().peer().shutdown_send();
  }
  CHECK(house.left == std::vector<std::string>{"transport close"});
}

TEST_CASE("with reading paused a client stays while the server is what it waits for", "[socketio][client_core]") {
  busy_server house(bounded(any_order()));
  world_client c = house.join();
  write_until_full(house, c, events_of(50'000, 50));
  for (int round = 0; round < 10; ++round) {
    house.w.advance(45s);
    c.receive();  // its answers to pings are not read
  }
  CHECK(house.left.empty());
}

TEST_CASE("with reading paused a client that alone could end the pause ends by ping timeout",
          "[socketio][client_core]") {
  timed_server house(bounded(cosio::handler_order::sequential));
  std::vector<std::string> left;
  house.io.on_connection([&](cosio::socket c) {
    c.on("work", [c](int n) -> task<int> {
      const int answer = co_await c.emit_with_ack<int>("sure?", n);
      co_return answer;
    });
    c.on_disconnect([&](cosio::reason why) -> task<> {
      left.emplace_back(why.text());
      co_return;
    });
  });
  world_client c = house.join();
  write_until_full(house, c, events_of(50'000, 50));
  house.w.advance(25s);
  CHECK(left.empty());
  house.w.advance(20s);
  CHECK(left == std::vector<std::string>{"ping timeout"});
}

TEST_CASE("reading continues when the socket leaves whose events filled the bound", "[socketio][client_core]") {
  busy_server house(bounded(any_order()));
  house.io.of("/other").on_connection([](cosio::socket) {});
  world_client c = house.join();
  c.join("/other,");
  std::string all = events_of(50'000, 5);
  for (int i = 0; i < 200; ++i) all += message("2/other,[\"hi\",\"" + std::string(5'000, 'x') + "\"]");
  const std::size_t taken = write_until_full(house, c, all);
  CHECK(taken < all.size());
  house.w.run(house.joined.at(0).disconnect());
  CHECK(write_until_full(house, c, all.substr(taken)) > 65'536);
  CHECK(house.left == std::vector<std::string>{"server namespace disconnect"});
}

TEST_CASE("a POST is answered once the bytes that wait are within the bound", "[socketio][client_core]") {
  cosio::options opts = bounded(any_order());
  busy_server house(opts);
  memory_client client = house.connect();
  const std::string handshake = "/socket.io/?EIO=4&transport=polling";
  const std::string target = handshake + "&sid=" + text_member(client.ask(get(handshake)).body, "sid");
  CHECK(client.ask(post(target, "40")).body == "ok");
  CHECK(client.ask(post(target, R"(42["work",0])")).body == "ok");
  std::string body;
  for (int i = 1; i < 8; ++i)
    body += (i == 1 ? "" : "\x1e") + ("42[\"work\"," + std::to_string(i) + ",\"" + std::string(50'000, 'x') + "\"]");
  client.send(post(target, body));
  CHECK_FALSE(client.answer());
  std::size_t released = 0;
  while (!house.here.empty()) {
    house.here.go();
    house.w.settle();
    ++released;
    if (const auto answer = client.answer()) {
      CHECK(answer->body == "ok");
      break;
    }
  }
  CHECK(released > 3);
  CHECK(released < 8);
  house.go_all();
  CHECK(house.started == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}
