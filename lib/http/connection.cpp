// The life of one connection: heads, bodies, answers in order, upgrades, the end.

#include "http/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::size_t max_due = 8;                // answers outstanding on one connection
constexpr std::size_t max_skipped = 64 * 1024;    // bytes of an unwanted body, read to keep the connection
constexpr std::size_t max_ignored = 1024 * 1024;  // bytes after the last request, while its answer is awaited
// Time for the peer to read the last answer: a close before that could reset the connection and lose the answer.
constexpr auto linger_time = 2000ms;

// The table of deadlines is a member of the runtime: the pointer owns the runtime.
std::shared_ptr<async::deadlines> timers_of(const std::shared_ptr<async::runtime>& runtime) {
  return std::shared_ptr<async::deadlines>(runtime, &runtime->timers());
}

head_limits limits_of(const app_options& options) { return {options.max_head, options.max_headers}; }

task<std::optional<response>> guarded_upgrade(std::shared_ptr<service> owner, std::shared_ptr<exchange> x) {
  std::exception_ptr thrown;
  try {
    std::optional<response> answer = co_await owner->upgrade(std::move(x));
    co_return answer;
  } catch (...) {
    thrown = std::current_exception();
  }
  base::log_thrown("http", {"an upgrade threw"}, thrown);
  co_return response(500);
}

void tell(const std::function<void()>& gone) noexcept {
  try {
    if (gone) gone();
  } catch (...) {
    base::log_thrown("http", {"a service threw when its client left"});
  }
}

}  // namespace

// An exchange of this connection. On its strand, except abort(), drop_body() and finish().
class connection::connection_exchange final : public exchange,
                                              public std::enable_shared_from_this<connection_exchange> {
 public:
  connection_exchange(std::shared_ptr<connection> on, std::shared_ptr<due_answer> due, request head)
      : connection_(std::move(on)), due_(std::move(due)), head_(std::move(head)) {}

  const request& head() const noexcept override { return head_; }
  async::strand strand() const override { return connection_->strand(); }
  const std::shared_ptr<due_answer>& due() const noexcept { return due_; }
  void keep_body(std::string body) { kept_ = std::move(body); }

  task<result<std::string>> body(std::size_t max_bytes) override {
    if (kept_) co_return *body_at_hand(max_bytes);
    auto read = co_await connection_->read_body(due_, max_bytes, watch_);
    co_return read;
  }

  void watch_body(std::weak_ptr<body_watch> by) override { watch_ = std::move(by); }

  std::optional<result<std::string>> body_at_hand(std::size_t max_bytes) override {
    if (!kept_) return connection_->body_at_hand(due_, max_bytes);
    if (kept_->size() > max_bytes) return fault{errc::payload_too_large, max_bytes};
    return std::exchange(*kept_, {});
  }

  void on_abort(std::function<void()> gone) override {
    if (!due_->aborted && !due_->answer) due_->on_abort = std::move(gone);
  }

  void abort() override {
    async::post(connection_->strand(), "http", [on = connection_, due = due_] {
      if (!due->aborted && !due->answer) on->abort();
    });
  }

  void drop_body() override {
    async::post(connection_->strand(), "http", [on = connection_, due = due_] {
      if (on->body_of_ != due) return;
      on->body_of_ = nullptr;
      on->wake();
    });
  }

  // While a service has the request, it keeps the loop alive, which waits for the answer.
  void may_be_taken() { awake_ = connection_->keep_awake(); }
  void not_taken() noexcept { awake_ = nullptr; }

  void finish(std::shared_ptr<taken_request> by) noexcept override {
    try {
      if (connection_->strand().running_in_this_thread()) return finish_here(*by);
      asio::dispatch(connection_->strand(),
                     [self = shared_from_this(), by = std::move(by)] { self->finish_here(*by); });
    } catch (...) {
      base::log_thrown("http", {"an answer could not be sent"});
      connection_->cut();  // the client must not wait for it
    }
  }

  upgraded_stream take_stream() override { return connection_->give_stream_away(); }

 private:
  void finish_here(taken_request& by) noexcept {
    const auto awake = std::exchange(awake_, nullptr);
    try {
      connection_->complete(due_, answer_of_taken(by));
      connection_->look_again();
    } catch (...) {
      base::log_thrown("http", {"an answer could not be sent"});
      connection_->abort();
    }
  }

  response answer_of_taken(taken_request& by) {
    try {
      auto made = by.make_answer();
      due_->fields = made.fields;
      return std::move(made.answer);
    } catch (...) {
      return answer_to(head_, std::current_exception());
    }
  }

  const std::shared_ptr<connection> connection_;
  const std::shared_ptr<due_answer> due_;
  const request head_;
  std::optional<std::string> kept_;  // body of a request that may be held: read beforehand
  std::weak_ptr<body_watch> watch_;
  std::shared_ptr<pending_waits> awake_;
};

