// The parts of <cosio/completion.hpp> that are no templates. Conversions of executors take compilers long, so users'
// files do not repeat them.

#include <cosio/completion.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/system_executor.hpp>

#include <memory>
#include <utility>

namespace cosio::inline v0_2::detail {

boost::asio::any_io_executor starting_place::executor() const {
  auto found = find_(of_.get());
  if (!found) found = boost::asio::system_executor();
  return found;
}

void stopper::stop(std::shared_ptr<stopper> self, boost::asio::cancellation_type type) {
  const auto on = self->on_;
  boost::asio::dispatch(on, [self = std::move(self), type] { self->signal_.emit(type); });
}

}  // namespace cosio::inline v0_2::detail
