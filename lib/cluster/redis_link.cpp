// One connection to Redis.

#include "cluster/redis_link.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/url/parse.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/logger.hpp"

#if COSIO_WITH_REDIS
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#endif

namespace cosio::inline v0_2::cluster {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{5'000};

}  // namespace

redis_address::redis_address(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (parsed.has_error())
    throw error(errc::bad_argument, "the URL of Redis cannot be read; it looks like redis://127.0.0.1:6379");
  if (parsed->scheme() == "rediss")
    throw error(errc::not_supported, "rediss: (Redis over TLS) is not supported; use redis: in a private network");
  if (parsed->scheme() != "redis")
    throw error(errc::bad_argument, "the URL of Redis must begin with redis://, as redis://127.0.0.1:6379 does");
  host = parsed->host_address();
  if (host.empty()) host = "127.0.0.1";
  if (parsed->has_port()) port = parsed->port_number();
  user = parsed->user();
  password = parsed->password();
  const std::string path = parsed->path();
  if (path.size() > 1) {
    const auto [end, ec] = std::from_chars(path.data() + 1, path.data() + path.size(), database);
    if (ec != std::errc() || end != path.data() + path.size()) {
      throw error(errc::bad_argument, "what follows the host in the URL of Redis is the number of a database");
    }
  }
}

std::string redis_address::text() const { return host + ":" + std::to_string(port); }

#if COSIO_WITH_REDIS

bool has_redis() noexcept { return true; }

redis_link::reply::reply(const redisReply& from) {
  if (from.type == REDIS_REPLY_ERROR) {
    problem.assign(from.str, from.len);
    return;
  }
  ok = true;
  const auto take = [this](const redisReply& one) {
    if (one.type == REDIS_REPLY_INTEGER) {
      values.push_back(std::to_string(one.integer));
    } else if (one.str != nullptr) {
      values.emplace_back(one.str, one.len);
    } else {
      values.emplace_back();
    }
  };
  if (from.type == REDIS_REPLY_ARRAY) {
    for (std::size_t i = 0; i < from.elements; ++i) take(*from.element[i]);
  } else {
    take(from);
  }
}

// Callbacks for hiredis. It calls them only during one of our calls to it, on the strand.
struct redis_link::hooks {
  static redis_link& self(void* of) { return *static_cast<redis_link*>(of); }

  static void add_read(void* of) {
    self(of).wants_read_ = true;
    self(of).wait_readable();
  }
  static void remove_read(void* of) { self(of).wants_read_ = false; }
  static void add_write(void* of) {
    self(of).wants_write_ = true;
    self(of).wait_writable();
  }
  static void remove_write(void* of) { self(of).wants_write_ = false; }

  // hiredis is about to close the file descriptor, and forgets the connection.
  static void clean_up(void* of) {
    redis_link& link = self(of);
    if (link.socket_) link.socket_->release();
    link.socket_.reset();
    link.context_ = nullptr;
    link.wants_read_ = link.wants_write_ = link.waits_read_ = link.waits_write_ = false;
    ++link.life_;
  }

  static void connected(const redisAsyncContext* context, int status) {
    if (status != REDIS_OK) self(context->data).on_lost(context->errstr != nullptr ? context->errstr : "no connection");
  }
  static void disconnected(const redisAsyncContext* context, int status) {
    self(context->data)
        .on_lost(status != REDIS_OK && context->errstr != nullptr ? context->errstr : "the connection was closed");
  }

  static void answer(redisAsyncContext*, void* raw, void* then_raw) {
    const std::unique_ptr<answered> then(static_cast<answered*>(then_raw));
    reply got;
    if (raw == nullptr) {
      got.problem = "the connection to Redis was lost";
    } else {
      got = reply(*static_cast<const redisReply*>(raw));
    }
    if (then && *then) base::guarded("cluster", [&] { (*then)(std::move(got)); });
  }

