// Applies the messages of python-socketio.

#include "cluster/python_reader.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "cluster/redis_options.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

target here(std::string room) {
  target to;
  to.everybody = false;
  to.rooms.push_back(std::move(room));
  to.flags.local = true;
  return to;
}

// The socket of this server with this id. A room may have the same name, and other members.
std::shared_ptr<local_socket> one_socket(const cosio::adapter& in, const std::string& id) {
  const auto found = in.local_sockets(here(id));
  const auto own = std::find_if(found.begin(), found.end(), [&](const auto& one) { return one->id() == id; });
  return own == found.end() ? nullptr : *own;
}

std::vector<std::string> one_room(std::string room) {
  std::vector<std::string> out;
  out.push_back(std::move(room));
  return out;
}

// Makes the reader for the first namespace of a server. The adapters own it.
class reader_maker {
 public:
  reader_maker(redis_address where, redis_settings how, std::string channel)
      : where_(std::move(where)), how_(std::move(how)), channel_(std::move(channel)) {}

  std::shared_ptr<python_reader> get(adapter_host& host) {
    const base::lock_guard lock(mutex_);
    if (auto known = reader_.lock()) return known;
    const auto executor = host.executor();
    const auto* plain = executor.target<async::executor>();
    if (plain == nullptr) throw error(errc::not_supported, "the adapter's host runs on no io_context");
    auto made = std::make_shared<python_reader>(*plain, host.timers(), where_, how_, channel_);
    made->start();
    reader_ = made;
    return made;
  }

 private:
  const redis_address where_;
  const redis_settings how_;
  const std::string channel_;
  base::mutex mutex_;
  std::weak_ptr<python_reader> reader_ COSIO_GUARDED_BY(mutex_);
};

struct with_reader {
  std::shared_ptr<python_reader> reader;
  std::shared_ptr<cosio::adapter> adapter;
};

// The log tells this connection from those of the servers.
std::shared_ptr<redis_outage> outage_of(const std::string& channel) {
  auto out = std::make_shared<redis_outage>();
  out->name = "the connection for messages of Python (channel " + channel + ") to Redis";
  out->effect = ": programs in Python reach nobody until that is mended";
  return out;
}

}  // namespace

python_reader::python_reader(async::executor on, async::deadlines& timers, redis_address where, redis_settings how,
                             std::string channel)
    : strand_(on),
      timers_(timers),
      channel_(std::move(channel)),
      nodes_(std::make_shared<redis_nodes>(strand_, timers, std::move(where), std::move(how),
                                           redis_nodes::uses::subscriptions, outage_of(channel_))) {}

// The connections are closed on their strand: an operation of theirs may be running, and uses the timers.
python_reader::~python_reader() {
  base::guarded("cluster", [this] {
    async::post(strand_, "cluster", [timers = timers_.keep(), nodes = nodes_] { nodes->close(); });
  });
}

void python_reader::start() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    auto message = [weak](std::string_view, std::string_view, std::string_view text) {
      if (const auto reader = weak.lock()) reader->received(text);
    };
    self->nodes_->start({}, std::move(message));
    self->nodes_->subscribe(redis_channel::plain, self->channel_);
  });
}

void python_reader::add(adapter_host& host, const std::shared_ptr<cosio::adapter>& of) {
  const base::lock_guard lock(mutex_);
  members_.insert_or_assign(host.name(), member{host.weak(), of});
}

// The log is told once of each kind: whoever sends such messages sends many.
void python_reader::put_aside(std::string_view message) {
  if (is_pickled(message)) {
    if (std::exchange(has_told_pickled_, true)) return;
    return base::log(
        log_level::warn, "cluster",
        "a program of Python sends pickled messages, which are put aside: it needs python-socketio 5.14 or "
        "newer, which sends JSON");
  }
  if (std::exchange(has_told_unreadable_, true)) return;
  base::log(log_level::warn, "cluster",
            "the channel of Python has messages that are none of python-socketio, and are put aside");
}

void python_reader::received(std::string_view message) {
  auto what = read_python_message(message);
  if (!what) return put_aside(message);
  member to;
  {
    const base::lock_guard lock(mutex_);
    const auto found = members_.find(what->nsp);
    if (found == members_.end()) return;
    to = found->second;
    if (to.adapter.expired()) members_.erase(found);
  }
  auto host = to.host.lock();
  auto adapter = to.adapter.lock();
  if (!host || !adapter) return;
  async::spawn(strand_, "cluster", apply(std::move(host), std::move(adapter), std::move(*what)));
}

task<> python_reader::apply(std::shared_ptr<adapter_host> host, std::shared_ptr<cosio::adapter> to,
                            python_message what) {
  switch (what.what) {
    case python_message::method::emit: {
      what.to.flags.local = true;
      auto packet = host->encode(std::move(what.event), std::move(what.data), std::nullopt, what.to.flags);
      co_await to->broadcast(std::move(packet), std::move(what.to));
      break;
    }
    case python_message::method::disconnect: {
      const auto who = one_socket(*to, what.sid);
      if (who) co_await who->disconnect(false);
      break;
    }
    case python_message::method::enter_room: {
      auto who = one_socket(*to, what.sid);
      if (who) co_await to->join(std::move(who), one_room(std::move(what.room)));
      break;
    }
    case python_message::method::leave_room: {
      const auto who = one_socket(*to, what.sid);
      if (who) co_await to->leave(std::move(what.sid), one_room(std::move(what.room)));
      break;
    }
    case python_message::method::close_room: {
      target all = here(what.room);
      co_await to->sockets_leave(std::move(all), one_room(std::move(what.room)));
      break;
    }
  }
}

adapter_factory with_python(adapter_factory make, redis_address where, redis_settings how, std::string channel) {
  auto maker = std::make_shared<reader_maker>(std::move(where), std::move(how), std::move(channel));
  return [make = std::move(make), maker](adapter_host& host) -> std::shared_ptr<cosio::adapter> {
    auto both = std::make_shared<with_reader>();
    both->reader = maker->get(host);
    both->adapter = make(host);
    both->reader->add(host, both->adapter);
    auto* const adapter = both->adapter.get();
    return std::shared_ptr<cosio::adapter>(std::move(both), adapter);
  };
}

adapter_factory with_python(adapter_factory make, const redis_options& from) {
  if (from.python_channel.empty()) return make;
  const redis_address where(from.url);
  return with_python(std::move(make), where, settings_of(from, where), from.python_channel);
}

void check_no_python(const redis_options& from, std::string_view wire) {
  if (from.python_channel.empty()) return;
  throw error(errc::bad_argument, std::string(wire) +
                                      "() reads no channel of Python: leave redis_options::python_channel empty for an "
                                      "emitter, and give servers the adapter of the same name");
}

}  // namespace cosio::inline v0_2::cluster