connection::connection(std::unique_ptr<async::stream> stream, const async::strand& on,
                       std::shared_ptr<connection_context> shared)
    : buffered_stream(std::move(stream), on, timers_of(shared->runtime)),
      shared_(std::move(shared)),
      unanswered_(shared_->unanswered) {
  write_timeout(shared_->options.body_timeout);
}

connection::~connection() = default;

void connection::start(std::unique_ptr<async::stream> stream, const async::strand& on,
                       std::shared_ptr<connection_context> shared, std::string read_before) {
  auto self = std::make_shared<connection>(std::move(stream), on, std::move(shared));
  self->own_deadline();  // before any thread can call poke()
  self->unread(std::move(read_before));
  async::spawn(on, "http", run(std::move(self)));
}

task<> connection::run(std::shared_ptr<connection> self) {
  struct membership {
    explicit membership(connection& c) : of(c) { of.closing_ = of.shared_->open.add(of); }
    ~membership() { of.shared_->open.remove(of); }
    connection& of;
  };
  const membership in(*self);
  co_await self->serve();
  co_await self->drain();
  self->is_answered();
}

task<> connection::serve() {
  for (step next = find_head(); next != step::end; next = find_head()) {
    if (next == step::wait) {
      co_await sleep();
    } else if (next == step::listen) {
      if (must_listen()) co_await sleep();
      if (!take_arrival(arrived())) break;
    } else if (is_upgrade()) {
      co_await handle_upgrade(take_request());
      break;
    } else if (!parser().expectation().empty() && !same_name(parser().expectation(), "100-continue")) {
      refuse(417);
      break;
    } else {
      const auto x = begin_exchange(take_request());
      auto owner = shared_->routes.owner_of(x->head().target());
      if (!owner) owner = shared_->routes.routes();
      bool more = is_taken(*owner, x);
      if (!more) more = co_await handle_request(owner, x);
      if (!more) break;
      parser_.reset();
      limit_ = limit::none;
    }
  }
  listening_ = false;
}

// A server may ignore Upgrade: RFC 9110, section 7.8. So a route answers a request that would also like another
// protocol. No answer to a WebSocket, however, is one that the client expects.
bool connection::is_upgrade() {
  return parser().wants_upgrade() &&
         (parser().wants_websocket() || shared_->routes.owner_of(parser().target()) != nullptr);
}

// Whether a service has the latest request, and the next one is read behind its answer.
bool connection::awaits_turn() const noexcept { return !due_.empty() && due_.back()->in_turn && !due_.back()->answer; }

// Whether an open file waits for an answer before it. A connection has one file open at a time.
bool connection::holds_file() const noexcept {
  return std::any_of(due_.begin(), due_.end(), [](const auto& due) { return due->answer && due->answer->file(); });
}

// No request is read until the file leaves. Whether the client leaves is seen meanwhile.
connection::step connection::wait_for_file() const noexcept {
  if (peer_done()) return step::end;
  return unread().empty() ? step::listen : step::wait;
}

// Looks at the unread bytes, and returns the next step.
connection::step connection::find_head() {
  listening_ = false;
  if (!is_open() || last_) return step::end;
  if (due_.size() >= max_due || !out().empty() || awaits_turn()) return step::wait;
  if (holds_file()) return wait_for_file();
  if (!unread().empty()) {
    if (!parser_) parser_.emplace(limits_of(shared_->options));
    const auto used = parser().feed_head(unread());
    if (!used) {
      refuse(used.error().code == errc::head_too_large ? 431 : 400);
      return step::end;
    }
    if (*used > 0) {
      consume(*used);
      if (!parser().names_its_host()) {
        refuse(400);
        return step::end;
      }
      no_read_deadline();
      first_ = false;
      return step::request;
    }
  }
  if (peer_done() || (closing_ && unread().empty() && due_.empty())) return step::end;
  plan_deadline();
  listening_ = true;
  return step::listen;
}

// @return false when there will be no further request.
bool connection::take_arrival(arrival what) {
  if (what != arrival::timed_out) return true;
  if (!unread().empty()) refuse(408);
  return false;
}

