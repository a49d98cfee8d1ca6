// The namespaces of a server.

#include "socketio/nsp_table.hpp"

#include <utility>

#include "base/logger.hpp"
#include "socketio/nsp_core.hpp"

namespace cosio::inline v0_2::socketio {

// Declared before the lock, so that it is destroyed after the lock.
class nsp_table::afterwards {
 public:
  afterwards() = default;
  afterwards(const afterwards&) = delete;
  afterwards& operator=(const afterwards&) = delete;
  ~afterwards() {
    waiting.end_all();
    for (const auto& nsp : to_run) base::guarded("socketio", [&] { nsp->run_adapter_line(); });
  }
  std::vector<nsp_ptr> to_run;  // their lines have steps
  std::vector<nsp_ptr> gone;
  async::suspensions waiting;
};

nsp_table::entry* nsp_table::entry_of(const nsp_ptr& nsp) {
  const auto found = entries_.find(nsp->name());
  return found != entries_.end() && found->second.nsp == nsp ? &found->second : nullptr;
}

void nsp_table::open(const nsp_ptr& nsp, afterwards& then) {
  if (closing_ == 0 && nsp->open_adapter()) then.to_run.push_back(nsp);
}

std::shared_ptr<adapter_line> nsp_table::line_for(const std::string& name) {
  const auto found = lines_.find(name);
  auto line = found != lines_.end() ? found->second.lock() : nullptr;
  return line ? line : std::make_shared<adapter_line>();
}

// ---------------------------------------------------------------- making

nsp_table::nsp_ptr nsp_table::place(const nsp_ptr& made, maker whose) {
  afterwards then;
  const base::lock_guard lock(mutex_);
  const auto [found, is_new] = entries_.try_emplace(made->name());
  if (!is_new) return found->second.nsp;
  found->second.nsp = made;
  found->second.whose = whose;
  found->second.inside = whose == maker::client ? 1 : 0;
  made->adapter_line(line_for(made->name()));
  open(made, then);
  return made;
}

void nsp_table::publish(const nsp_ptr& made) {
  afterwards then;
  const base::lock_guard lock(mutex_);
  entry* const e = entry_of(made);
  if (e == nullptr) return;
  e->is_published = true;
  std::swap(then.waiting, e->waiting);
}

void nsp_table::withdraw(const nsp_ptr& made) {
  afterwards then;
  const base::lock_guard lock(mutex_);
  if (entry* const e = entry_of(made)) remove(*e, then);
}

bool nsp_table::reserve(std::size_t most) {
  afterwards then;
  const base::lock_guard lock(mutex_);
  if (most != 0 && for_clients_ >= most) {
    if (emptied_.empty()) return false;
    remove(*entry_of(emptied_.begin()->second), then);
  }
  ++for_clients_;
  return true;
}

void nsp_table::unreserve() {
  const base::lock_guard lock(mutex_);
  --for_clients_;
}

bool nsp_table::is_being_made(std::string_view name) const {
  const base::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && !found->second.is_published;
}

task<> nsp_table::until_published(std::shared_ptr<nsp_table> self, std::string name) {
  if (!self->is_being_made(name)) co_return;
  auto hand_out = [self, name = std::move(name)](std::shared_ptr<async::suspension> waiting) {
    self->add_wait(name, std::move(waiting));
  };
  co_await async::wait(std::move(hand_out));
}

void nsp_table::add_wait(const std::string& name, std::shared_ptr<async::suspension> waiting) {
  {
    const base::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    if (found != entries_.end() && !found->second.is_published) return found->second.waiting.add(std::move(waiting));
  }
  waiting->end();
}

// ---------------------------------------------------------------- who is in

nsp_table::nsp_ptr nsp_table::find(std::string_view name) const {
  const base::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.nsp;
}

std::vector<nsp_table::nsp_ptr> nsp_table::all() const {
  std::vector<nsp_ptr> out;
  const base::lock_guard lock(mutex_);
  for (const auto& [name, e] : entries_) out.push_back(e.nsp);
  return out;
}

std::vector<std::string> nsp_table::some_names() const {
  constexpr std::size_t most_looked_at = 2'000;
  std::vector<std::string> out;
  const base::lock_guard lock(mutex_);
  std::size_t looked_at = 0;
  for (const auto& [name, e] : entries_) {
    if (out.size() == most_names || ++looked_at > most_looked_at) break;
    if (e.whose == maker::application && e.is_published) out.push_back(name);
  }
  return out;
}

nsp_table::nsp_ptr nsp_table::enter(std::string_view name) {
  afterwards then;
  const base::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.is_published) return nullptr;
  fill(found->second);
  open(found->second.nsp, then);
  return found->second.nsp;
}

// One more client; so it is not among the empty ones.
void nsp_table::fill(entry& e) {
  ++e.inside;
  if (e.emptied != 0) emptied_.erase(std::exchange(e.emptied, 0));
}

void nsp_table::left(const nsp_ptr& nsp, bool cleans_up) {
  afterwards then;
  const base::lock_guard lock(mutex_);
  entry* const e = entry_of(nsp);
  if (e == nullptr || --e->inside != 0 || !nsp->is_child()) return;
  if (cleans_up || (e->whose == maker::client && !nsp->was_joined())) return remove(*e, then);
  if (e->whose != maker::client) return;
  emptied_.emplace(last_emptied_ + 1, nsp);
  e->emptied = ++last_emptied_;
}

void nsp_table::remove(entry& gone, afterwards& then) {
  const nsp_ptr nsp = gone.nsp;
  then.gone.push_back(nsp);
  if (nsp->close_adapter()) then.to_run.push_back(nsp);
  if (lines_.size() >= sweep_at_) {
    std::erase_if(lines_, [](const auto& line) { return line.second.expired(); });
    sweep_at_ = 2 * lines_.size() + 64;
  }
  lines_.insert_or_assign(nsp->name(), nsp->adapter_line());
  if (gone.emptied != 0) emptied_.erase(gone.emptied);
  if (gone.whose == maker::client) --for_clients_;
  std::swap(then.waiting, gone.waiting);
  nsp->leave_parent();
  entries_.erase(nsp->name());
}

// ---------------------------------------------------------------- closing and opening

std::vector<nsp_table::nsp_ptr> nsp_table::begin_close() {
  std::vector<nsp_ptr> out;
  afterwards then;
  const base::lock_guard lock(mutex_);
  ++closing_;
  for (const auto& [name, e] : entries_) {
    out.push_back(e.nsp);
    if (e.nsp->close_adapter()) then.to_run.push_back(e.nsp);
  }
  return out;
}

void nsp_table::end_close() {
  const base::lock_guard lock(mutex_);
  --closing_;
}

void nsp_table::open_all() {
  afterwards then;
  const base::lock_guard lock(mutex_);
  for (const auto& [name, e] : entries_) open(e.nsp, then);
}

void nsp_table::let_go() noexcept {
  base::text_map<entry> all;
  std::map<std::uint64_t, nsp_ptr> empty;
  {
    const base::lock_guard lock(mutex_);
    all.swap(entries_);
    empty.swap(emptied_);
  }
  for (const auto& [name, e] : all) {
    e.nsp->handlers().clear();
    e.nsp->server_side().remove_all();
  }
}

}  // namespace cosio::inline v0_2::socketio
