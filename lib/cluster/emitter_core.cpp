// Publishing over a wire that nobody listens to.

#include "cluster/emitter_core.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <utility>

#include "async/wait_until.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Wires tell nobody when their connection is there, and when their line is empty. A program that publishes waits for
// the first at its beginning, and while the broker cannot be reached.
constexpr auto look_for_end = 10ms;

// @throws error errc::not_supported for an executor that belongs to no io_context.
emitter_context& context_of(const asio::any_io_executor& on) {
  async::runtime found(on);
  return asio::use_service<emitter_context>(found.context());
}

}  // namespace

emitter_context::emitter_context(asio::execution_context& in)
    : service(in), runtime_(static_cast<asio::io_context&>(in).get_executor()) {
  alarm_->owned_by(alarm_);
}

void emitter_context::wake() { runtime_.timers().arm(*alarm_, runtime_.timers().now()); }

std::int64_t emitter_host::wall_clock() const noexcept {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

emitter_core::emitter_core(const asio::any_io_executor& on, const wire_maker& make, emitter_options how)
    : how_(how),
      context_(context_of(on)),
      host_(std::make_shared<emitter_host>(context_.runtime())),
      wire_(make(*host_)) {}

// The wire closes its connections in the io_context, before the timer wakes up.
emitter_core::~emitter_core() {
  wire_ = nullptr;
  base::guarded("cluster", [this] {
    async::post(context_.runtime().get_executor(), "cluster", [&context = context_] { context.wake(); });
  });
}

task<publication> emitter_core::publish(std::shared_ptr<emitter_core> self, cluster_message message) {
  async::deadlines& timers = self->host_->timers();
  const async::time_point until = timers.after(self->how_.publish_timeout);
  while (!self->wire_->counts().connected && timers.now() < until)
    co_await async::wait_until(timers, std::min(until, timers.after(look_for_end)));
  publication done;
  if (!self->wire_->counts().connected) {
    done.problem = "the broker cannot be reached";
    co_return done;
  }
  const std::uint64_t lost = self->wire_->counts().lost;
  auto work = self->wire_->publish(std::move(message));
  done = co_await std::move(work);
  // Some wires have a line, and say so when a message is in it.
  while (done.ok && self->wire_->counts().pending_bytes > 0 && timers.now() < until)
    co_await async::wait_until(timers, std::min(until, timers.after(look_for_end)));
  const wire_counts now = self->wire_->counts();
  if (done.ok && (now.pending_bytes > 0 || now.lost > lost)) {
    done.ok = false;
    done.problem = now.pending_bytes > 0 ? "the time was over before the broker took it" : "the message was lost";
  }
  co_return done;
}

}  // namespace cosio::inline v0_2::cluster
