// Acknowledgements that are awaited.

#include "socketio/acks.hpp"

#include <mutex>
#include <utility>

namespace cosio::socketio {

bool acks::wait(std::uint64_t id, std::shared_ptr<answer_sink> who) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  if (!waiting_) waiting_ = std::make_unique<table>();
  waiting_->insert_or_assign(id, std::move(who));
  return true;
}

bool acks::forget(std::uint64_t id) {
  std::shared_ptr<answer_sink> last;
  const std::lock_guard lock(mutex_);
  if (!waiting_) return false;
  const auto found = waiting_->find(id);
  if (found == waiting_->end()) return false;
  last = std::move(found->second);
  waiting_->erase(found);
  return true;
}

void acks::answer(std::uint64_t id, arguments values) {
  std::shared_ptr<answer_sink> who;
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_) return;
    const auto found = waiting_->find(id);
    if (found == waiting_->end()) return;
    who = std::move(found->second);
    waiting_->erase(found);
  }
  who->answered(std::move(values));
}

void acks::close() {
  std::unique_ptr<table> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    all = std::move(waiting_);
  }
  if (!all) return;
  for (const auto& [id, who] : *all) who->gone();
}

}  // namespace cosio::socketio
