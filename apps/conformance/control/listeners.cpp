// on, once, off, event-names, on-any, use: the listeners of a socket.

#include <algorithm>
#include <boost/describe/class.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/command.hpp"

namespace conformance {
namespace {

using cosio::arguments;
using cosio::socket;
using cosio::task;

// The listeners that commands added to one socket. On the client's strand.
class added_listeners {
 public:
  void add(const std::string& event, cosio::listener_handle handle) { by_event_.emplace(event, std::move(handle)); }

  void remove(const std::string& event) {
    const auto [first, last] = by_event_.equal_range(event);
    for (auto each = first; each != last; ++each) each->second.remove();
    by_event_.erase(first, last);
  }

  void remove_all() {
    for (const auto& each : by_event_) each.second.remove();
    by_event_.clear();
  }

  bool reports_errors = false;

 private:
  std::multimap<std::string, cosio::listener_handle> by_event_;
};
using added = std::shared_ptr<added_listeners>;

// A listener that sends everything that it receives back to the client.
auto report_got(const socket& user, const std::string& event) {
  return [user, event](arguments args) -> task<> { co_await user.emit("got", event, args); };
}

bool listen(const socket& user, const added& mine, const std::string& event) {
  mine->add(event, user.on(event, report_got(user, event)));
  return true;
}

bool listen_once(const socket& user, const added& mine, const std::string& event) {
  mine->add(event, user.once(event, report_got(user, event)));
  return true;
}

bool stop_listening(const added& mine, const std::optional<std::string>& event) {
  if (event) {
    mine->remove(*event);
  } else {
    mine->remove_all();
  }
  return true;
}

std::vector<std::string> sorted_event_names(const socket& user) {
  std::vector<std::string> names = user.event_names();
  std::ranges::sort(names);
  return names;
}

bool report_any(const socket& user) {
  user.on_any([user](std::string event, arguments args) -> task<> { co_await user.emit("any", event, args); });
  return true;
}

// ---------------------------------------------------------------- packet middleware

struct rule {
  std::string reject;
};
BOOST_DESCRIBE_STRUCT(rule, (), (reject))

boost::json::value name_of(const std::string& event) { return boost::json::object{{"event", event}}; }

void reject_event(const socket& user, const std::string& event) {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): as middleware is
  user.use([event](cosio::packet& packet, cosio::next next) -> task<> {
    if (packet.event() == event) throw cosio::refusal("rejected", name_of(event));
    co_await next();
  });
}

void report_errors(const socket& user) {
  user.on_error(
      [user](cosio::socket_error wrong) -> task<> { co_await user.emit("rejected", wrong.message(), wrong.data()); });
}

bool use(const socket& user, const added& mine, const rule& wanted) {
  reject_event(user, wanted.reject);
  if (!mine->reports_errors) report_errors(user);
  mine->reports_errors = true;
  return true;
}

}  // namespace

void add_listeners(const socket& user) {
  const auto mine = std::make_shared<added_listeners>();
  command(user, "on", [user, mine](const arguments& args) { return listen(user, mine, args.get<std::string>(0)); });
  command(user, "once",
          [user, mine](const arguments& args) { return listen_once(user, mine, args.get<std::string>(0)); });
  command(user, "off",
          [mine](const arguments& args) { return stop_listening(mine, args.get<std::optional<std::string>>(0)); });
  command(user, "event-names", [user](const arguments&) { return sorted_event_names(user); });
  command(user, "on-any", [user](const arguments&) { return report_any(user); });
  command(user, "use", [user, mine](const arguments& args) { return use(user, mine, args.get<rule>(0)); });
}

}  // namespace conformance
