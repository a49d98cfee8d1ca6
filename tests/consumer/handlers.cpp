// The examples of docs/handlers.md, on one server.
#include "handlers.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

struct order {
  std::string dish;
  int count = 1;
  std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(order, (), (dish, count, remark))

void take_arguments(cosio::socket user) {
  user.on("add", [](int a, int b) { return a + b; });
  user.on("order", [](order what, std::map<std::string, double> prices) { return what.count * prices[what.dish]; });
  user.on("upload", [](std::string name, cosio::binary bytes) { return name + ": " + std::to_string(bytes.size()); });
  user.on("reverse", [](std::vector<std::uint8_t> bytes) { return std::vector(bytes.rbegin(), bytes.rend()); });
  user.on("remind",
          [](std::string what, std::chrono::milliseconds in) { return what + " in " + std::to_string(in / 1s); });
  user.on("anything", [](std::string, cosio::arguments rest) { return rest.size(); });
}

void answer(cosio::socket user) {
  user.on("one", [](int x) -> cosio::task<int> { co_return 2 * x; });
  user.on("two", [](int x) { return std::make_tuple(x, "of them"); });
  user.on("early", [user](std::string job, cosio::ack accept) -> cosio::task<> {
    co_await accept("in a moment");
    co_await user.emit("done", job);
  });
}

cosio::task<> ask(cosio::socket user) {
  const std::string name = co_await user.once<std::string>("name");
  std::string colour = "unknown";
  try {
    colour = co_await user.timeout(5s).emit_with_ack<std::string>("your favourite colour?", name);
  } catch (const cosio::error& failed) {
    if (failed.code() != cosio::errc::timed_out) throw;
  }
  co_await user.emit("welcome", name, colour);
}

cosio::task<> tell(cosio::socket user) {
  co_await user.join("news", "sports");
  co_await user.to("news").emit("hello");                                    // the room, without the sender
  co_await user.nsp().to("news", "sports").except(user.id()).emit("hello");  // two rooms, each socket once
  co_await user.broadcast().volatile_().emit("typing");                      // dropped where it cannot be sent at once

  const auto room = user.nsp().in("news");  // a chain may be kept and used again
  const std::vector<std::string> ids = co_await room.clients();
  const cosio::report sent = co_await room.emit("present", ids.size());
  if (sent.refused > 0) co_await room.emit("somebody just left");
}

cosio::task<std::size_t> count_guests(cosio::nsp where) {
  const cosio::answers got = co_await where.in("news").timeout(5s).emit_with_ack("how many of you come?");
  std::size_t guests = 0;
  for (const std::size_t some : got.values<std::size_t>()) guests += some;
  co_return guests;  // of those that answered in time: got.complete() says whether all did
}

// Shared by the handlers of all clients, which run on several threads.
class scores {
 public:
  int add(const std::string& player, int points) {
    const std::lock_guard lock(mutex_);  // never held over a co_await
    return points_[player] += points;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> points_;
};

void keep_score(cosio::server& io) {
  const auto board = std::make_shared<scores>();
  io.on_connection([board](cosio::socket user) {
    user.on("score", [board, user](int points) { return board->add(user.id(), points); });
  });
}

void keep_a_cart(cosio::server& io) {
  io.on_connection([](cosio::socket user) {
    user.on("add", [user](std::string item) -> cosio::task<int> {
      auto put = [item](std::vector<std::string>& cart) {
        cart.push_back(item);
        return static_cast<int>(cart.size());
      };
      const int size = co_await user.with<std::vector<std::string>>(put);
      co_return size;
    });
  });
}

void let_in(cosio::server& io) {
  const auto admin = io.of("/admin");
  admin.use([](cosio::socket& s) {
    if (s.handshake().auth()["token"] != "secret") throw cosio::refusal("not authorized", 401);
  });
  admin.use([](cosio::socket& s, cosio::next go) -> cosio::task<> {
    co_await go();  // the rest of the chain; afterwards the socket is in
    co_await s.nsp().to("guards").emit("somebody is in", s.id());
  });
  admin.on_connection([](cosio::socket s) {
    s.use([](cosio::packet& p, cosio::next go) -> cosio::task<> {
      if (p.args().size() > 10) throw cosio::refusal("too many arguments");
      co_await go();
    });
  });

  io.of(cosio::pattern("/room-{digits}")).on_connection([](cosio::socket s) -> cosio::task<> {
    co_await s.emit("you are in", s.nsp().name());
  });
}

void report_problems(cosio::socket user) {
  user.on("divide", [](int a, int b) {
    if (b == 0) throw std::invalid_argument("division by zero");
    return a / b;
  });
  user.on_error([user](cosio::socket_error wrong) -> cosio::task<> {
    co_await user.emit("sorry", wrong.event(), wrong.message());
  });
}

bool is_taken(const std::string& table) { return table == "by the window"; }

void take_reservations(cosio::socket user) {
  user.on("reserve", [](std::string table) {
    if (is_taken(table)) throw cosio::refusal("this table is taken", 409);  // with options.answer_failed_events
    return "it is yours";
  });
}

void report_problems_of_all(cosio::server& io) {
  io.on_error([](cosio::socket who, const cosio::socket_error& wrong) {
    std::clog << who.id() << ": " << wrong.message() << '\n';
  });
}

cosio::options with_recovery() {
  cosio::options opts;
  opts.connection_state_recovery.emplace().max_disconnection_duration = 2min;
  return opts;
}

cosio::task<> welcome(cosio::socket user) {
  user.on("say", [user](std::string text) -> cosio::task<> { co_await user.to("lobby").emit("said", text); });
  if (user.recovered()) co_return;  // its rooms and data are there, and it has received what it missed
  co_await user.join("lobby");
}

cosio::options in_a_cluster() {
  cosio::redis_options where;
  where.url = "redis://127.0.0.1:6379";
  cosio::options opts;
  opts.adapter = cosio::redis_adapter(std::move(where));
  return opts;
}

void talk_to_servers(cosio::server& io) {
  io.on_server_side("how many?", [&io]() -> cosio::task<std::size_t> {
    const auto here = co_await io.sockets().connected();
    co_return here.size();
  });
  io.on_connection([&io](cosio::socket user) {
    user.on("count", [&io]() -> cosio::task<std::size_t> {
      const auto here = co_await io.sockets().connected();
      std::size_t all = here.size();
      const cosio::answers others = co_await io.timeout(1s).server_side_emit_with_ack("how many?");
      for (const cosio::arguments& one : others.responses()) all += one.get<std::size_t>(0);
      co_return all;
    });
  });
}

void share_the_port() {
  cosio::http::app web;   // port 3000
  cosio::server io(web);  // and it answers there, too

  web.get("/healthz", [](cosio::http::request) { return cosio::http::response(200, "ok"); });
  web.get("/hello/:name", [](cosio::http::request r) -> cosio::task<cosio::http::response> {
    cosio::http::response hello(200, "Hello " + std::string(r.param("name")));
    co_return hello;
  });
  web.files("/", "public");
  web.run();
}

void until_a_signal(const cosio::server& io) {
  io.run_until_signal(5s);  // in place of web.run(): serves both
}

void until_a_signal(cosio::http::app& web, const cosio::server& io) {
  const cosio::close_options how(5s);
  web.run_until_signal(5s, [&io, how] { return io.close(how); });  // the same, as the application's own call
}

cosio::task<> tell_time(cosio::nsp where) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  for (int minutes = 0;; ++minutes) {
    co_await where.emit("minutes", minutes);
    timer.expires_after(1min);
    co_await timer.async_wait(boost::asio::use_awaitable);  // close() ends it here
  }
}

void start_clock(const cosio::server& io) { io.spawn(tell_time(io.sockets())); }

// A thread that has no coroutines: the first waits for the end, the second is called back on an executor of its own.
std::size_t tell_all(const cosio::server& io, const std::string& news) {
  std::future<cosio::report> sent = io.async_emit(boost::asio::use_future, "news", news);
  return sent.get().queued;
}

void ask_for_age(const cosio::socket& user, boost::asio::any_io_executor mine, std::function<void(int)> then) {
  auto done = [then = std::move(then)](std::exception_ptr failed, int age) {
    if (!failed) then(age);
  };
  user.timeout(5s).async_emit_with_ack<int>(boost::asio::bind_executor(mine, std::move(done)), "your age?");
}

cosio::task<> on_connection(cosio::socket user) {
  take_arguments(user);
  answer(user);
  report_problems(user);
  take_reservations(user);
  user.on("ask", [user]() -> cosio::task<> { co_await ask(user); });
  user.on("welcome", [user]() -> cosio::task<> { co_await welcome(user); });
  user.on("tell", [user]() -> cosio::task<> { co_await tell(user); });

  const cosio::reason why = co_await user.disconnected();
  co_await user.broadcast().emit("left", user.id(), why.text());
}

void register_handlers(cosio::server& io) {
  let_in(io);
  keep_score(io);
  keep_a_cart(io);
  talk_to_servers(io);
  report_problems_of_all(io);
  start_clock(io);
  io.on_connection(on_connection);
}
