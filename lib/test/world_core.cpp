// The world: rest, time, and the ends of coroutines.

#include "test/world_core.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detail/reactor.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "base/logger.hpp"
#include "test/random_source.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::size_t most_lines = 100'000;
constexpr std::size_t most_handlers_at_once = 24;
constexpr std::size_t most_rounds = 2'000'000;  // a world that has not settled by then never will
constexpr std::size_t most_idle_rounds = 60;    // a client that has something to send may put it off so often
constexpr moment smallest_step{1};

std::atomic<bool> is_there{false};

std::uint64_t seed_of(const world_options& how) {
  if (how.seed) return *how.seed;
  const char* const text = std::getenv("COSIO_TEST_SEED");
  if (text == nullptr || *text == '\0') return 1;
  std::uint64_t seed = 0;
  const std::string_view digits(text);
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), seed);
  if (error != std::errc() || end != digits.end())
    throw failure("COSIO_TEST_SEED is not a number: set it to the seed that a failure shows, such as 17", "");
  return seed;
}

// The time in milliseconds since 1970, as digits to the base of 64, and a number behind a dot if there were several.
bool is_offset(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  constexpr std::size_t most_digits = 8;
  const std::string_view time = text.substr(0, text.find('.'));
  if (time.empty() || time.size() > most_digits) return false;
  std::int64_t value = 0;
  for (const char c : time) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return false;
    value = value * 64 + static_cast<std::int64_t>(digit);
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::chrono::milliseconds age = std::chrono::duration_cast<milliseconds>(now) - milliseconds(value);
  return std::chrono::abs(age) < std::chrono::hours(24);
}

std::string seconds(moment time) {
  std::array<char, 32> room{};
  std::snprintf(room.data(), room.size(), "%.3f s", static_cast<double>(time.count()) / 1000);
  return room.data();
}

}  // namespace

world_core::world_core(world_options how)
    : how_(std::move(how)), seed_(seed_of(how_)), dice_(seed_), level_before_(get_log_level()) {
  if (is_there.exchange(true))
    throw failure("there is another cosio::test::world: the log is the whole process's, so end that one first", "");
  seed_random_source(seed_);
  set_log_level(log_level::debug);
  set_log_sink([this](log_level level, std::string_view component, std::string_view message) {
    keep(level, component, message);
  });
  auto runtime = std::make_unique<async::runtime>(context_, async::deadlines::manual_time());
  runtime_ = runtime.get();
  http::app_options options;
  state_ = std::make_shared<http::app::state>(std::move(runtime), options);
  app_ = std::make_unique<http::app>(state_);
  net_ = std::make_unique<network>(state_, dice_);
  net_->smallest_pipe = net_->largest_pipe = std::max<std::size_t>(how_.pipe_bytes, 64);
  net_->faults = false;
}

// Handlers do not run any more: what they refer to in the test may have gone already.
world_core::~world_core() {
  for (const auto& open : connections_) open->end_of_world();
  connections_.clear();
  servers_.clear();
  app_ = nullptr;
  net_ = nullptr;
  state_ = nullptr;
  sleepers_.clear();
  // A coroutine that waits holds its wait, and that the coroutine.
  for (const auto& one : std::exchange(waits_, {}))
    if (const auto alive = one.lock()) std::exchange(alive->coroutine, nullptr).reset();
  base::wait_for_log();
  set_log_sink({});
  set_log_level(level_before_);
  end_random_source();
  is_there = false;
}

void world_core::close() {
  const auto all = connections_;
  for (const auto& open : all) open->end_of_world();
  settle();
  for (cosio::server& one : servers_) finish(one.close());
  settle();
}

cosio::server world_core::add_server(const cosio::options& opts) {
  cosio::server made(*app_, opts);
  servers_.push_back(made);
  options_.push_back(opts);
  return made;
}

const cosio::options& world_core::options_of(std::string_view path) const {
  if (options_.empty()) fail("this world has no server: make one with w.server(options) before the first client");
  if (path.empty()) return options_.front();
  for (const cosio::options& one : options_)
    if (one.path == path) return one;
  fail("this world has no server with the path " + std::string(path) +
       ": set options.path, or leave the client's empty");
}

// ---------------------------------------------------------------- rest

std::size_t world_core::run_some() {
  std::size_t moved = ready_.run(dice_.between(1, most_handlers_at_once));
  const auto all = connections_;  // one may be added meanwhile
  const std::size_t first = all.empty() ? 0 : dice_.below(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) moved += all[(first + i) % all.size()]->step(now_);
  std::erase_if(connections_, [](const auto& one) { return one->is_over(); });
  return moved;
}