// The time limit of a head begins with its first byte. An idle connection has another limit. While an answer is held
// there is none: the service that holds it has its own.
void connection::plan_deadline() {
  const app_options& options = shared_->options;
  if (!unread().empty()) {
    if (std::exchange(limit_, limit::head) != limit::head) read_within(options.head_timeout);
  } else if (due_.empty()) {
    if (std::exchange(limit_, limit::idle) != limit::idle)
      read_within(first_ ? options.head_timeout : options.idle_timeout);
  }
}

// Whether the service has taken the request over. Behind the last request of a connection, bytes are read while its
// answer is awaited: services do not take those.
bool connection::is_taken(service& owner, const std::shared_ptr<connection_exchange>& x) {
  if (x->due()->rules.last) return false;
  x->may_be_taken();
  auto how = service::taking::in_turn;
  try {
    how = owner.take_over(x);
  } catch (...) {
    if (!parser().done()) x->due()->rules.last = true;  // the rest of the body is no request
    complete(x->due(), answer_to(x->head(), std::current_exception()));
  }
  if (how == service::taking::no) {
    x->not_taken();
    return false;
  }
  assert(parser().done() || last_ || !is_open());
  x->due()->in_turn = how == service::taking::in_turn;
  if (!x->due()->in_turn) is_answered();
  reading_ = nullptr;
  return true;
}

// @return false when there will be no further request.
task<bool> connection::handle_request(std::shared_ptr<service> owner, std::shared_ptr<connection_exchange> x) {
  const bool keep = !x->due()->rules.last;
  if (owner->may_hold(x->head())) {
    // Only the loop reads. So the body of a request that may be held is read first; such requests have none as a rule.
    bool whole = parser().done();
    if (whole) x->keep_body({});
    if (!whole) whole = co_await keep_body(x);
    if (!whole) co_return false;
    answer_beside(owner, x);
  } else {
    response answer = co_await answer_of(owner, x);
    const bool skip = complete_in_turn(x->due(), std::move(answer));
    bool skipped = true;
    if (skip) skipped = co_await skip_body();
    if (!skipped) abort();
  }
  reading_ = nullptr;
  co_return keep && !last_ && is_open();
}

// @return false when the body is refused.
task<bool> connection::keep_body(std::shared_ptr<connection_exchange> x) {
  const std::weak_ptr<body_watch> nobody;
  auto body = co_await read_body(x->due(), max_skipped, nobody);
  if (body) {
    x->keep_body(std::move(*body));
    co_return true;
  }
  x->due()->rules.last = true;
  complete(x->due(), response(status_of_body(body.error().code)));
  co_return false;
}

// @return whether there is a rest of the body to be read before the next request.
bool connection::complete_in_turn(const std::shared_ptr<due_answer>& due, response answer) {
  const bool rest = !parser().done();
  if (rest && !rest_is_small()) due->rules.last = true;
  complete(due, std::move(answer));
  return rest && !last_ && is_open();
}

void connection::answer_beside(std::shared_ptr<service> owner, std::shared_ptr<connection_exchange> x) {
  auto due = x->due();
  is_answered();
  // The pending_waits keep the loop alive while it waits for this answer.
  auto work = owner->answer(std::move(x));
  auto done = [awake = keep_awake(), self = weak_from_this(), due, by = std::move(owner)](std::exception_ptr e,
                                                                                          response answer) {
    const auto alive = std::static_pointer_cast<connection>(self.lock());
    if (!alive) return;
    try {
      alive->complete(due, e ? answer_to(e) : std::move(answer));
      alive->look_again();
    } catch (...) {  // no memory: the answer is lost, and the client must not wait for it
      base::log_thrown("http", {"an answer could not be sent"});
      alive->abort();
    }
  };
  asio::co_spawn(strand(), std::move(work), std::move(done));
}

// Called after an answer that was given outside of the loop. A loop that waits for a head has only its deadline
// to change.
void connection::look_again() {
  if (listening_ && is_open() && !last_ && !closing_) {
    plan_deadline();
  } else {
    wake();
  }
}

task<> connection::handle_upgrade(request head) {
  // One side would read a body here as frames, the other side as a body.
  if (!parser().done()) {
    refuse(400);
    co_return;
  }
  while (is_open() && (!due_.empty() || !out().empty())) co_await sleep();
  if (!is_open() || last_) co_return;
  auto owner = shared_->routes.owner_of(head.target());
  if (!owner) {
    shared_->routes.note_unserved(head);
    co_await keep_unanswered();
    co_return;
  }
  const auto due = expect_answer(head);
  due->rules.last = true;
  auto x = std::make_shared<connection_exchange>(std::static_pointer_cast<connection>(shared_from_this()), due,
                                                 std::move(head));
  std::optional<response> refusal = co_await guarded_upgrade(std::move(owner), std::move(x));
  if (!is_open()) co_return;
  if (refusal) {
    complete(due, std::move(*refusal));
  } else {
    abort();
  }
}

