// Shared objects that live for a moment, in memory that the running thread keeps for the next of them.
//
// Asio keeps a few blocks in each thread that runs an io_context, for the operations that come and go with each packet.
// Objects that come and go in the same way use these blocks, too. On other threads this is std::make_shared().

#pragma once
#include <boost/asio/recycling_allocator.hpp>

#include <memory>
#include <utility>

namespace cosio::inline v0_2::async {

template <class T, class... Args>
std::shared_ptr<T> make_recycled(Args&&... args) {
  return std::allocate_shared<T>(boost::asio::recycling_allocator<T>(), std::forward<Args>(args)...);
}

}  // namespace cosio::inline v0_2::async
