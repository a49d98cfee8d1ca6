// Logins of the dashboard.

#include "admin/login.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>

#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <exception>

#include "admin/bcrypt.hpp"
#include "base/later.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::admin {
namespace {

using namespace std::chrono_literals;

constexpr auto lifetime = 24h;                     // of a session
constexpr std::size_t most_sessions = 1'000;       // remembered here
constexpr std::size_t most_addresses = 1'000;      // with attempts that are counted
constexpr std::size_t most_running = 8;            // attempts at once, of all addresses
constexpr std::size_t most_of_a_password = 1'024;  // bytes
constexpr std::size_t most_of_a_session_id = 64;

// A member of the payload of CONNECT; empty when it is missing, or no string.
std::string text_in(const socket& who, std::string_view name) {
  const auto* const members = who.handshake().auth().value().if_object();
  const auto* const found = members != nullptr ? members->if_contains(name) : nullptr;
  const auto* const text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

std::string random_session_id() {
  std::array<unsigned char, 8> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw error(errc::not_supported, "the system has no random bytes");
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte / 16];
    out += "0123456789abcdef"[byte % 16];
  }
  return out;
}

// In the thread of the worker.
task<bool> compute(std::string password, std::string hash) { co_return matches_bcrypt(password, hash); }

void log_refused(const socket& who, std::string_view why) {
  const std::string address(who.remote_address());
  base::log(log_level::warn, "socketio", "the dashboard refused a login from " + address + ": " + std::string(why),
            {{"address", address}});
}

}  // namespace

void check_login(const admin_options& of) {
  const int ways = (of.login ? 1 : 0) + (of.verify ? 1 : 0) + (of.open_to_everybody ? 1 : 0);
  if (ways != 1)
    throw error(errc::bad_argument,
                "who may use the dashboard must be said, in one way: set login, verify or open_to_everybody of "
                "admin_options");
  if (static_cast<bool>(of.keep_session) != static_cast<bool>(of.has_session))
    throw error(errc::bad_argument, "keep_session and has_session of admin_options need each other: set both");
  if (!of.login) return;
  if (of.login->username.empty()) throw error(errc::bad_argument, "the login of the dashboard has no name");
  if (!is_bcrypt_hash(of.login->password_hash))
    throw error(errc::bad_argument,
                "the password of the dashboard is no bcrypt hash with a cost from 4 to 16: make one with "
                "htpasswd -nbBC 10");
  if (!can_bcrypt())
    throw error(errc::not_supported,
                "this cosio cannot check bcrypt hashes: build it where crypt_r(3) has them (on Debian: apt-get install "
                "libcrypt-dev), or set admin_options::verify");
}

// An attempt to log in, from its beginning to its end.
class login::running {
 public:
  running(std::shared_ptr<login> of, std::string address, async::time_point now)
      : of_(std::move(of)), address_(std::move(address)) {
    of_->begin_attempt(address_, now);
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() { of_->end_attempt(address_); }

 private:
  const std::shared_ptr<login> of_;
  const std::string address_;
};

login::login(const admin_options& of) : opts_(of) {}

boost::asio::thread_pool& login::worker() {
  const base::lock_guard lock(mutex_);
  if (!worker_) worker_ = std::make_unique<boost::asio::thread_pool>(1);
  return *worker_;
}

// Of too many addresses one is forgotten: it has as many attempts as a new one.
void login::begin_attempt(const std::string& address, async::time_point now) {
  const base::lock_guard lock(mutex_);
  if (attempts_.size() >= most_addresses && !attempts_.contains(address)) {
    for (auto at = attempts_.begin(); at != attempts_.end(); ++at) {
      if (at->second.is_running) continue;
      attempts_.erase(at);
      break;
    }
  }
  attempts& mine = attempts_.try_emplace(address, opts_.logins.burst, now).first->second;
  const bool may = !mine.is_running && running_ < most_running &&
                   mine.tokens.take(1, opts_.logins.per_second, opts_.logins.burst, now);
  if (!may) throw refusal("too many attempts");
  mine.is_running = true;
  ++running_;
}

void login::end_attempt(const std::string& address) noexcept {
  const base::lock_guard lock(mutex_);
  const auto found = attempts_.find(address);
  if (found != attempts_.end()) found->second.is_running = false;
  --running_;
}

task<bool> login::is_known(std::shared_ptr<login> self, std::string session_id, async::time_point now) {
  if (session_id.empty() || session_id.size() > most_of_a_session_id) co_return false;
  if (self->opts_.has_session) {
    auto asking = self->opts_.has_session(session_id);
    const bool has = co_await std::move(asking);
    co_return has;
  }
  co_return self->remembers(session_id, now);
}

bool login::remembers(const std::string& session_id, async::time_point now) const {
  const base::lock_guard lock(mutex_);
  const auto found = sessions_.find(session_id);
  return found != sessions_.end() && found->second > now;
}

void login::remember(const std::string& session_id, async::time_point now) {
  const base::lock_guard lock(mutex_);
  if (oldest_.size() >= most_sessions) {
    sessions_.erase(oldest_.front());
    oldest_.pop_front();
  }
  sessions_.emplace(session_id, base::later(now, lifetime));
  oldest_.push_back(session_id);
}

task<bool> login::is_right(std::shared_ptr<login> self, std::string username, std::string password) {
  if (self->opts_.verify) {
    auto asking = self->opts_.verify(username, password);
    const bool right = co_await std::move(asking);
    co_return right;
  }
  // The time does not tell whether the name is right.
  const std::string hash = self->opts_.login->password_hash;
  auto computing = boost::asio::co_spawn(self->worker().get_executor(), compute(std::move(password), hash),
                                         boost::asio::use_awaitable);
  const bool matches = co_await std::move(computing);
  co_return matches&& username == self->opts_.login->username;
}

task<std::string> login::new_session(std::shared_ptr<login> self, async::time_point now) {
  std::string made = random_session_id();
  if (self->opts_.keep_session) {
    auto keeping = self->opts_.keep_session(made);
    co_await std::move(keeping);
  } else {
    self->remember(made, now);
  }
  co_return made;
}

task<std::string> login::check(std::shared_ptr<login> self, socket who, async::time_point now) {
  if (self->asks_nobody()) co_return std::string();
  auto asking = is_known(self, text_in(who, "sessionId"), now);
  const bool known = co_await std::move(asking);
  if (known) co_return std::string();
  const std::string username = text_in(who, "username");
  const std::string password = text_in(who, "password");
  const bool can_be_right = !username.empty() && !password.empty() && username.size() <= most_of_a_password &&
                            password.size() <= most_of_a_password;
  // A page that comes without a word is no attempt: it asks for them then.
  if (!can_be_right) throw refusal("invalid credentials");
  bool right = false;
  {
    const running attempt(self, std::string(who.remote_address()), now);
    auto checking = is_right(self, username, password);
    right = co_await std::move(checking);
  }
  if (!right) {
    log_refused(who, "invalid credentials");
    throw refusal("invalid credentials");
  }
  auto making = new_session(self, now);
  std::string made = co_await std::move(making);
  co_return made;
}

}  // namespace cosio::inline v0_2::admin
