// Presence: who is here. A person with three tabs is one person, and one who reloads a page has not been away.

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

// How many tabs each person has. Who is here is told while the lock is held: async_emit() does not wait, and what is
// sent through one namespace arrives in its order. So the last list that a page gets is the right one.
class people {
 public:
  explicit people(cosio::nsp where) : where_(std::move(where)) {}

  void open_tab(const cosio::socket& tab, const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (++tabs_[name] == 1) {
      where_.async_emit(ignore(), "here", names());
    } else {
      where_.to(tab.id()).async_emit(ignore(), "here", names());
    }
  }
  void close_tab(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = tabs_.find(name);
    if (--found->second > 0) return;
    tabs_.erase(found);
    where_.async_emit(ignore(), "here", names());
  }

 private:
  struct ignore {
    void operator()(std::exception_ptr, const cosio::report&) const {}
  };
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, tabs] : tabs_) out.push_back(name);
    return out;
  }

  cosio::nsp where_;
  std::mutex mutex_;
  std::map<std::string, int> tabs_;
};

cosio::task<> pause(std::chrono::milliseconds time) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

// One tab, from beginning to end.
cosio::task<> visit(people* here, cosio::socket tab) {
  const std::string name = tab.data<std::string>();
  const std::string mine = "person:" + name;  // the room of all tabs of this person

  tab.on("read", [tab, mine](int message) -> cosio::task<> { co_await tab.to(mine).emit("read", message); });
  tab.on("write to", [tab, name](std::string whom, std::string text) -> cosio::task<std::size_t> {
    const std::string theirs = "person:" + whom;
    const cosio::report sent = co_await tab.nsp().to(theirs).emit("letter", name, text);
    co_return sent.queued;  // the tabs of that person
  });

  co_await tab.join(mine);
  here->open_tab(tab, name);
  const cosio::reason why = co_await tab.disconnected();
  if (why.text() != "client namespace disconnect") co_await pause(2s);  // it may be a reload, or a tunnel
  here->close_tab(name);
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::server io(opts);
  people here(io.sockets());
  io.use([](cosio::socket& tab) {  // a real program takes the name from a token, and not from the client
    const std::string name = tab.handshake().auth()["name"].as_or(std::string());
    if (name.empty() || name.size() > 40) throw cosio::refusal("say a name of 1 to 40 characters");
    tab.data(name);
  });
  io.on_connection([&here](cosio::socket tab) { return visit(&here, std::move(tab)); });
  io.run_until_signal();
}
