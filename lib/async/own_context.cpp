// An io_context of ours that ends before it is destroyed.

#include "async/own_context.hpp"

#include <utility>

namespace cosio::inline v0_2::async {
namespace {

thread_local std::shared_ptr<own_context> here;

}  // namespace

void own_context::end() noexcept {
  ended_.store(true, std::memory_order_release);
  shutdown();
}

const std::shared_ptr<own_context>& own_context::running() noexcept { return here; }

own_context::running_here::running_here(std::shared_ptr<own_context> now) noexcept
    : before_(std::exchange(here, std::move(now))) {}
own_context::running_here::~running_here() { here = std::move(before_); }

}  // namespace cosio::inline v0_2::async
