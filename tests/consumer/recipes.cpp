// The code of the pages in docs/recipes, compiled as a part of the consumer's project.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <chrono>
#include <cosio/cosio.hpp>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace recipes {

// docs/start/origins.md
cosio::options with_my_pages() {
  cosio::options opts;
  opts.origins = {"http://localhost:5173", "https://app.example.com"};
  return opts;
}

// docs/recipes/tokens.md
struct claims {
  std::string user;
  std::chrono::system_clock::time_point expires;
};

void authenticate(cosio::server& io, std::function<cosio::task<std::optional<claims>>(std::string)> verify) {
  const auto check = [verify](cosio::socket& user) -> cosio::task<> {
    const std::string token = user.handshake().auth()["token"].as_or(std::string());
    const std::optional<claims> who = co_await verify(token);
    if (!who) throw cosio::refusal("the token does not count", 401);
    user.expires_at(who->expires);
    user.data(who->user);
  };
  io.use(check);

  io.on_connection([verify](cosio::socket user) {
    user.on("renew", [verify, user](std::string token) -> cosio::task<bool> {
      const std::optional<claims> who = co_await verify(token);
      const bool good = who && who->user == user.data<std::string>();
      if (good) user.expires_at(who->expires);
      co_return good;
    });
  });
}

// docs/recipes/files.md
void take_files(const cosio::socket& user) {
  const auto out = std::make_shared<std::ofstream>("upload.bin", std::ios::binary);
  user.on("part", [out](cosio::binary bytes) {
    *out << bytes.view() << std::flush;
    if (!*out) throw std::runtime_error("the disk is full");
    return bytes.size();  // the client sends the next part when it has this
  });
}

cosio::task<> send_file(cosio::socket user, std::string name) {
  std::ifstream in(name, std::ios::binary);
  std::string part(64 * 1024, '\0');
  while (in.read(part.data(), static_cast<std::streamsize>(part.size())), in.gcount() > 0) {
    const cosio::binary bytes(part.substr(0, static_cast<std::size_t>(in.gcount())));
    const cosio::report sent = co_await user.emit("part", bytes);  // waits while the client reads too slowly
    if (sent.refused > 0) co_return;                               // it has left
  }
  co_await user.emit("end");
}

// docs/recipes/presence.md
class people {
 public:
  bool arrives(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return ++tabs_[name] == 1;
  }
  bool leaves(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (--tabs_[name] > 0) return false;
    tabs_.erase(name);
    return true;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> tabs_;
};

cosio::task<> visit(std::shared_ptr<people> here, cosio::socket tab) {
  const auto name = tab.data<std::string>();  // middleware has put it there
  const bool first = here->arrives(name);
  if (first) co_await tab.broadcast().emit("came", name);

  const cosio::reason why = co_await tab.disconnected();
  const bool last = here->leaves(name);
  if (last) co_await tab.broadcast().emit("left", name, why.text());
}

// docs/recipes/periodic-work.md
cosio::task<> each_second(cosio::nsp everybody) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, 1s);
  for (;;) {
    co_await timer.async_wait(boost::asio::use_awaitable);  // close() ends it here
    const auto now = std::chrono::system_clock::now();
    co_await everybody.volatile_().emit("time", now);
    timer.expires_at(timer.expiry() + 1s);
  }
}

void begin(const cosio::server& io) { io.spawn(each_second(io.sockets())); }

// docs/recipes/blocking-work.md
cosio::task<std::size_t> count_words(std::string text) {  // takes long, and waits for nothing
  std::size_t words = 0;
  for (const char c : text) words += c == ' ' ? 1 : 0;
  co_return words;
}

void count_elsewhere(cosio::server& io, boost::asio::thread_pool& pool) {
  io.on_connection([&pool](cosio::socket user) {
    user.on("count", [&pool](std::string text) -> cosio::task<std::size_t> {
      auto executor = pool.get_executor();
      const std::size_t words =
          co_await boost::asio::co_spawn(executor, count_words(std::move(text)), boost::asio::use_awaitable);
      co_return words;  // on the strand of the client again
    });
  });
}

// docs/recipes/other-threads.md
void on_new_price(const cosio::server& io, const std::string& share, double price) {  // on a thread of another library
  io.to(share).async_emit(
      [](std::exception_ptr failed, const cosio::report&) {
        if (failed) std::cerr << "a price was not sent\n";
      },
      "price", share, price);
}

// docs/recipes/proxies.md
cosio::options behind_a_proxy() {
  cosio::options opts;
  opts.trusted_proxies = {"10.0.0.0/8"};  // its address, as the server sees it
  return opts;
}

// docs/recipes/signals.md
void serve_until_told(const cosio::server& io) {
  cosio::close_options how(20s);  // then everything is cut
  how.spread = 5s;
  how.event = "closing";
  io.run_until_signal(how);
}

// docs/recipes/rest.md
struct message {
  std::string room;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(message, (), (room, text))

void add_rest(cosio::http::app& web, cosio::server& io) {
  web.post("/messages", [&io](cosio::http::request asked) -> cosio::task<cosio::http::response> {
    boost::system::error_code bad;
    const boost::json::value body = boost::json::parse(asked.body(), bad);
    const auto read = boost::json::try_value_to<message>(body);
    if (bad || !read) co_return cosio::http::response(400, "a message has room and text");
    const cosio::report sent = co_await io.to(read->room).emit("message", *read);
    boost::json::object answer;
    answer["heard_by"] = sent.queued;
    co_return cosio::http::response(200, boost::json::serialize(answer), "application/json");
  });
}

}  // namespace recipes
