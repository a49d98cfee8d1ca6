// The handle of <cosio/listener.hpp> that removes a listener.

#include <cosio/listener.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace cosio::inline v0_2 {

listener_handle::listener_handle(std::function<void()> remove, const void* table, std::uint64_t number)
    : remove_(std::make_shared<std::function<void()>>(std::move(remove))), table_(table), number_(number) {}

void listener_handle::remove() const {
  if (remove_ && *remove_) (*remove_)();
}

}  // namespace cosio::inline v0_2
