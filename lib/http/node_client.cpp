// Another server of the cluster: its connections, its limits, and whether it can be reached.

#include "http/node_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using node_ending = link_result::ending;

constexpr auto pause_when_down = 1s;

// The answer to a client whose server gives none.
response without_answer(node_ending how) {
  unsigned status = 503;
  std::string text = "the server of this session has too many requests to take this one\n";
  if (how == node_ending::unreachable) text = "the server of this session cannot be reached\n";
  if (how == node_ending::timed_out) {
    status = 504;
    text = "the server of this session has not answered in time\n";
  }
  if (how == node_ending::broken || how == node_ending::too_large) {
    status = 502;
    text = "the server of this session has given no answer that can be passed on\n";
  }
  response answer(status, std::move(text));
  answer.set("cache-control", "no-store");
  if (status == 503) answer.set("Retry-After", "1");
  return answer;
}

std::shared_ptr<node_answer> no_answer(node_ending how) {
  auto out = std::make_shared<node_answer>();
  out->answer = without_answer(how);
  return out;
}

}  // namespace

void node_call::cut() noexcept {
  const base::lock_guard lock(mutex_);  // held, so that nobody else uses the connection yet
  cut_ = true;
  if (const auto link = link_.lock()) link->cut();
}

// @return false when it was cut before.
bool node_call::goes_by(const std::shared_ptr<node_link>& link) {
  const base::lock_guard lock(mutex_);
  link_ = link;
  return !cut_;
}

void node_call::is_over() noexcept {
  const base::lock_guard lock(mutex_);
  link_.reset();
}

// Closes connections that nobody has used for a while.
class node_client::pruning final : public async::deadline {
 public:
  explicit pruning(std::weak_ptr<node_client> of) noexcept : of_(std::move(of)) {}
  void on_deadline() override {
    if (const auto alive = of_.lock()) alive->prune();
  }

 private:
  const std::weak_ptr<node_client> of_;
};

