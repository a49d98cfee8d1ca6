// The identity of a client.

#include "socketio/identity.hpp"

#include <exception>
#include <utility>

#include "async/suspension.hpp"

namespace cosio::inline v0_2::socketio {

task<> identity::ask(std::shared_ptr<identity> self, std::shared_ptr<client_host> host, http::request request) {
  while (self->waiting_) {
    auto hand_out = [self](std::shared_ptr<async::suspension> waiting) { self->waiting_->add(std::move(waiting)); };
    co_await async::wait(std::move(hand_out));
  }
  const auto question = host->identify();
  if (self->answer_ || !question) co_return;
  self->waiting_ = std::make_unique<async::suspensions>();
  std::exception_ptr thrown;
  try {
    auto work = question(std::move(request));
    auto who = co_await std::move(work);
    self->answer_ = std::make_shared<const boost::json::value>(std::move(who));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (const auto waiting = std::exchange(self->waiting_, nullptr)) waiting->end_all();
  if (thrown) std::rethrow_exception(thrown);
}

void identity::forsake() noexcept { const auto gone = std::exchange(waiting_, nullptr); }

}  // namespace cosio::inline v0_2::socketio
