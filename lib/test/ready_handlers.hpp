// Runs what is ready in an io_context, a few handlers at a time, in an order that the dice choose.
//
// Asio runs handlers first come, first served. With several threads the server sees other orders too, so what waits is
// shuffled: handlers of one strand stay in their order, because a strand is one entry of the queue, however much waits
// in it. Asio offers no way to its queue; this takes the one that the language leaves open.

#pragma once
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <utility>
#include <vector>

#include "test/dice.hpp"

namespace cosio::test::inline v0_2::kit {
namespace queue_access {

namespace asio = boost::asio;
using queue = asio::detail::op_queue<asio::detail::operation>;

// The access of an explicit instantiation's arguments is not checked.
struct queue_of_scheduler {
  using type = queue asio::detail::scheduler::*;
  friend type pointer_to(queue_of_scheduler);
};
template <class Tag, typename Tag::type Member>
struct opened {
  friend typename Tag::type pointer_to(Tag) { return Member; }
};
template struct opened<queue_of_scheduler, &asio::detail::scheduler::op_queue_>;

}  // namespace queue_access

/// @par Threads  The one thread that runs the io_context; not from inside of a handler.
class ready_handlers {
 public:
  ready_handlers(boost::asio::io_context& context, dice& chance) : context_(context), dice_(chance) {}

  /// Runs at most `count`. @return how many it ran.
  std::size_t run(std::size_t count) {
    std::size_t ran = 0;
    context_.restart();
    while (ran < count && !queue().empty()) {
      if (dice_.chance(400)) put_off(dice_.between(1, 6));
      if (context_.poll_one() == 0) break;
      ++ran;
    }
    total_ += ran;
    return ran;
  }
  /// Until nothing is ready any more.
  std::size_t run_all() { return run(~std::size_t{0}); }

  bool empty() { return queue().empty(); }
  std::size_t total() const noexcept { return total_; }

 private:
  queue_access::queue& queue() {
    return boost::asio::use_service<boost::asio::detail::scheduler>(context_).*
           pointer_to(queue_access::queue_of_scheduler());
  }
  // The first ones go to the end. There is no reactor in this world, whose own entry would have to stay where it is.
  void put_off(std::size_t count) {
    auto& waiting = queue();
    for (; count > 0 && !waiting.empty(); --count) {
      auto* first = waiting.front();
      waiting.pop();
      waiting.push(first);
    }
  }

  boost::asio::io_context& context_;
  dice& dice_;
  std::size_t total_ = 0;
};

}  // namespace cosio::test::inline v0_2::kit