bool world_core::has_unsent() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& one) { return one->has_unsent(); });
}

void world_core::settle() {
  std::size_t idle = 0;
  for (std::size_t round = 0; idle < 3 || (idle < most_idle_rounds && has_unsent()); ++round) {
    if (round == most_rounds)
      fail("this world does not come to rest: something posts itself again and again, without any time passing");
    idle = run_some() == 0 ? idle + 1 : 0;
  }
  throw_complaint();
}

void world_core::complain(std::string sentence) {
  if (complaint_.empty()) complaint_ = std::move(sentence);
}

void world_core::throw_complaint() {
  if (!complaint_.empty()) fail(std::exchange(complaint_, {}));
}

// ---------------------------------------------------------------- time

void world_core::pass(moment by) {
  now_ = later(now_, by);
  runtime_->timers().advance(by);
  std::vector<std::shared_ptr<wait>> due;
  std::erase_if(sleepers_, [&](const sleeper& one) {
    if (one.until > now_) return false;
    due.push_back(one.what);
    return true;
  });
  for (const auto& one : due) one->end();
}

// In steps: what falls due in one of them happens before what falls due in the next.
void world_core::advance(milliseconds time) {
  settle();
  if (time < milliseconds(0)) fail("time does not go back: advance() takes a time of zero or more");
  constexpr moment smallest(10);
  constexpr moment largest(1'000);
  const moment usual = std::clamp(moment(time.count() / 4'000), smallest, largest);
  while (time > milliseconds(0)) {
    moment next = std::min(usual, time);
    for (const sleeper& one : sleepers_) next = std::min(next, std::max(one.until - now_, smallest_step));
    pass(next);
    settle();
    time -= next;
  }
}

bool world_core::run_until(const std::function<bool()>& done) {
  settle();
  milliseconds really = how_.real_time;
  moment passed{0};
  for (moment waited{0}; !done();) {
    if (really > milliseconds(0) && wait_really(really)) continue;
    if (waited >= how_.patience) return false;
    // A test that sleeps waits for something that will happen.
    const bool sleeps = !sleepers_.empty();
    const moment largest(sleeps ? 1'000 : 100);
    moment next = std::clamp(moment(passed.count() / 16), smallest_step, largest);
    for (const sleeper& one : sleepers_) next = std::min(next, std::max(one.until - now_, smallest_step));
    pass(next);
    settle();
    passed += next;
    if (!sleeps) waited += next;
  }
  return true;
}

// @return whether something has happened.
bool world_core::wait_really(milliseconds& left) {
  constexpr milliseconds piece(5);
  context_.restart();
  const auto ran = context_.run_one_for(std::min(piece, left));
  left -= std::min(piece, left);
  settle();
  return ran != 0 || left > milliseconds(0);
}

cosio::task<> world_core::sleep(std::shared_ptr<world_core> self, milliseconds time) {
  const auto waiting = self->begin_wait("the test", "the end of a sleep of " + seconds(time));
  self->sleepers_.push_back({later(self->now_, time), waiting});
  self.reset();  // a coroutine that waits does not keep its world
  auto slept = wait_for(waiting);
  co_await std::move(slept);
}

// ---------------------------------------------------------------- coroutines

namespace {

struct ending {
  bool done = false;
  std::exception_ptr thrown;
  asio::cancellation_signal stop;
};

}  // namespace

void world_core::finish(cosio::task<> work) {
  const auto end = std::make_shared<ending>();
  auto ended = [end](std::exception_ptr e) {
    end->done = true;
    end->thrown = std::move(e);
  };
  asio::co_spawn(context_, std::move(work), asio::bind_cancellation_slot(end->stop.slot(), std::move(ended)));
  std::exception_ptr trouble;
  try {
    if (!run_until([end] { return end->done; }))
      fail("nothing has happened for " + seconds(how_.patience) + " of the world's time, and " + who_waits());
  } catch (...) {
    trouble = std::current_exception();
  }
  if (!trouble) {
    if (end->thrown) std::rethrow_exception(end->thrown);
    return;
  }
  if (!end->done) end->stop.emit(asio::cancellation_type::terminal);
  for (int i = 0; i < 100 && !end->done; ++i) run_some();
  std::rethrow_exception(trouble);
}

std::shared_ptr<wait> world_core::begin_wait(std::string who, std::string what) {
  auto made = std::make_shared<wait>();
  made->who = std::move(who);
  made->what = std::move(what);
  made->since = now_;
  std::erase_if(waits_, [](const auto& one) { return one.expired(); });
  waits_.push_back(made);
  return made;
}

std::string world_core::who_waits() {
  std::string out;
  for (const auto& one : waits_) {
    const auto alive = one.lock();
    if (!alive || alive->ended || !alive->coroutine) continue;
    if (!out.empty()) out += "; ";
    out += alive->who + " waits for " + alive->what + ", since " + seconds(alive->since);
  }
  if (out.empty()) out = "the coroutine waits for something that is neither a client nor the time of this world";
  if (asio::has_service<asio::detail::reactor>(context_)) {
    out +=
        ". Something in this world uses a timer or a socket of the system, such as boost::asio::steady_timer: "
        "w.advance() does not move these. Wait with w.sleep(), or set world_options::real_time";
  }
  return out;
}

// ---------------------------------------------------------------- the record

void world_core::say(std::string_view who, std::string_view direction, std::string_view text) {
  if (wire_.size() == most_lines) wire_.erase(wire_.begin(), wire_.begin() + most_lines / 2);
  std::array<char, 32> head{};
  std::snprintf(head.data(), head.size(), "%9.3f s  ", static_cast<double>(now_.count()) / 1000);
  wire_.push_back(head.data());
  std::string& line = wire_.back();
  line.append(who).append(" ").append(direction).append(" ");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view hex = "0123456789abcdef";
    if (byte >= 0x20 && byte != 0x7F) {
      line += c;
    } else {
      line += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    }
  }
  number_offset(line, "\"offset\":\"");
}

// An offset behind that text in a line. @return whether there was one.
bool world_core::number_offset(std::string& line, std::string_view before) const {
  const auto at = line.rfind(before);
  if (at == std::string::npos) return false;
  const auto begin = at + before.size();
  const auto end = line.find('"', begin);
  if (end == std::string::npos) return false;
  const auto known = offsets_.find(std::string_view(line).substr(begin, end - begin));
  if (known == offsets_.end()) return false;
  line.replace(begin, end - begin, "offset " + std::to_string(known->second));
  return true;
}

void world_core::heard_last_text(const std::string& text) {
  if (!is_offset(text)) return;
  offsets_.emplace(text, offsets_.size() + 1);
  constexpr std::size_t most = 30;  // attachments behind the packet
  for (std::size_t i = 0; i < std::min(most, wire_.size()); ++i)
    if (number_offset(wire_[wire_.size() - 1 - i], ",\"")) return;
}

void world_core::rename(const std::string& from, const std::string& to) {
  const std::string old = " s  " + from + " ";
  for (std::string& line : wire_)
    if (const auto at = line.find(old); at != std::string::npos && at < 20) line.replace(at + 4, from.size(), to);
}

void world_core::note(const std::function<std::string()>& words) {
  const std::string line = words();
  const auto colon = line.find(": ");
  const std::string_view text(line);
  say(text.substr(0, colon), "|", colon == std::string::npos ? "" : text.substr(colon + 2));
}

void world_core::keep(log_level level, std::string_view component, std::string_view message) {
  if (log_.size() == most_lines) log_.erase(log_.begin(), log_.begin() + most_lines / 2);
  log_.push_back({level, std::string(component), std::string(message)});
  if (how_.print_log && level >= log_level::warn)
    std::fprintf(stderr, "%s %s: %s\n", std::string(to_string(level)).c_str(), std::string(component).c_str(),
                 std::string(message).c_str());
}

std::string world_core::details() const {
  const std::size_t shown = std::min(wire_.size(), how_.wire_lines);
  std::string out = shown == 0 ? "\nNothing was said on the wire." : "\nThe wire, its last lines:";
  for (std::size_t i = wire_.size() - shown; i < wire_.size(); ++i) out += "\n" + wire_[i];
  constexpr std::size_t most = 10;
  std::string warned;
  std::size_t count = 0;
  for (auto line = log_.rbegin(); line != log_.rend() && count < most; ++line) {
    if (line->level < log_level::warn) continue;
    warned.insert(0, "\n  " + std::string(to_string(line->level)) + " " + line->component + ": " + line->message);
    ++count;
  }
  if (!warned.empty()) out += "\nThe log:" + warned;
  return out + "\nThe same again: COSIO_TEST_SEED=" + std::to_string(seed_);
}

void world_core::fail(const std::string& sentence) const { throw failure(sentence, details()); }

}  // namespace cosio::test::inline v0_2::kit