// An upgrade that no service owns gets no byte as an answer. Bytes that follow it are not read as requests.
task<> connection::keep_unanswered() {
  const auto time = shared_->routes.foreign_upgrade_time();
  if (time != std::chrono::milliseconds::max()) read_within(time);
  arrival what = arrival::change;
  while (is_open() && !peer_done() && !closing_ && what != arrival::timed_out) {
    discard();
    what = co_await more_bytes();
  }
}

// Waits for the answers under way, then until the peer has read the last one.
task<> connection::drain() {
  no_read_deadline();
  std::size_t ignored = 0;
  while (is_open() && (!due_.empty() || !out().empty())) {
    ignored += unread().size();
    discard();
    if (ignored > max_ignored) abort();
    if (peer_done() || !is_open()) {
      co_await sleep();
    } else {
      co_await more_bytes();
    }
  }
  if (is_open() && last_) {
    shutdown_send();
    read_within(linger_time);
  }
  arrival what = arrival::change;
  while (is_open() && last_ && !peer_done() && what != arrival::timed_out) {
    discard();
    what = co_await more_bytes();
  }
  if (is_open()) close_stream();
}

std::optional<result<std::string>> connection::body_at_hand(const std::shared_ptr<due_answer>& of,
                                                            std::size_t max_bytes) {
  if (of != reading_ || !parser_) return fault{errc::connection_closed, 0};
  const auto length = parser().content_length();
  if (length.value_or(0) > max_bytes) return fault{errc::payload_too_large, max_bytes};
  std::string body;
  if (parser().done()) return body;
  if (!length || unread().size() < *length || parser().body_size() != 0) return std::nullopt;
  const auto used = parser().feed_body(unread(), body, max_bytes);
  if (!used) of->rules.last = true;
  if (!used) return used.error();
  consume(*used);
  return body;
}

// While it lives, `now` names the answer whose body is read, unless somebody drops the body.
class connection::body_reading {
 public:
  body_reading(std::shared_ptr<due_answer>& now, std::shared_ptr<due_answer> of) : now_(now), of_(std::move(of)) {
    now_ = of_;
  }
  body_reading(const body_reading&) = delete;
  body_reading& operator=(const body_reading&) = delete;
  ~body_reading() {
    if (now_ == of_) now_ = nullptr;
  }

 private:
  std::shared_ptr<due_answer>& now_;
  const std::shared_ptr<due_answer> of_;
};

task<result<std::string>> connection::read_body(std::shared_ptr<due_answer> of, std::size_t max_bytes,
                                                std::weak_ptr<body_watch> watch) {
  auto at_hand = body_at_hand(of, max_bytes);
  if (at_hand) co_return std::move(*at_hand);
  std::string body;
  const body_reading reading(body_of_, of);
  permit_body(of);
  const async::time_point end = begin_body();
  for (;;) {
    const auto used = parser().feed_body(unread(), body, max_bytes);
    if (!used) of->rules.last = true;
    if (!used) co_return used.error();
    consume(*used);
    if (parser().body_size() > max_bytes) co_return fault{errc::payload_too_large, max_bytes};
    if (parser().done()) break;
    if (!is_open() || peer_done()) co_return fault{errc::connection_closed, 0};
    if (const auto by = watch.lock(); by && !by->came(body.size())) co_return fault{errc::connection_closed, 0};
    const arrival what = co_await more_of_body(end);
    if (body_of_ != of) co_return fault{errc::connection_closed, 0};
    if (what == arrival::timed_out) of->rules.last = true;
    if (what == arrival::timed_out) co_return fault{errc::timed_out, 0};
  }
  no_read_deadline();
  co_return body;
}

// A slow client has ten times body_timeout for a whole body, as long as bytes come. @return the end of that time.
async::time_point connection::begin_body() {
  constexpr int times = 10;
  read_within(shared_->options.body_timeout);
  return time_after(times * std::min(shared_->options.body_timeout, std::chrono::milliseconds::max() / times));
}

// An application that closes waits for no more than one more body_timeout.
task<connection::arrival> connection::more_of_body(async::time_point end) {
  const arrival what = co_await more_bytes();
  if (what == arrival::bytes && !closing_) read_by(std::min(time_after(shared_->options.body_timeout), end));
  co_return what;
}

