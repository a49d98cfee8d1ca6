// One connection to PostgreSQL that is made again when it is lost.

#include "cluster/postgres_link.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using progress = postgres_connection::progress;

constexpr milliseconds first_postgres_pause{100};
constexpr milliseconds longest_postgres_pause{5'000};
constexpr milliseconds postgres_attempt_limit{10'000};
constexpr milliseconds postgres_idle_limit{5'000};   // without bytes; then it is asked
constexpr milliseconds postgres_reply_limit{5'000};  // without bytes, while an answer is due

}  // namespace

postgres_link::postgres_link(async::strand on, async::deadlines& timers, std::shared_ptr<const postgres_address> to,
                             std::shared_ptr<postgres_outage> shared)
    : strand_(std::move(on)), timers_(timers), to_(std::move(to)), outage_(std::move(shared)) {}

postgres_link::~postgres_link() { close(); }

void postgres_link::start(callbacks what) {
  owned_by(weak_from_this());
  owner_ = std::move(what);
  connect();
}

void postgres_link::connect() {
  if (closed_ || state_ != state::paused) return;
  ++life_;
  state_ = state::resolving;
  const milliseconds own = to_->connect_timeout;
  due_in(own.count() > 0 ? own : postgres_attempt_limit);
  places_.clear();
  resolve(0);
}

// libpq would block the thread to resolve names, so it is given addresses. A name with several addresses becomes
// several places.
void postgres_link::resolve(std::size_t next) {
  while (next < to_->places.size() && !postgres_address::needs_address(to_->places[next])) {
    places_.push_back(to_->places[next]);
    ++next;
  }
  if (next == to_->places.size()) {
    if (places_.empty() && next != 0) return drop("no host of the URL has an address");
    return begin();
  }
  if (!resolver_) resolver_.emplace(strand_.get_inner_executor());
  resolver_->async_resolve(
      to_->places[next].host, to_->places[next].port,
      asio::bind_executor(strand_, [self = shared_from_this(), life = life_, next](
                                       boost::system::error_code, asio::ip::tcp::resolver::results_type found) {
        if (life != self->life_) return;
        base::guarded("cluster", [&] {
          for (const auto& one : found) {
            postgres_address::place where = self->to_->places[next];
            where.address = one.endpoint().address().to_string();
            self->places_.push_back(std::move(where));
          }
          self->resolve(next + 1);
        });
      }));
}

void postgres_link::begin() {
  state_ = state::connecting;
  connection_ = std::make_unique<postgres_connection>(*to_, places_);
  go_on(progress::writes);
}

void postgres_link::step() { go_on(connection_->step()); }

void postgres_link::go_on(progress how) {
  if (how == progress::failed || !watch()) return drop(connection_->problem());
  if (how == progress::done) {
    state_ = state::ready;
    waits_write_ = false;
    due_in(postgres_idle_limit);
    wait_readable();
    if (owner_.ready) owner_.ready();
    return;
  }
  wait(how == progress::reads ? descriptor::wait_read : descriptor::wait_write,
       [](postgres_link& self) { self.step(); });
}

// While libpq connects, every step may bring another descriptor under the same number.
bool postgres_link::watch() {
  socket_.reset();
  const int theirs = connection_->fd();
  const int own = theirs != -1 ? ::fcntl(theirs, F_DUPFD_CLOEXEC, 0) : -1;
  if (own == -1) return false;
  socket_.emplace(strand_.get_inner_executor());
  boost::system::error_code refused;
  socket_->assign(own, refused);
  if (refused) ::close(own);
  return !refused;
}

// `life` is the attempt: a wait of a descriptor that was replaced ends with an error. Exceptions would leave run(),
// which belongs to the application. A connection that does not go on because of one is silent, and is noticed.
template <class F>
void postgres_link::wait(direction way, F then) {
  socket_->async_wait(way, asio::bind_executor(strand_, [self = shared_from_this(), life = life_,
                                                         then = std::move(then)](boost::system::error_code ec) {
                        if (ec || life != self->life_ || !self->socket_) return;
                        base::guarded("cluster", [&] { then(*self); });
                      }));
}

void postgres_link::wait_readable() {
  wait(descriptor::wait_read, [](postgres_link& self) { self.on_readable(); });
}

void postgres_link::wait_writable() {
  if (std::exchange(waits_write_, true)) return;
  wait(descriptor::wait_write, [](postgres_link& self) {
    self.waits_write_ = false;
    self.flush();
  });
}

void postgres_link::on_readable() {
  if (!connection_->read()) return drop(connection_->problem());
  due_in(running_ ? postgres_reply_limit : postgres_idle_limit);
  const std::uint64_t life = life_;
  const auto is_over = [&] { return life != life_ || state_ != state::ready; };
  for (;;) {
    postgres_notification told;
    while (connection_->take(told)) {
      if (owner_.notified) base::guarded("cluster", [&] { owner_.notified(std::move(told)); });
      if (is_over()) return;
    }
    postgres_answer got;
    if (!running_ || !connection_->take(got)) break;
    const question done = std::move(*std::exchange(running_, std::nullopt));
    if (done.then) base::guarded("cluster", [&] { done.then(std::move(got)); });
    if (is_over()) return;
    send_next();
    if (is_over()) return;
  }
  if (connection_->fd() == -1) return drop(connection_->problem());
  wait_readable();
}

void postgres_link::query(postgres_statement what, answered then) {
  if (state_ != state::ready) {
    postgres_answer none;
    none.problem = "there is no connection to PostgreSQL";
    if (then) then(std::move(none));
    return;
  }
  queue_.push_back({std::move(what), std::move(then)});
  send_next();
}

void postgres_link::send_next() {
  if (running_ || queue_.empty()) return;
  running_ = std::move(queue_.front());
  queue_.pop_front();
  if (!connection_->send(running_->what)) return drop(connection_->problem());
  running_->what = postgres_statement();  // libpq has a copy
  due_in(postgres_reply_limit);
  flush();
}

void postgres_link::flush() {
  const progress how = connection_->flush();
  if (how == progress::failed) return drop(connection_->problem());
  if (how == progress::writes) wait_writable();
}

void postgres_link::settled() {
  pause_ = milliseconds(0);
  if (!std::exchange(in_trouble_, false) || --outage_->lost != 0) return;
  outage_->told.clear();
  base::log(log_level::warn, "cluster", "PostgreSQL at " + to_->text() + " is there again");
}

void postgres_link::drop(const std::string& why) {
  if (closed_ || state_ == state::paused) return;
  const bool was_attempt = state_ != state::ready || in_trouble_;
  ++life_;
  state_ = state::paused;
  socket_.reset();
  connection_.reset();
  tell_lost(why);
  pause_ = std::clamp(pause_ * 2, first_postgres_pause, longest_postgres_pause);
  due_in(pause_);
  answer_nobody();
  if (owner_.lost) base::guarded("cluster", [&] { owner_.lost(was_attempt); });
}

void postgres_link::answer_nobody() {
  std::deque<question> unanswered = std::exchange(queue_, {});
  if (running_) unanswered.push_front(std::move(*std::exchange(running_, std::nullopt)));
  for (const question& one : unanswered) {
    postgres_answer none;
    none.problem = "the connection to PostgreSQL was lost";
    if (one.then) base::guarded("cluster", [&] { one.then(std::move(none)); });
  }
}

// A server that answers, and refuses, is another kind of trouble than one that cannot be reached.
void postgres_link::tell_lost(const std::string& why) {
  if (!std::exchange(in_trouble_, true)) ++outage_->lost;
  const std::size_t refusal = std::min(why.find("FATAL"), why.find("ERROR"));
  std::string kind = refusal != std::string::npos ? why.substr(refusal) : "unreachable";
  if (!outage_->told.empty() && (kind == outage_->told || kind == "unreachable")) return;
  outage_->told = std::move(kind);
  base::log(log_level::error, "cluster",
            "PostgreSQL at " + to_->text() + " cannot be used (" + why + "): other servers get nothing until it can");
}

void postgres_link::due_in(milliseconds time) {
  due_ = timers_.after(time);
  timers_.arm(*this, due_);
}

void postgres_link::on_deadline() {
  async::post(strand_, "cluster", [self = shared_from_this()] { self->tick(); });
}

void postgres_link::tick() {
  if (closed_) return;
  if (timers_.now() < due_) return;
  if (state_ == state::paused) return connect();
  if (state_ != state::ready) return drop("it does not answer");
  if (running_) return drop("it does not answer a statement");
  query(postgres_statement("SELECT 1"), {});
}

void postgres_link::close() {
  closed_ = true;
  ++life_;
  state_ = state::paused;
  if (std::exchange(in_trouble_, false)) --outage_->lost;
  disarm();
  owner_ = callbacks();
  socket_.reset();
  resolver_.reset();
  connection_.reset();
  answer_nobody();
}

}  // namespace cosio::inline v0_2::cluster
