// One connection to Redis: how it is made and ends, and what is sent.

#include "cluster/redis_link.hpp"

#include <algorithm>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{5'000};
// Troubles of one outage that the log is told of. Their names are the peer's words.
constexpr std::size_t most_troubles = 16;

std::string in_time(milliseconds limit) { return "no reply within " + std::to_string(limit.count()) + " ms"; }

}  // namespace

redis_link::redis_link(async::strand on, async::deadlines& timers, redis_address to, redis_settings how,
                       std::shared_ptr<redis_outage> shared)
    : strand_(std::move(on)), timers_(timers), to_(std::move(to)), how_(std::move(how)), outage_(std::move(shared)) {}

redis_link::~redis_link() { close(); }

void redis_link::start(std::function<void()> ready, on_message message, std::function<void(const std::string&)> lost) {
  owned_by(weak_from_this());
  ready_ = std::move(ready);
  message_ = std::move(message);
  lost_ = std::move(lost);
  connect();
}

void redis_link::arm(milliseconds after) {
  due_ = timers_.after(after);
  timers_.arm(*this, due_);
}

void redis_link::on_deadline() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tick();
  });
}

// ---------------------------------------------------------------- the connection

void redis_link::connect() {
  if (state_ != states::idle || connection_) return;
  ++attempt_;
  arm(how_.reply_limit);
  if (!find_) return open(to_);
  state_ = states::finding;
  find_([weak = weak_from_this(), attempt = attempt_](std::optional<redis_address> found, std::string problem) {
    const auto self = weak.lock();
    if (!self || self->attempt_ != attempt || self->state_ != states::finding) return;
    if (!found) return self->unreachable(problem);
    self->open(*found);
  });
}

void redis_link::open(const redis_address& to) {
  state_ = states::connecting;
  auto made = std::make_shared<connection>();
  made->stream = make_redis_stream(strand_, to, how_.tls);
  connection_ = std::move(made);
  connection_->stream->connect([self = shared_from_this(), mine = connection_, to](std::string problem) {
    if (self->connection_ != mine) return;
    if (!problem.empty()) return self->unreachable(problem);
    self->greet(to);
  });
}

// All in one: Redis reads it in this order.
void redis_link::greet(const redis_address& to) {
  state_ = states::greeting;
  unconfirmed_ = 0;
  connection_->heard = connection_->replied = timers_.now();
  arm(how_.reply_limit);
  if (!to.password.empty()) {
    std::vector<std::string> words{"AUTH"};
    if (!to.user.empty()) words.push_back(to.user);
    words.push_back(to.password);
    must(words, "the password");
  }
  must({"PING"}, "PING");
  if (to.database != 0) must({"SELECT", std::to_string(to.database)}, "database " + std::to_string(to.database));
  // For people who look at CLIENT LIST: a Redis that refuses it is as good.
  if (!how_.client_name.empty()) send({"CLIENT", "SETNAME", how_.client_name}, waiting(answered()));
  if (how_.must_be_master) must({"ROLE"}, "ROLE");
  if (how_.must_know_slots) must({"CLUSTER", "SLOTS"}, "CLUSTER SLOTS");
  for (const auto& [channel, of] : channels_) {
    ++unconfirmed_;
    send_subscription(channel, of.number);
  }
  read();
}

void redis_link::must(const std::vector<std::string>& words, std::string what) {
  ++unconfirmed_;
  send(words, waiting(waiting::kinds::greeting, std::move(what)));
}

void redis_link::one_confirmed() {
  if (state_ != states::greeting || --unconfirmed_ != 0) return;
  state_ = states::connected;
  ++connections_;
  connection_->connected = timers_.now();
  arm(how_.ping_interval);
  tell_ready();
  if (ready_) base::guarded("cluster", [ready = ready_] { ready(); });
}

void redis_link::tick() {
  const auto now = timers_.now();
  if (state_ == states::closed || now < due_) return;
  if (state_ == states::idle) return connect();
  const bool is_greeting = state_ == states::greeting;
  if (!is_greeting && state_ != states::connected) return unreachable(in_time(how_.reply_limit));
  milliseconds left = how_.reply_limit;
  if (!connection_->line.empty())
    left = std::chrono::ceil<milliseconds>(connection_->owes_since(is_greeting) + how_.reply_limit - now);
  if (left <= milliseconds(0)) return unreachable(in_time(how_.reply_limit));
  arm(std::min(how_.ping_interval, left));
  if (connection_->line.empty()) send({"PING"}, waiting(answered()));
}

// ---------------------------------------------------------------- its end

void redis_link::unreachable(const std::string& why) {
  fail("unreachable", "cannot be reached (" + why + ")" + outage_->effect, why);
}

// The caller asks for less. Nothing that other servers sent is lost.
void redis_link::too_much(const std::string& why) {
  fail("too much", "sends too much at once (" + why + "): the connection is made anew", why);
}

void redis_link::refuse(const std::string& what, const redis_value& reply) {
  const std::string why = reply.ok() ? "an answer that it should not give" : reply.text;
  fail(std::string(reply.ok() ? what : std::string(reply.code())),
       "refuses " + what + " (" + why + ")" + outage_->effect, why);
}

