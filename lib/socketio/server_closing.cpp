// The end of a server: its clients leave, its adapters, engines and its port close.

#include <boost/asio/post.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "async/spawn.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "socketio/client_core.hpp"
#include "socketio/server_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::socketio {

std::vector<std::shared_ptr<client_core>> server_core::clients() const {
  std::vector<std::shared_ptr<client_core>> found;
  std::unordered_set<const client_core*> known;  // only looked up: its order is an order of addresses
  for (const auto& nsp : all()) {
    for (const auto& one : nsp->adapter().local_sockets(target())) {
      const auto socket = std::dynamic_pointer_cast<socket_core>(one);
      auto client = socket ? client_core::of(*socket) : nullptr;
      if (client && known.insert(client.get()).second) found.push_back(std::move(client));
    }
  }
  return found;
}

// Every socket leaves, on its client's strand. Nothing is sent: a client that is told nothing connects again.
// Sessions that were adopted belong to another engine: they are closed here.
void server_core::close_clients() {
  for (const auto& client : clients()) {
    boost::asio::post(client->session().get_strand(), [client] {
      client->leave_all(reason(reason::kind::server_shutting_down));
      client->session().close(reason(reason::kind::forced_close), true);
    });
  }
}

// Holds no handle of the application while it waits.
task<> server_core::close_own_app() const {
  auto own = mounting_.own_app();
  return own ? own->close() : async::nothing();
}

task<> server_core::close(std::shared_ptr<server_core> self) {
  self->close_clients();
  for (const auto& nsp : self->all()) {
    try {
      auto closing = nsp->adapter().close();
      co_await std::move(closing);
    } catch (...) {
      async::report("socketio", std::current_exception());
    }
  }
  const auto engines = self->mounting_.engines();
  for (const auto& engine : engines) co_await engine::engine_core::close(engine, reason(reason::kind::forced_close));
  auto closing = self->close_own_app();
  co_await std::move(closing);
}

task<> server_core::drain(std::shared_ptr<server_core> self, close_options how) {
  const auto engines = self->mounting_.engines();
  for (const auto& engine : engines) engine->refuse_sessions();
  const auto until = self->timers().now() + how.deadline;
  const auto spread = std::clamp(how.spread, std::chrono::milliseconds(0), how.deadline);
  if (!how.event.empty()) co_await tell_everybody(self, how.event, spread);
  co_await drain_clients(self, until, spread);
  for (const auto& engine : engines) {
    const auto left = std::max(until - self->timers().now(), async::duration::zero());
    co_await engine::engine_core::drain(engine, reason(reason::kind::forced_close), left);
  }
  co_await close(self);
}

task<> server_core::tell_everybody(std::shared_ptr<server_core> self, std::string event,
                                   std::chrono::milliseconds spread) {
  for (const auto& nsp : self->all()) {
    target here;
    here.flags.local = true;
    auto packet = nsp->encode(event, detail::encode_event(event, spread.count()), std::nullopt, here.flags);
    try {
      auto telling = nsp->adapter().broadcast(std::move(packet), std::move(here));
      co_await std::move(telling);
    } catch (...) {  // the other namespaces are still told, and the server closes
      async::report("socketio", std::current_exception());
    }
  }
}

namespace {

// Held by every client that is drained. The last one that is destroyed ends the wait.
struct last_of_all {
  last_of_all() = default;
  last_of_all(const last_of_all&) = delete;
  last_of_all& operator=(const last_of_all&) = delete;
  ~last_of_all() {
    if (const auto still = waiting.lock()) still->end();
  }
  std::weak_ptr<async::suspension> waiting;
};

}  // namespace

// Drains one client after the other, evenly over `spread`. Then waits until all have gone, or the time is over.
task<> server_core::drain_clients(std::shared_ptr<server_core> self, async::time_point until,
                                  std::chrono::milliseconds spread) {
  const auto leaving = self->clients();
  const auto begin = self->timers().now();
  auto present = std::make_shared<last_of_all>();
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    const auto at = begin + spread * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(leaving.size());
    if (at > self->timers().now()) co_await async::wait_until(self->timers(), at);
    boost::asio::post(leaving[i]->session().get_strand(), [client = leaving[i], present] {
      client->drain(reason(reason::kind::server_shutting_down), present);
    });
  }
  auto until_last = [last = std::move(present)](std::weak_ptr<async::suspension> waiting) mutable {
    last->waiting = std::move(waiting);
    last = nullptr;
  };
  co_await async::wait_until(self->timers(), until, std::move(until_last));
}

}  // namespace cosio::socketio
