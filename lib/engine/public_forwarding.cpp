// The handle of <cosio/forwarding.hpp>.

#include <cosio/forwarding.hpp>

#include <utility>

#include "engine/engine.hpp"
#include "engine/forwarder.hpp"

namespace cosio::inline v0_2 {

forwarding::forwarding(const engine_server& on, forwarding_options settings)
    : impl_(std::make_shared<engine::forwarder>(std::move(settings))) {
  on.internals()->forward(impl_);
}

void forwarding::nodes(node_list list) const { impl_->nodes(std::move(list)); }
node_list forwarding::nodes() const { return impl_->nodes(); }
forwarding_counts forwarding::counts() const noexcept { return impl_->counts(); }

}  // namespace cosio::inline v0_2
