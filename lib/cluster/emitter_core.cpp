// Publishing over a wire that nobody listens to.

#include "cluster/emitter_core.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace asio = boost::asio;

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
      wire_(make(*host_)),
      confirms_(dynamic_cast<confirming_wire*>(wire_.get())) {}

// The wire closes its connections in the io_context, before the timer wakes up.
emitter_core::~emitter_core() {
  wire_ = nullptr;
  base::guarded("cluster", [this] {
    async::post(context_.runtime().get_executor(), "cluster", [&context = context_] { context.wake(); });
  });
}

task<publication> emitter_core::publish(std::shared_ptr<emitter_core> self, cluster_message message) {
  auto work = self->confirms_ != nullptr
                  ? self->confirms_->publish_confirmed(std::move(message), self->how_.publish_timeout)
                  : self->wire_->publish(std::move(message));
  publication done = co_await std::move(work);
  if (done.ok && done.pending) {
    done.ok = false;
    done.problem = "it waits in the line, and the broker cannot be reached";
  }
  co_return done;
}

}  // namespace cosio::inline v0_2::cluster
