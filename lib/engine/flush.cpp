// The lists of sessions to flush, and the jobs that do it.

#include "engine/flush.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using flush_list = std::vector<std::shared_ptr<flushable>>;

constexpr std::size_t job_size = 64;

struct thread_list {
  int depth = 0;
  int walks = 0;
  flush_list waiting;
  flush_list overfull;  // judged at the end of the walk
};
thread_local thread_list here;

void flush_from(flush_list& list, std::size_t at, std::size_t end) noexcept {
  for (; at < end; ++at) std::exchange(list[at], nullptr)->flush();
}

// Flushes 64 sessions, then lets other work run before the next 64. Without memory to post that, flushes them all.
void post_job(std::shared_ptr<flush_list> list, std::size_t from) noexcept {
  try {
    async::post((*list)[from]->get_executor(), "engine", [list, from] {
      const std::size_t end = std::min(from + job_size, list->size());
      flush_from(*list, from, end);
      if (end < list->size()) post_job(list, end);
    });
  } catch (...) {
    flush_from(*list, from, list->size());
  }
}

void post_jobs(flush_list list) noexcept {
  std::shared_ptr<flush_list> shared;
  try {
    shared = std::make_shared<flush_list>();
  } catch (...) {
    return flush_from(list, 0, list.size());
  }
  shared->swap(list);
  post_job(std::move(shared), 0);
}

}  // namespace

void schedule_flush(const std::shared_ptr<flushable>& entry) noexcept {
  try {
    if (here.depth > 0) {
      here.waiting.push_back(entry);
    } else {
      async::post(entry->get_executor(), "engine", [entry] { entry->flush(); });
    }
  } catch (...) {  // no memory to do it later
    entry->flush();
  }
}

flush_scope::flush_scope(flushable* own) noexcept : own_(own) { ++here.depth; }

flush_scope::~flush_scope() {
  if (here.depth > 1) {
    --here.depth;
    return;
  }
  // A broadcast may have put the session on the list of a chain of jobs. What the session was sent in its own input
  // does not wait for its turn there.
  flushable* unflushed = own_;
  // Flushing may close a session, and its handlers may send again: that is still inside the scope.
  while (!here.waiting.empty() || unflushed) {
    if (here.waiting.empty()) {
      std::exchange(unflushed, nullptr)->flush();
      continue;
    }
    if (here.waiting.size() == 1 && here.waiting.front().get() == own_) {  // as a rule
      const auto own = std::move(here.waiting.front());
      here.waiting.clear();
      unflushed = nullptr;
      own->flush();
      continue;
    }
    flush_list list = std::exchange(here.waiting, {});
    const auto mine = std::find_if(list.begin(), list.end(), [this](const auto& s) { return s.get() == own_; });
    if (mine != list.end()) {
      const auto own = std::move(*mine);
      list.erase(mine);
      unflushed = nullptr;
      own->flush();
    }
    if (!list.empty()) post_jobs(std::move(list));
  }
  --here.depth;
}

walk_scope::walk_scope() noexcept { ++here.walks; }

std::size_t walk_scope::end() noexcept {
  if (std::exchange(ended_, true) || --here.walks > 0 || here.overfull.empty()) return 0;
  const flush_list list = std::exchange(here.overfull, {});
  return static_cast<std::size_t>(std::ranges::count_if(list, [](const auto& one) { return one->judge(); }));
}

bool judge_after_walk(const std::shared_ptr<flushable>& who) noexcept {
  if (here.walks == 0) return false;
  if (!here.overfull.empty() && here.overfull.back() == who) return true;
  // Without memory for it, the next packet brings it here again.
  base::guarded("engine", [&] { here.overfull.push_back(who); });
  return true;
}

}  // namespace cosio::inline v0_2::engine