void redis_link::fail(const std::string& trouble, const std::string& line, const std::string& why) {
  if (state_ == states::closed) return;
  if (!std::exchange(in_trouble_, true)) ++outage_->lost;
  if (outage_->told.size() < most_troubles && outage_->told.insert(trouble).second) {
    base::log(log_level::error, "cluster", outage_->name + " at " + to_.text() + " " + line);
  }
  drop(why);
}

// A connection that was short counts as one more attempt.
void redis_link::drop(const std::string& why) {
  const bool was_connected = state_ == states::connected;
  if (was_connected && timers_.now() - connection_->connected >= how_.ping_interval) pause_ = milliseconds(0);
  state_ = states::idle;
  const auto gone = std::exchange(connection_, nullptr);
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  arm(pause_);
  if (!gone) return;
  gone->stream->close();
  for (waiting& one : gone->line)
    if (one.then)
      base::guarded("cluster", [&] { one.then(redis_value::failure("the connection to Redis was lost: " + why)); });
  if (was_connected && lost_) base::guarded("cluster", [lost = lost_, &why] { lost(why); });
}

// The others may be lost still.
void redis_link::tell_ready() {
  if (!std::exchange(in_trouble_, false) || --outage_->lost != 0) return;
  outage_->told.clear();
  base::log(log_level::warn, "cluster", outage_->name + " at " + to_.text() + " is there again");
}

void redis_link::reconnect(const std::string& why) {
  if (state_ == states::closed) return;
  drop(why);
  if (state_ == states::idle) connect();
}

void redis_link::close() {
  if (std::exchange(state_, states::closed) == states::closed) return;
  if (std::exchange(in_trouble_, false)) --outage_->lost;
  disarm();
  ready_ = nullptr;
  lost_ = nullptr;
  message_ = nullptr;
  moved_ = nullptr;
  channels_.clear();
  const auto gone = std::exchange(connection_, nullptr);
  if (!gone) return;
  gone->stream->close();
  for (waiting& one : gone->line)
    if (one.then)
      base::guarded("cluster", [&] { one.then(redis_value::failure("the connection to Redis is closed")); });
}

// ---------------------------------------------------------------- bytes out

void redis_link::command(const std::vector<std::string>& words, answered then) {
  if (state_ == states::connected) {
    waiting one(std::move(then));
    one.is_publication = words[0] == "PUBLISH" || words[0] == "SPUBLISH";
    return send(words, std::move(one));
  }
  if (then) then(redis_value::failure("there is no connection to Redis"));
}

void redis_link::send(const std::vector<std::string>& words, waiting then) {
  then.sent = timers_.now();
  const std::size_t before = connection_->outgoing.size();
  try {
    write_command(connection_->outgoing, words);
    then.end = connection_->queued_bytes + (connection_->outgoing.size() - before);
    connection_->line.push_back(std::move(then));
    connection_->queued_bytes = connection_->line.back().end;
  } catch (...) {  // no memory: every command in the line must go out, and no other
    connection_->outgoing.resize(before);
    throw;
  }
  write();
}

void redis_link::write() {
  if (connection_->is_writing) return;
  if (connection_->written == connection_->writing.size()) {
    connection_->writing = std::exchange(connection_->outgoing, std::string());
    connection_->written = 0;
  }
  if (connection_->writing.empty()) return;
  connection_->is_writing = true;
  const std::string_view piece = std::string_view(connection_->writing).substr(connection_->written, redis_piece_bytes);
  connection_->stream->write(piece, [self = shared_from_this(), mine = connection_](error_code ec, std::size_t bytes) {
    if (self->connection_ != mine) return;
    mine->is_writing = false;
    if (ec) return self->unreachable(ec.message());
    mine->count_written(bytes, self->timers_.now());
    self->write();
  });
}

void redis_link::subscribe(redis_channel kind, std::string name, std::function<void()> confirmed) {
  if (state_ == states::closed) return;
  const key channel(kind, std::move(name));
  subscription made;
  made.confirmed = std::move(confirmed);
  made.number = ++subscriptions_;
  channels_.insert_or_assign(channel, std::move(made));
  if (state_ != states::greeting && state_ != states::connected) return;
  if (state_ == states::greeting) ++unconfirmed_;
  send_subscription(channel, subscriptions_);
}

void redis_link::unsubscribe(redis_channel kind, const std::string& name) {
  if (channels_.erase(key(kind, name)) == 0 || (state_ != states::greeting && state_ != states::connected)) return;
  send({subscription_verb(kind, false), name}, waiting(waiting::kinds::off, key(kind, name), 0));
}

// A command for each channel: then each has one reply, and in a cluster one slot.
void redis_link::send_subscription(const key& to, std::uint64_t number) {
  connection_->subscribes = true;
  send({subscription_verb(to.first, true), to.second}, waiting(waiting::kinds::on, to, number));
}

}  // namespace cosio::inline v0_2::cluster
