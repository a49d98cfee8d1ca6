// A program with an event loop of its own, such as that of Qt or of a game, and a server in it. The loop polls the
// server, which has no thread. So handlers run in the thread of the window, and may use all its objects without a lock.
//
//   in Qt:  auto* timer = new QTimer(&app);
//           QObject::connect(timer, &QTimer::timeout, [&context] { context.poll(); });
//           timer->start(10ms);

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <condition_variable>
#include <cosio/cosio.hpp>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

// Stands for QCoreApplication: a timer, and events that other parts of the program post.
class event_loop {
 public:
  void every(std::chrono::milliseconds time, std::function<void()> call) { time_ = time, call_ = std::move(call); }
  void post(std::function<void()> event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    news_.notify_one();
  }
  void quit() { running_ = false; }
  void exec() {
    for (auto next = std::chrono::steady_clock::now(); running_;) {
      if (std::chrono::steady_clock::now() >= next) call_(), next += time_;
      std::unique_lock lock(mutex_);
      news_.wait_until(lock, next, [this] { return !events_.empty(); });
      const std::vector<std::function<void()>> now = std::exchange(events_, {});
      lock.unlock();
      for (const auto& event : now) event();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::function<void()>> events_;
  std::chrono::milliseconds time_{10};
  std::function<void()> call_;
  bool running_ = true;
};

// Stands for a widget, which is used by one thread alone.
class dial {
 public:
  int value() const { return value_; }
  void turn(int by) {
    value_ += by;
    if (changed) changed(value_);
  }
  std::function<void(int)> changed;

 private:
  int value_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  event_loop loop;
  dial volume;
  boost::asio::io_context context;
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::server io(context.get_executor(), opts);

  io.on_connection([&volume](cosio::socket user) {
    user.on("turn", [&volume](int by) { return volume.turn(by), volume.value(); });
  });
  // A function of the window is no coroutine: async_emit() sends, and calls back.
  volume.changed = [&io](int value) {
    io.async_emit([](std::exception_ptr, const cosio::report&) {}, "volume", value);
  };

  boost::asio::signal_set ends(context, SIGINT, SIGTERM);
  ends.async_wait([&](boost::system::error_code, int) {
    io.async_close([&](std::exception_ptr) { loop.post([&] { loop.quit(); }); }, 2s);  // handlers have two seconds
  });
  std::cout << "listening on http://127.0.0.1:" << io.listen() << std::endl;
  loop.every(10ms, [&context] { context.poll(); });  // runs what is ready, and does not wait
  loop.post([&volume] { volume.turn(5); });          // somebody turns the knob on the screen
  loop.exec();
}