// Sends 100 Continue to a client that waits for it. It cannot be sent while an earlier answer is held; such clients
// send the body without it after a while.
void connection::permit_body(const std::shared_ptr<due_answer>& of) {
  const bool asked = !parser().expectation().empty() && !parser().http_1_0();
  if (!asked || !unread().empty() || parser().body_size() != 0 || due_.empty() || due_.front() != of || !out().empty())
    return;
  permitted_ = true;
  out().push("HTTP/1.1 100 Continue\r\n\r\n");
  flush();
}

// Whether the unread rest of a body is small enough to be read, which keeps the connection. A client that waits for 100
// Continue may or may not send the body.
bool connection::rest_is_small() {
  const auto length = parser().content_length();
  const bool uncertain = !parser().expectation().empty() && !permitted_;
  return length && !uncertain && *length - parser().body_size() <= max_skipped;
}

task<bool> connection::skip_body() {
  read_within(shared_->options.body_timeout);
  std::string nowhere;
  for (;;) {
    const auto used = parser().feed_body(unread(), nowhere, 0);
    if (!used) co_return false;
    consume(*used);
    if (parser().done()) break;
    if (!is_open() || peer_done()) co_return false;
    const arrival what = co_await more_bytes();
    if (what == arrival::timed_out) co_return false;
  }
  no_read_deadline();
  co_return true;
}

request_parser& connection::parser() {
  assert(parser_);
  return *parser_;
}

request connection::take_request() {
  if (!address_) address_ = stream().remote_address();
  std::shared_ptr<request_data> data = parser().take_head(*address_);
  data->secure = stream().secure();
  if (data->secure) data->client_certificate(stream().peer_certificate());
  return request(std::move(data));
}

std::shared_ptr<connection::connection_exchange> connection::begin_exchange(request head) {
  reading_ = expect_answer(head);
  permitted_ = false;
  return std::make_shared<connection_exchange>(std::static_pointer_cast<connection>(shared_from_this()), reading_,
                                               std::move(head));
}

std::shared_ptr<connection::due_answer> connection::expect_answer(const request& head) {
  auto due = std::make_shared<due_answer>();
  due->rules = {parser().http_1_0(), head.method() == "HEAD", !parser().keep_alive()};
  due_.push_back(due);
  return due;
}

// Answers a request that cannot be accepted. The connection is closed behind this answer.
void connection::refuse(unsigned status) {
  auto due = std::make_shared<due_answer>();
  due->rules.last = true;
  due->answer = response(status);
  due_.push_back(std::move(due));
  send_answers();
}

void connection::complete(const std::shared_ptr<due_answer>& due, response answer) {
  due->on_abort = nullptr;
  if (due->aborted) return;
  due->answer = std::move(answer);
  send_answers();
}

void connection::send_answers() {
  while (!last_ && !due_.empty() && due_.front()->answer) {
    const auto due = due_.front();
    due_.erase(due_.begin());
    due->rules.last |= (closing_ && due_.empty()) || has_token(due->answer->get("connection"), "close");
    last_ = due->rules.last;
    out().push(std::move(*due->answer), due->rules, due->fields);
    is_answered();
  }
  if (last_) abort_answers_from(0);
  flush();
}

// Allocates nothing: it is also called after an allocation has failed.
void connection::abort_answers_from(std::size_t first) noexcept {
  while (due_.size() > first) {
    const auto due = std::move(due_[first]);
    due_.erase(due_.begin() + static_cast<std::ptrdiff_t>(first));
    due->aborted = true;
    const auto aborted = std::exchange(due->on_abort, nullptr);
    tell(aborted);
  }
}

void connection::on_peer_gone() {
  const auto first = std::find_if(due_.begin(), due_.end(), [](const auto& due) { return !due->answer; });
  abort_answers_from(is_open() ? static_cast<std::size_t>(first - due_.begin()) : 0);
}

upgraded_stream connection::give_stream_away() {
  upgraded_stream taken;
  taken.leftover = std::string(unread());  // this may throw: first
  shared_->open.remove(*this);
  taken.stream = take_stream();
  is_answered();
  abort_answers_from(0);
  return taken;
}

void connection::close_when_idle() noexcept {
  try {
    async::post(strand(), "http", [weak = weak_from_this()] {
      if (const auto self = std::static_pointer_cast<connection>(weak.lock())) self->on_poked();
    });
  } catch (...) {
    poke();
  }
}

void connection::cut() noexcept {
  cut_ = true;
  close_when_idle();
}

void connection::on_poked() {
  closing_ = true;
  if (cut_) return abort();
  wake();
}

}  // namespace cosio::inline v0_2::http
