// Questions of other servers to the clients of this one.

#include "cluster/asked_questions.hpp"

#include "async/wait_until.hpp"

namespace cosio::inline v0_2::cluster {

void asked_question::answered(arguments answer) {
  forward_(std::move(answer));
  ended();
}

bool asked_question::suspended(std::size_t clients, const std::weak_ptr<async::suspension>& waiting) {
  const base::lock_guard lock(mutex_);
  wanted_ = clients;
  waiting_ = waiting;
  return is_given_up_ || ended_ >= wanted_;
}

void asked_question::ended() {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    if (++ended_ >= wanted_) wake = waiting_.lock();
  }
  if (wake) wake->end();
}

void asked_question::give_up() {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    is_given_up_ = true;
    wake = waiting_.lock();
  }
  if (wake) wake->end();
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<> asked_question::wait(std::shared_ptr<asked_question> self, std::size_t clients, async::deadlines& timers,
                            async::time_point until) {
  auto started = [self, clients](const std::weak_ptr<async::suspension>& waiting) {
    if (!self->suspended(clients, waiting)) return;
    if (const auto alive = waiting.lock()) alive->end();
  };
  co_await async::wait_until(timers, until, std::move(started));
}

void asked_questions::put(const std::string& from, entry& one) {
  one.number = next_++;
  const auto [found, is_new] = servers_.try_emplace(from);
  server& of = found->second;
  try {
    one.at = of.asked.insert(of.asked.end(), &one);
    if (is_new) {
      of.id = from;
      of.at = ranks_.emplace(of.now(), &of).first;
    }
  } catch (...) {  // no memory
    if (is_new) servers_.erase(found);
    throw;
  }
  one.of = &of;
  ++size_;
  move(of);
}

// Without an allocation.
void asked_questions::move(server& of) {
  auto node = ranks_.extract(of.at);
  node.key() = of.now();
  of.at = ranks_.insert(std::move(node)).position;
}

void asked_questions::remove(entry& one) noexcept {
  server& of = *std::exchange(one.of, nullptr);
  of.asked.erase(one.at);
  --size_;
  if (!of.asked.empty()) return move(of);
  ranks_.erase(of.at);
  servers_.erase(servers_.find(of.id));
}

void asked_questions::leave(entry& one) noexcept {
  const base::lock_guard lock(mutex_);
  if (one.of != nullptr) remove(one);
}

std::shared_ptr<const void> asked_questions::add(const std::string& from,
                                                 const std::shared_ptr<asked_question>& question) {
  const auto made = std::make_shared<entry>();
  made->question = question;
  std::shared_ptr<asked_question> over;
  {
    const base::lock_guard lock(mutex_);
    put(from, *made);
    if (size_ > most_) {
      entry& oldest = *ranks_.rbegin()->second->asked.front();
      over = oldest.question.lock();
      remove(oldest);
    }
  }
  const auto leaves = [self = shared_from_this(), made](const entry*) { self->leave(*made); };
  std::shared_ptr<const void> place(made.get(), leaves);
  if (over) {
    over->give_up();
    if (const base::due_remark due = given_up_.ask(log_level::warn, "cluster"))
      base::log_remark(due, "cluster",
                       "more questions of other servers wait for clients than this server keeps: the oldest of the "
                       "server that asks the most are over, and it gets no more of their acknowledgements",
                       {});
  }
  return place;
}

std::size_t asked_questions::size() const {
  const base::lock_guard lock(mutex_);
  return size_;
}

}  // namespace cosio::inline v0_2::cluster
