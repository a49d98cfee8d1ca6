// Acknowledgements that are awaited.

#include "socketio/acks.hpp"

#include <utility>

#include "base/guarded.hpp"

namespace cosio::socketio {

acks::place acks::wait(std::uint64_t id, std::shared_ptr<answer_sink> who, std::size_t most) {
  const base::lock_guard lock(mutex_);
  if (closed_) return place::left;
  if (!waiting_) waiting_ = std::make_unique<table>();
  if (most != 0 && waiting_->size() >= most) return place::full;
  waiting_->insert_or_assign(id, std::move(who));
  return place::waiting;
}

bool acks::remove(std::uint64_t id) {
  std::shared_ptr<answer_sink> last;
  const base::lock_guard lock(mutex_);
  if (!waiting_) return false;
  const auto found = waiting_->find(id);
  if (found == waiting_->end()) return false;
  last = std::move(found->second);
  waiting_->erase(found);
  return true;
}

bool acks::answer(std::uint64_t id, arguments values) {
  std::shared_ptr<answer_sink> who;
  {
    const base::lock_guard lock(mutex_);
    if (!waiting_) return false;
    const auto found = waiting_->find(id);
    if (found == waiting_->end()) return false;
    who = std::move(found->second);
    waiting_->erase(found);
  }
  who->answered(std::move(values));
  return true;
}

void acks::close() {
  std::unique_ptr<table> all;
  {
    const base::lock_guard lock(mutex_);
    closed_ = true;
    all = std::move(waiting_);
  }
  if (!all) return;
  for (const auto& [id, who] : *all) who->gone();
}

}  // namespace cosio::socketio
