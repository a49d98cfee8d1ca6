// Step 5: a broken connection loses nothing, and who comes later reads what was said before.
#include <chrono>
#include <cosio/cosio.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

using namespace std::chrono_literals;

struct line {
  std::string from;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(line, (), (from, text))

// Handlers of different clients run on several threads: what they share has a lock.
class history {
 public:
  void add(line said) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(said));
    if (lines_.size() > 100) lines_.pop_front();
  }
  std::deque<line> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<line> lines_;
};

cosio::task<> visit(std::shared_ptr<history> before, cosio::socket user) {
  user.on("say", [before, user](std::string text) -> cosio::task<std::size_t> {
    line said;
    said.from = user.id();
    said.text = std::move(text);
    before->add(said);
    const cosio::report sent = co_await user.to("lobby").emit("said", said);
    co_return sent.queued;
  });
  if (user.recovered()) co_return;  // it is in its rooms, and has received what it missed

  co_await user.join("lobby");
  const std::deque<line> lines = before->all();
  co_await user.emit("history", lines);
}

int main() {
  cosio::http::app web;
  web.files("/", "public");
  cosio::options opts;
  opts.connection_state_recovery.emplace().max_disconnection_duration = 2min;
  cosio::server io(web, opts);
  const auto before = std::make_shared<history>();
  io.on_connection([before](cosio::socket user) { return visit(before, user); });
  web.run();
}
