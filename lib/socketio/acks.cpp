// Acknowledgements that are awaited.

#include "socketio/acks.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::socketio {

acks::found::~found() {
  if (sink_ && !is_kept_) base::guarded("socketio", [this] { sink_->gone(); });
}

acks::place acks::wait(std::uint64_t id, std::shared_ptr<answer_sink> who, std::size_t most) {
  const bool is_kept = who->keeps();
  const base::lock_guard lock(mutex_);
  if (closed_) return place::left;
  if (!table_) table_ = std::make_unique<table>();
  if (most != 0 && table_->waiting.size() >= most) return place::full;
  table_->waiting.insert_or_assign(id, entry{std::move(who), is_kept});
  return place::waiting;
}

bool acks::remove(std::uint64_t id) {
  std::shared_ptr<answer_sink> last;  // both are destroyed without the lock
  std::vector<async::gate::pass> answered;
  const base::lock_guard lock(mutex_);
  if (!table_) return false;
  const auto known = table_->waiting.find(id);
  if (known == table_->waiting.end()) return false;
  last = std::move(known->second.sink);
  table_->waiting.erase(known);
  answered = passes_if_answered();
  return true;
}

acks::found acks::take(std::uint64_t id) {
  found out;
  std::vector<async::gate::pass> answered;
  const base::lock_guard lock(mutex_);
  if (!table_) return out;
  const auto known = table_->waiting.find(id);
  if (known == table_->waiting.end()) return out;
  out.id_ = id;
  out.is_kept_ = known->second.is_kept;
  if (out.is_kept_) {
    out.sink_ = known->second.sink;
  } else {
    out.sink_ = std::move(known->second.sink);
    table_->waiting.erase(known);
    answered = passes_if_answered();
  }
  return out;
}

bool acks::answer(found waiting, arguments values, std::size_t& charged) {
  if (waiting.is_kept_ && !keep(waiting.id_, charged)) return false;
  std::exchange(waiting.sink_, nullptr)->answered(std::move(values));
  return true;
}

// Ends the wait of a sink that keeps its answer. In one step with the charge: whoever forgets the answer finds either.
bool acks::keep(std::uint64_t id, std::size_t& charged) {
  std::vector<async::gate::pass> answered;
  const base::lock_guard lock(mutex_);
  const auto known = table_->waiting.find(id);
  if (known == table_->waiting.end()) return false;
  if (charged != 0 && table_->charges.emplace(id, charged).second) charged = 0;
  table_->waiting.erase(known);
  answered = passes_if_answered();
  return true;
}

void acks::hold_until_answered(async::gate::pass pass) {
  const base::lock_guard lock(mutex_);
  if (!table_ || table_->waiting.empty()) return;
  table_->until_answered.push_back(std::move(pass));
}

// The passes that end waits: to be destroyed without the lock.
std::vector<async::gate::pass> acks::passes_if_answered() {
  std::vector<async::gate::pass> out;
  if (table_->waiting.empty()) std::swap(out, table_->until_answered);
  return out;
}

std::size_t acks::release(std::uint64_t id) {
  const base::lock_guard lock(mutex_);
  if (!table_) return 0;
  const auto known = table_->charges.find(id);
  if (known == table_->charges.end()) return 0;
  const std::size_t charged = known->second;
  table_->charges.erase(known);
  return charged;
}

void acks::close() {
  decltype(table::waiting) all;
  std::vector<async::gate::pass> answered;
  {
    const base::lock_guard lock(mutex_);
    closed_ = true;
    if (table_) all.swap(table_->waiting);
    if (table_) answered = passes_if_answered();
  }
  for (const auto& [id, who] : all) who.sink->gone();
}

}  // namespace cosio::inline v0_2::socketio
