// Many runs of a cluster in one thread: adapters on a simulated broker, with clients that come, go, and come back on
// any server. Each run is decided by its seed.
//
//   cluster_simulation --seed 1 --seeds 1000
//
// With a broker that keeps events:
//   - the events of a client have rising offsets, also across servers: none comes twice
//   - between its first and its last event it has all that were meant for it, unless its server was told of a gap
//   - a client that was on a server with a gap begins anew when it comes back
//   - otherwise it begins anew only if the broker could not be reached, or had removed what it missed
// And with one that keeps none:
//   - the events of one server come to a client in order, none twice
//   - some are missing only if they were reported as not published, or the client's server was told of a gap

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "cluster/cluster_adapter.hpp"
#include "cluster/cluster_house.hpp"
#include "simulation/cluster/broker.hpp"
#include "simulation/kit.hpp"
#include "support/world.hpp"

namespace cosio::simulation {
namespace {

using test::fake_socket;
using test::world;

struct totals {
  std::uint64_t events = 0, received = 0, recovered = 0, anew = 0, cuts = 0, gaps = 0;
};

struct violation {
  std::string text;
};

struct person {
  std::string name;
  std::string pid;  // of the session: each new one has its own
  unsigned sessions = 0;
  std::string room;
  std::size_t server = 0;
  std::shared_ptr<fake_socket> socket;
  bool has_been = false;  // it has a session to come back to
  bool is_in = false;
  bool is_busy = false;      // it comes or goes
  bool has_gap = false;      // its server was told of one while it was there
  bool may_be_lost = false;  // the broker could not be reached when its session was kept
  admission last_admission;
  std::uint64_t since = 0;  // it gets everything behind this event
  std::uint64_t last = 0;   // event that it has
  std::size_t seen = 0;     // of the events that were sent to this socket
  std::set<std::uint64_t> got;
  std::map<std::size_t, std::vector<std::uint64_t>> got_from;  // without a store: numbers of a server's events
};

class run {
 public:
  run(std::uint64_t seed, totals& sum)
      : dice_(seed), sum_(sum), keeps_(dice_.chance(700)), broker_(dice_, keeps_, dice_.one_of({5U, 50U, 100'000U})) {
    cuts_ = dice_.chance(600);
    const std::size_t servers = dice_.between(2, 4);
    for (std::size_t i = 0; i < servers; ++i) add_server();
    people_.resize(dice_.between(1, 6));
    for (std::size_t i = 0; i < people_.size(); ++i) {
      people_[i].name = "person" + std::to_string(i);
      people_[i].room = dice_.chance(500) ? "red" : "blue";
    }
  }
  ~run() {
    for (auto& s : servers_) w_.timers().disarm(*s.adapter);
  }

  void go() {
    const std::size_t steps = dice_.between(50, 400);
    for (std::size_t i = 0; i < steps; ++i) {
      act();
      w_.settle();
    }
    for (std::size_t s = 0; s < servers_.size(); ++s) heal(s);
    for (int i = 0; i < 3; ++i) {
      while (broker_.step()) w_.settle();
      w_.advance(std::chrono::milliseconds(20));
    }
    for (person& p : people_) {
      if (!p.is_in) continue;
      read_all(p);
      if (keeps_) {
        check_whole(p, broker_.last());
      } else {
        check_order(p);
      }
    }
  }

 private:
  struct server {
    std::unique_ptr<test::cluster_host> host;
    std::shared_ptr<cluster::cluster_adapter> adapter;
    std::vector<std::string> sent;
  };

  [[noreturn]] static void fail(const person& p, const std::string& why) { throw violation{p.name + ": " + why}; }

  void add_server() {
    server made;
    made.host = std::make_unique<test::cluster_host>(
        w_, keeps_ ? std::optional<recovery_options>(std::in_place) : std::nullopt);
    made.adapter = std::make_shared<cluster::cluster_adapter>(*made.host, broker_.connect(),
                                                              std::make_shared<const cluster_options>());
    start(made.adapter->init());
    servers_.push_back(std::move(made));
    w_.settle();
    while (broker_.step()) w_.settle();
  }

  void start(task<> work) {
    boost::asio::co_spawn(w_.context(), std::move(work), [](const std::exception_ptr& e) {
      if (e) std::rethrow_exception(e);
    });
  }

  void act() {
    const std::size_t which = dice_.below(100);
    if (which < 45) {
      broker_.step();
    } else if (which < 70) {
      emit(dice_.below(servers_.size()));
    } else if (which < 88) {
      move(people_[dice_.below(people_.size())]);
    } else if (which < 94) {
      w_.advance(std::chrono::milliseconds(dice_.between(1, 30)));
    } else if (cuts_) {
      const std::size_t s = dice_.below(servers_.size());
      if (broker_.is_up(s)) {
        ++sum_.cuts;
        broker_.cut(s);
      } else {
        heal(s);
      }
    }
  }

  void heal(std::size_t s) {
    if (!broker_.heal(s)) return;
    ++sum_.gaps;
    for (person& p : people_)
      if ((p.is_in || p.is_busy) && p.server == s) p.has_gap = true;
  }

  // ---------------------------------------------------------------- events

  void emit(std::size_t from) {
    target to;
    const std::size_t kind = dice_.below(3);
    if (kind == 1) to = test::to({dice_.chance(500) ? "red" : "blue"});
    if (kind == 2) to = test::to({people_[dice_.below(people_.size())].name});
    server& at = servers_[from];
    ++sum_.events;
    std::string text = "[\"e\"," + std::to_string(from) + "," + std::to_string(at.sent.size()) + ",\"" +
                       (to.rooms.empty() ? std::string() : to.rooms.front()) + "\"]";
    at.sent.push_back(text);
    start(broadcast(at.adapter, std::move(text), std::move(to)));
  }

  static task<> broadcast(std::shared_ptr<cluster::cluster_adapter> by, std::string json, target receivers) {
    const report sum = co_await by->broadcast(test::packet(std::move(json)), std::move(receivers));
    static_cast<void>(sum);
  }

  static bool is_for(const person& p, const std::string& json) {
    const auto at = json.rfind(",\"") + 2;
    const std::string room = json.substr(at, json.size() - at - 2);
    return room.empty() || room == p.room || room == p.name;
  }

  // ---------------------------------------------------------------- people

  void move(person& p) {
    if (p.is_busy) return;
    p.is_busy = true;
    if (p.is_in) {
      start(leave(p));
    } else {
      p.server = dice_.below(servers_.size());
      start(p.has_been && keeps_ ? come_back(p) : come(p));
    }
  }

  task<> come(person& p) {
    p.pid = p.name + " pid " + std::to_string(++p.sessions);
    p.got.clear();
    p.got_from.clear();
    p.has_gap = false;
    p.may_be_lost = false;
    p.last = 0;
    p.seen = 0;
    p.socket = test::make_socket(p.name);
    const auto adapter = servers_[p.server].adapter;
    std::vector<std::string> rooms{p.room};
    co_await adapter->join(p.socket, std::move(rooms));
    p.last_admission = co_await adapter->connect(p.socket, nullptr);
    p.since = p.last_admission.since.empty() ? 0 : std::stoull(p.last_admission.since);
    p.is_in = true;
    p.is_busy = false;
  }

  task<> come_back(person& p) {
    const auto adapter = servers_[p.server].adapter;
    const std::uint64_t from = std::max(p.last, p.since);
    const bool had_gap = p.has_gap;
    const bool must = !had_gap && !p.may_be_lost && broker_.is_up(p.server) && from + 1 >= broker_.first();
    std::string offset = p.last == 0 ? std::string() : std::to_string(p.last);
    const auto record = co_await adapter->restore_session(p.pid, std::move(offset));
    if (!record) {
      if (must) fail(p, "its session was there, and it began anew");
      ++sum_.anew;
      co_await come(p);
      co_return;
    }
    if (had_gap) fail(p, "it was led over a gap");
    p.socket = test::make_socket(p.name);
    p.seen = 0;
    co_await adapter->join(p.socket, record->rooms);
    const admission in = co_await adapter->connect(p.socket, record);
    if (!in.ok) {
      if (!cuts_) fail(p, "it was not let in, and nothing was cut");
      ++sum_.anew;
      co_await adapter->remove(p.name);
      p.has_been = false;
      p.is_busy = false;
      co_return;
    }
    ++sum_.recovered;
    p.last_admission = in;
    p.is_in = true;
    p.is_busy = false;
  }

  task<> leave(person& p) {
    const auto adapter = servers_[p.server].adapter;
    const std::size_t sent = p.socket->offsets.size();
    read(p, dice_.between(p.seen, sent));
    if (keeps_ && !p.has_gap) check_whole(p, p.last);
    if (!keeps_) check_order(p);
    p.is_in = false;
    p.socket->is_alive = false;
    session_record record(p.pid, p.name, adapter->rooms_of(p.name), {}, p.last_admission.since,
                          p.last_admission.resent);
    co_await adapter->remove(p.name);
    p.may_be_lost = !broker_.is_up(p.server);
    if (keeps_) co_await adapter->persist_session(std::move(record));
    p.has_been = true;
    p.is_busy = false;
  }

  // ---------------------------------------------------------------- what they have heard

  void read_all(person& p) { read(p, p.socket->offsets.size()); }

  // The client gets so many of the events that were sent to its socket.
  void read(person& p, std::size_t until) {
    std::size_t at = 0;
    for (const std::string& line : p.socket->log) {
      if (line == "admitted") continue;
      if (at >= until) return;
      const std::size_t which = at++;
      if (which < p.seen) continue;
      ++p.seen;
      ++sum_.received;
      if (!is_for(p, line)) fail(p, "it got " + line);
      hear(p, line, p.socket->offsets[which]);
    }
  }

  void hear(person& p, const std::string& line, const std::string& offset) {
    if (!keeps_) {
      const auto at = line.find(',') + 1;
      const std::size_t from = std::stoull(line.substr(at));
      auto& numbers = p.got_from[from];
      const std::uint64_t number = std::stoull(line.substr(line.find(',', at) + 1));
      if (!numbers.empty() && numbers.back() >= number) fail(p, "twice or out of order: " + line);
      numbers.push_back(number);
      return;
    }
    if (offset.empty()) {
      if (!broker_.failed().contains(line)) fail(p, "without an offset: " + line);
      return;
    }
    const std::uint64_t number = std::stoull(offset);
    if (number <= p.last) fail(p, "twice or out of order: " + line + " at " + offset);
    if (read_message(broker_.history().at(number - 1), "/")->event.json() != line)
      fail(p, "the offset of another event: " + line + " at " + offset);
    p.last = number;
    p.got.insert(number);
  }

  void check_whole(const person& p, std::uint64_t until) const {
    if (p.has_gap) return;
    for (std::uint64_t number = p.since + 1; number <= until; ++number) {
      const std::string event = read_message(broker_.history().at(number - 1), "/")->event.json();
      if (is_for(p, event) && !p.got.contains(number))
        fail(p, "it misses " + event + " at " + std::to_string(number) + ", and nobody said so");
    }
  }

  // Between the first and the last event of a server nothing is missing that was published.
  void check_order(const person& p) const {
    if (p.has_gap) return;
    for (const auto& [from, numbers] : p.got_from) {
      std::size_t at = 0;
      for (std::uint64_t number = numbers.front(); number <= numbers.back(); ++number) {
        if (at < numbers.size() && numbers[at] == number) {
          ++at;
          continue;
        }
        const std::string& event = servers_[from].sent[number];
        if (is_for(p, event) && !broker_.failed().contains(event)) fail(p, "it misses " + event);
      }
    }
  }

  dice dice_;
  totals& sum_;
  const bool keeps_;
  world w_;
  cluster_broker broker_;
  bool cuts_ = false;
  std::vector<server> servers_;
  std::vector<person> people_;
};

}  // namespace
}  // namespace cosio::simulation

int main(int count, char** arguments) {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 100;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::strcmp(arguments[i], "--seed") == 0) seed = std::strtoull(arguments[i + 1], nullptr, 10);
    if (std::strcmp(arguments[i], "--seeds") == 0) seeds = std::strtoull(arguments[i + 1], nullptr, 10);
  }
  cosio::simulation::totals sum;
  int bad = 0;
  for (std::uint64_t at = seed; at < seed + seeds && bad < 10; ++at) {
    try {
      cosio::simulation::run one(at, sum);
      one.go();
    } catch (const cosio::simulation::violation& v) {
      ++bad;
      std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(at), v.text.c_str());
    }
  }
  std::printf("%llu events, %llu received, %llu recovered, %llu began anew, %llu cuts, %llu gaps\n",
              static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.received),
              static_cast<unsigned long long>(sum.recovered), static_cast<unsigned long long>(sum.anew),
              static_cast<unsigned long long>(sum.cuts), static_cast<unsigned long long>(sum.gaps));
  // A path that is never used proves nothing.
  if (seeds >= 500 && (sum.recovered == 0 || sum.anew == 0 || sum.cuts == 0 || sum.gaps == 0)) {
    std::fprintf(stderr, "something that runs can meet was never met\n");
    return 1;
  }
  return bad == 0 ? 0 : 1;
}
