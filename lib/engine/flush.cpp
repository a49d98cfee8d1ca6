// Jobs of sessions to flush.

#include "engine/flush.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/session.hpp"

namespace cosio::engine {
namespace {

using session_list = std::vector<std::shared_ptr<session>>;

constexpr std::size_t job_size = 64;

struct thread_list {
  int depth = 0;
  session_list waiting;
};
thread_local thread_list here;

// Flushes 64 sessions, then lets other work in before the next 64.
void post_job(session_list list, std::size_t from) {
  const auto executor = list[from]->get_executor();
  boost::asio::post(executor, [list = std::move(list), from]() mutable {
    const std::size_t end = std::min(from + job_size, list.size());
    for (std::size_t i = from; i < end; ++i) std::exchange(list[i], nullptr)->flush();
    if (end < list.size()) post_job(std::move(list), end);
  });
}

}  // namespace

void schedule_flush(std::shared_ptr<session> s) {
  if (here.depth > 0) {
    here.waiting.push_back(std::move(s));
    return;
  }
  const auto executor = s->get_executor();
  boost::asio::post(executor, [s = std::move(s)] { s->flush(); });
}

flush_scope::flush_scope(session* own) noexcept : own_(own) { ++here.depth; }

flush_scope::~flush_scope() {
  if (here.depth > 1) {
    --here.depth;
    return;
  }
  // Flushing may end a session, whose handlers push again: still inside the scope.
  while (!here.waiting.empty()) {
    if (here.waiting.size() == 1 && here.waiting.front().get() == own_) {  // as a rule
      const auto own = std::move(here.waiting.front());
      here.waiting.clear();
      own->flush();
      continue;
    }
    session_list list = std::exchange(here.waiting, {});
    const auto mine = std::find_if(list.begin(), list.end(), [this](const auto& s) { return s.get() == own_; });
    if (mine != list.end()) {
      const auto own = std::move(*mine);
      list.erase(mine);
      own->flush();
    }
    if (!list.empty()) post_job(std::move(list), 0);
  }
  --here.depth;
}

}  // namespace cosio::engine