  static void message(redisAsyncContext* context, void* raw, void*) {
    const auto* got = static_cast<const redisReply*>(raw);
    if (got == nullptr || got->type != REDIS_REPLY_ARRAY || got->elements < 3) return;
    const auto text = [&](std::size_t i) {
      return std::string_view(got->element[i]->str != nullptr ? got->element[i]->str : "", got->element[i]->len);
    };
    redis_link& link = self(context->data);
    if (text(0) == "message") base::guarded("cluster", [&] { link.message_({}, text(1), text(2)); });
    if (text(0) == "pmessage" && got->elements > 3)
      base::guarded("cluster", [&] { link.message_(text(1), text(2), text(3)); });
  }
};

redis_link::redis_link(async::strand on, async::deadlines& timers, redis_address to,
                       std::shared_ptr<redis_outage> shared)
    : strand_(std::move(on)), timers_(timers), to_(std::move(to)), outage_(std::move(shared)) {}

redis_link::~redis_link() { close(); }

void redis_link::start(std::function<void()> ready, on_message message) {
  owned_by(weak_from_this());
  ready_ = std::move(ready);
  message_ = std::move(message);
  connect();
}

void redis_link::connect() {
  if (closed_ || context_ != nullptr) return;
  redisAsyncContext* made = redisAsyncConnect(to_.host.c_str(), to_.port);  // waits only to resolve the name of a host
  if (made == nullptr || made->err != 0) {
    const std::string why = made != nullptr ? made->errstr : "no memory";
    if (made != nullptr) redisAsyncFree(made);
    return on_lost(why);
  }
  context_ = made;
  ++life_;
  made->data = this;
  made->ev.data = this;
  made->ev.addRead = hooks::add_read;
  made->ev.delRead = hooks::remove_read;
  made->ev.addWrite = hooks::add_write;
  made->ev.delWrite = hooks::remove_write;
  made->ev.cleanup = hooks::clean_up;
  socket_.emplace(strand_.get_inner_executor(), made->c.fd);
  redisAsyncSetConnectCallback(made, hooks::connected);
  redisAsyncSetDisconnectCallback(made, hooks::disconnected);
  greet();
}

// Commands wait in hiredis, in their order, until the connection is ready. The reply to the last greeting shows that it
// is ready.
void redis_link::greet() {
  if (!to_.password.empty()) {
    std::vector<std::string> words{"AUTH"};
    if (!to_.user.empty()) words.push_back(to_.user);
    words.push_back(to_.password);
    command(words, [this](const reply& r) {
      if (!r.ok && context_ != nullptr) tell_refused(r.problem);
    });
  }
  if (to_.database != 0) command({"SELECT", std::to_string(to_.database)}, {});
  command({"PING"}, [this](const reply& r) {
    if (!r.ok) return;
    tell_ready();
    pause_ = milliseconds(0);
    if (ready_) ready_();
  });
}

void redis_link::on_lost(const std::string& why) {
  if (closed_) return;
  if (!std::exchange(in_trouble_, true) && ++outage_->lost == 1) {
    base::log(log_level::error, "cluster",
              "Redis at " + to_.text() + " cannot be reached (" + why + "): other servers get nothing until it can");
  }
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  timers_.arm_after(*this, pause_);
}

// The others may be lost still.
void redis_link::tell_ready() {
  outage_->is_refused = false;
  if (!std::exchange(in_trouble_, false) || --outage_->lost != 0) return;
  base::log(log_level::warn, "cluster", "Redis at " + to_.text() + " is there again");
}

void redis_link::tell_refused(const std::string& why) {
  if (std::exchange(outage_->is_refused, true)) return;
  base::log(log_level::error, "cluster", "Redis at " + to_.text() + " refuses the password: " + why);
}

void redis_link::on_deadline() {
  async::post(strand_, "cluster", [self = shared_from_this()] { self->connect(); });
}

void redis_link::wait_readable() {
  if (!socket_ || waits_read_ || !wants_read_) return;
  waits_read_ = true;
  socket_->async_wait(descriptor::wait_read, asio::bind_executor(strand_, [self = shared_from_this(),
                                                                           life = life_](boost::system::error_code ec) {
                        if (life != self->life_) return;
                        self->waits_read_ = false;
                        if (ec || self->context_ == nullptr) return;
                        redisAsyncHandleRead(self->context_);
                        self->wait_readable();
                      }));
}

void redis_link::wait_writable() {
  if (!socket_ || waits_write_ || !wants_write_) return;
  waits_write_ = true;
  socket_->async_wait(
      descriptor::wait_write,
      asio::bind_executor(strand_, [self = shared_from_this(), life = life_](boost::system::error_code ec) {
        if (life != self->life_) return;
        self->waits_write_ = false;
        if (ec || self->context_ == nullptr) return;
        redisAsyncHandleWrite(self->context_);
        self->wait_writable();
      }));
}

void redis_link::command(const std::vector<std::string>& words, answered then) {
  if (context_ == nullptr) {
    reply none;
    none.problem = "there is no connection to Redis";
    if (then) then(std::move(none));
    return;
  }
  send(words, std::make_unique<answered>(std::move(then)));
}

void redis_link::subscribe(const std::vector<std::string>& words) {
  if (context_ != nullptr) send(words, nullptr);
}

void redis_link::send(const std::vector<std::string>& words, std::unique_ptr<answered> then) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const bool is_command = then != nullptr;
  answered* const raw = then.release();
  const int status = redisAsyncCommandArgv(context_, is_command ? hooks::answer : hooks::message, raw,
                                           static_cast<int>(words.size()), starts.data(), sizes.data());
  if (status != REDIS_OK && is_command) hooks::answer(context_, nullptr, raw);
}

void redis_link::close() {
  closed_ = true;
  if (std::exchange(in_trouble_, false)) --outage_->lost;
  timers_.disarm(*this);
  ready_ = nullptr;
  if (context_ != nullptr) redisAsyncFree(context_);
}

#else

bool has_redis() noexcept { return false; }

redis_link::redis_link(async::strand on, async::deadlines& timers, redis_address to,
                       std::shared_ptr<redis_outage> shared)
    : strand_(std::move(on)), timers_(timers), to_(std::move(to)), outage_(std::move(shared)) {}
redis_link::~redis_link() = default;
void redis_link::start(std::function<void()>, on_message) {}
void redis_link::command(const std::vector<std::string>&, answered then) {
  if (then) then({});
}
void redis_link::subscribe(const std::vector<std::string>&) {}
void redis_link::close() {}
void redis_link::on_deadline() {}

#endif

}  // namespace cosio::inline v0_2::cluster