// A place among the requests, or the tunnels, of one server.
struct node_client::counted {
  counted(std::atomic<std::size_t>& here, std::atomic<std::size_t>& all, std::size_t most, std::shared_ptr<void> keeps)
      : own(here), sum(all), owner(std::move(keeps)) {
    sum.fetch_add(1);
    fits = own.fetch_add(1) < most;
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() {
    own.fetch_sub(1);
    sum.fetch_sub(1);
  }
  std::atomic<std::size_t>& own;
  std::atomic<std::size_t>& sum;
  const std::shared_ptr<void> owner;  // of both numbers
  bool fits = false;
};

node_client::node_client(std::shared_ptr<async::runtime> runtime, unsigned number, node_address at, node_limits limits,
                         std::shared_ptr<node_counts> counts)
    : runtime_(std::move(runtime)),
      number_(number),
      address_(std::move(at)),
      limits_(limits),
      counts_(std::move(counts)) {}

node_client::~node_client() {
  if (pruning_) runtime_->timers().disarm(*pruning_);
}

std::shared_ptr<node_link> node_client::new_link() { return std::make_shared<node_link>(runtime_, limits_, counts_); }

// The connection that was used last, which the other server has had the least time to close.
std::shared_ptr<node_link> node_client::take_link() {
  for (;;) {
    std::shared_ptr<node_link> link;
    {
      const base::lock_guard lock(mutex_);
      if (idle_.empty()) break;
      link = std::move(idle_.back());
      idle_.pop_back();
    }
    if (runtime_->timers().now() - link->idle_since() < limits_.idle && link->is_fresh()) return link;
  }
  return new_link();
}

void node_client::give_back(std::shared_ptr<node_link> link) {
  link->idle_since(runtime_->timers().now());
  const base::lock_guard lock(mutex_);
  if (idle_.size() >= limits_.max_idle) return;
  idle_.push_back(std::move(link));
  if (pruning_) return;
  pruning_ = std::make_shared<pruning>(weak_from_this());
  pruning_->owned_by(pruning_);
  runtime_->timers().arm_after(*pruning_, limits_.idle);
}

void node_client::prune() noexcept {
  std::vector<std::shared_ptr<node_link>> old;
  base::guarded("http", [&] {
    const base::lock_guard lock(mutex_);
    const auto now = runtime_->timers().now();
    const auto first_young = std::find_if(idle_.begin(), idle_.end(),
                                          [&](const auto& link) { return now - link->idle_since() < limits_.idle; });
    old.assign(idle_.begin(), first_young);
    idle_.erase(idle_.begin(), first_young);
    if (idle_.empty()) {
      pruning_.reset();
    } else {
      runtime_->timers().arm_after(*pruning_, limits_.idle);
    }
  });
}

void node_client::close_idle() noexcept {
  std::vector<std::shared_ptr<node_link>> all;
  const base::lock_guard lock(mutex_);
  all.swap(idle_);
}

// Of a server that is down, one request at a time asks whether it is there again.
bool node_client::may_connect() {
  const base::lock_guard lock(mutex_);
  if (!is_down_) return true;
  const auto now = runtime_->timers().now();
  if (now < try_at_ || is_trying_) return false;
  is_trying_ = true;
  return true;
}

void node_client::connect_ended(bool connected, bool is_cut, const std::string& why) {
  bool was_down = false;
  {
    const base::lock_guard lock(mutex_);
    was_down = is_down_;
    is_trying_ = false;
    if (!connected && is_cut) return;
    is_down_ = !connected;
    try_at_ = runtime_->timers().after(pause_when_down);
  }
  const std::string name = "server " + std::to_string(number_) + " at " + address_.text();
  if (connected && was_down) base::log(log_level::warn, "http", name + " is there again");
  if (!connected && !was_down)
    base::log(log_level::error, "http",
              name + " cannot be reached (" + why +
                  "): requests of its sessions get 503 until it can; look whether it runs, and whether the list of "
                  "servers is right (forwarding_options.nodes)");
}

void node_client::tell_full() {
  const auto due = full_.ask(log_level::warn, "http");
  if (!due) return;
  base::log_remark(due, "http",
                   "too many requests or tunnels to server " + std::to_string(number_) +
                       " at once: one is refused with 503 (forwarding_options.max_requests, max_tunnels)",
                   {});
}

void node_client::tell_unanswered(const std::string& why) {
  const auto due = unanswered_.ask(log_level::warn, "http");
  if (!due) return;
  base::log_remark(due, "http",
                   "a request that was passed on to server " + std::to_string(number_) + " at " + address_.text() +
                       " got no answer: " + why,
                   {});
}

namespace {

// On the strand of the link.
task<> exchange_by(std::shared_ptr<node_link> link, link_request asked, std::shared_ptr<link_result> out) {
  try {
    auto work = node_link::ask(link, std::move(asked), out);
    co_await std::move(work);
  } catch (const std::exception& e) {  // no memory, or a field that no answer may have
    out->how = node_ending::broken;
    out->keep = false;
    out->why = e.what();
  }
}

}  // namespace

task<std::shared_ptr<node_answer>> node_client::ask(std::shared_ptr<node_client> self, request head, std::string mark,
                                                    std::string body, bool upgrade, std::shared_ptr<node_call> call) {
  const auto place =
      std::make_shared<counted>(self->requests_, self->counts_->under_way, self->limits_.max_requests, self);
  const auto counts = self->counts_;
  std::shared_ptr<counted> tunnel_place;
  bool has_place = place->fits;
  if (has_place && upgrade) {
    tunnel_place = std::make_shared<counted>(self->tunnels_, counts->tunnels, self->limits_.max_tunnels, self);
    has_place = tunnel_place->fits;
  }
  if (!has_place) {
    ++counts->refused;
    self->tell_full();
    co_return no_answer(node_ending::no_room);
  }
  const auto out = std::make_shared<link_result>();
  const auto link = upgrade ? self->new_link() : self->take_link();
  bool goes = call->goes_by(link);
  if (goes && !link->connected()) {
    if (!self->may_connect()) {
      ++counts->failed;
      co_return no_answer(node_ending::unreachable);
    }
    std::exception_ptr thrown;
    try {
      auto connecting = node_link::connect(link, self->address_, out);
      goes = co_await asio::co_spawn(link->strand(), std::move(connecting), asio::use_awaitable);
    } catch (...) {
      thrown = std::current_exception();
      goes = false;
    }
    self->connect_ended(goes, link->is_cut() || thrown != nullptr, out->why);
  }
  if (goes) {
    link_request asked;
    asked.head = std::move(head);
    asked.mark = std::move(mark);
    asked.body = std::move(body);
    asked.upgrade = upgrade;
    auto work = exchange_by(link, std::move(asked), out);
    co_await asio::co_spawn(link->strand(), std::move(work), asio::use_awaitable);
  }
  call->is_over();
  if (out->keep && !link->is_cut()) self->give_back(link);

  auto answer = std::make_shared<node_answer>();
  if (out->how == node_ending::answered) {
    ++counts->requests;
    answer->answer = std::move(out->answer);
    co_return answer;
  }
  if (out->how == node_ending::switched) {
    ++counts->upgrades;
    answer->stream = std::move(out->stream);
    answer->head = std::move(out->head);
    answer->place = tunnel_place;
    co_return answer;
  }
  ++(out->how == node_ending::no_room ? counts->refused : counts->failed);
  if (!link->is_cut() && out->how != node_ending::unreachable) self->tell_unanswered(out->why);
  answer->answer = without_answer(out->how);
  co_return answer;
}

}  // namespace cosio::inline v0_2::http
