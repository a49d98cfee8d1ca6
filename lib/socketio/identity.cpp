// The identity of a client.

#include "socketio/identity.hpp"

#include <exception>
#include <utility>

#include "async/suspension.hpp"

namespace cosio::inline v0_2::socketio {

task<> identity::ask(std::shared_ptr<identity> self, std::shared_ptr<client_host> host, http::request request) {
  while (self->asked_ && self->asked_->waiting) {
    auto hand_out = [self](std::shared_ptr<async::suspension> waiting) {
      self->asked_->waiting->add(std::move(waiting));
    };
    co_await async::wait(std::move(hand_out));
  }
  const auto question = host->identify();
  if (self->answer() || !question) co_return;
  if (!self->asked_) self->asked_ = std::make_unique<asked>();
  self->asked_->waiting = std::make_unique<async::suspensions>();
  std::exception_ptr thrown;
  try {
    auto work = question(std::move(request));
    auto who = co_await std::move(work);
    self->asked_->answer = std::make_shared<const boost::json::value>(std::move(who));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (const auto waiting = std::exchange(self->asked_->waiting, nullptr)) waiting->end_all();
  if (thrown) std::rethrow_exception(thrown);
}

void identity::forsake() noexcept {
  if (asked_) const auto gone = std::exchange(asked_->waiting, nullptr);
}

}  // namespace cosio::inline v0_2::socketio
