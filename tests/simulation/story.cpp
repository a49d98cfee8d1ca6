// One run: what happens.

#include "simulation/story.hpp"

#include <algorithm>
#include <utility>

#include "async/spawn.hpp"
#include "engine/session.hpp"
#include "simulation/kit.hpp"
#include "socketio/server_core.hpp"

namespace cosio::simulation {
namespace {

using std::chrono::milliseconds;

constexpr moment longest_unsettled{50};

}  // namespace

story::story(story_options options, journal& told)
    : wanted_(options), journal_(told), dice_(options.seed), ready_(world_.context(), dice_) {
  seed_random_source(options.seed);
  choose_settings();
  choose_habits();
  open_server();
}

// Handlers that never ran hold parts of the server, and these the world: it goes last.
story::~story() = default;

void story::open_server() {
  http::app_options options;
  options.head_timeout = options.body_timeout = options.idle_timeout = std::chrono::minutes(10);
  state_ = std::make_shared<http::app::state>(world_.take_runtime(), options);
  app_ = std::make_unique<http::app>(state_);
  net_ = std::make_unique<network>(state_, dice_);
  if (dice_.chance(400)) net_->smallest_pipe = net_->largest_pipe = dice_.one_of<std::size_t>({1'024, 4'000, 16'000});
  ledger::limits limits;
  limits.ping_interval = settings_.ping_interval;
  limits.ping_timeout = settings_.ping_timeout;
  limits.ping_timeout_eio3 = *settings_.ping_timeout_eio3;
  limits.connect_timeout = settings_.connect_timeout;
  limits.first_request_timeout = settings_.first_request_timeout;
  if (const auto& recovery = settings_.connection_state_recovery) {
    limits.recovers = true;
    limits.recovery.silence = settings_.ping_interval + 2 * settings_.ping_timeout;
    limits.recovery.longest = recovery->max_disconnection_duration;
    limits.recovery.generous =
        recovery->max_packets > 1'000 && recovery->max_bytes > 1'000'000 && recovery->max_sessions > 1'000;
  }
  limits.credentials_notice = settings_.credentials_notice;
  limits.max_queued_bytes = settings_.max_queued_bytes;
  limits.high_water_mark = settings_.high_water_mark;
  limits.rates.insert(settings_.max_event_rates.begin(), settings_.max_event_rates.end());
  if (settings_.max_event_rate) limits.rates.emplace("", *settings_.max_event_rate);
  limits.small_hold = settings_.max_held_bytes < 1'000'000;
  limits.small_account = settings_.max_client_bytes == 1;
  limits.sequential = settings_.handlers == handler_order::sequential;
  limits.sequential_chat = sequential_chat_;
  limits.handled_at_once = settings_.max_handlers_in_flight >= 256 && !limits.sequential && !sequential_chat_ &&
                           !limits.small_hold && !limits.small_account;
  limits.refused_events = [this] { return refused_events(); };
  book_ = std::make_unique<ledger>(journal_, now_, limits);
  server_ = std::make_unique<cosio::server>(*app_, settings_);
  server_->engine().on_connection([this](engine_session s) {
    sessions_.push_back({s.internals(), book_->life_of(s.request().query("who").value_or(""))});
  });
  house_ = std::make_unique<house>(*server_, *book_, dice_);
  house_->open(habits_.sizes - 1, dice_.chance(300), dice_.chance(300), sequential_chat_);
  invite();
}

void story::invite() {
  for (std::size_t i = 0; i < clients_; ++i)
    people_.emplace_back(i, *net_, *book_, journal_, habits_,
                         engine_client::rules{settings_.ping_interval, settings_.upgrade_timeout, settings_.max_payload,
                                              settings_.per_message_deflate.has_value()});
}

// ---------------------------------------------------------------- time

void story::settle() {
  ready_.run_all();
  unsettled_ = moment(0);
}

// Handlers take no time: what is ready has run before much time passes.
void story::pass_time(moment by) {
  if (unsettled_ + by > longest_unsettled) settle();
  unsettled_ += by;
  now_ += by;
  world_.timers().advance(by);
}

// In pieces: what falls due in one of them happens before what falls due in the next.
void story::let_time_pass(moment by) {
  for (; by > longest_unsettled; by -= longest_unsettled) pass_time(longest_unsettled);
  pass_time(by);
}

// ---------------------------------------------------------------- the run

void story::run() {
  for (std::size_t i = 0; i < steps_; ++i) {
    journal_.at(i, now_);
    step();
    check();
    if (i % std::max<std::size_t>(16, clients_ / 4) == 0) check_budgets();
    if (i % std::max<std::size_t>(32, clients_) == 0 && ready_.empty()) check_rooms();
    if (closes_early_ && i > steps_ * 3 / 4) break;
  }
  if (!closes_early_) {
    rest();
    everybody_leaves();
  }
  close_server();
  if (listens_again_) {
    listen_again();
    rest();
    everybody_leaves();
    close_server();
  }
  note_limits();
}

// As an application does with its port, which is in memory here.
void story::listen_again() {
  for (const auto& service : state_->routes().services()) service->opening();
  server_->internals()->open();
  book_->closing(false);
  net_->faults = true;
  invite();
  for (std::size_t i = 0; i < steps_ / 4; ++i) {
    step();
    check();
  }
  if (book_->present().empty()) return;
  journal_.met(feature::listened_again);
}

// As the server has counted them.
void story::note_limits() {
  for (const auto& [name, count] : server_->metrics().limits_hit) {
    if (count == 0) continue;
    if (name == "first_request_timeout") journal_.met(feature::asked_too_late);
    if (name == "max_handlers_in_flight") journal_.met(feature::handlers_full);
  }
}

void story::step() {
  const std::size_t what = dice_.below(1000);
  if (what < 600) {
    people_[dice_.below(people_.size())].act(now_);
  } else if (what < 850) {
    if (dice_.chance(150)) {
      settle();
    } else {
      ready_.run(dice_.between(1, 12));
    }
  } else if (what < 940) {
    const auto shorter = static_cast<moment::rep>(1 + clients_ / 20);
    let_time_pass(moment(dice_.chance(30) ? dice_.between(200, 3'000) / shorter : dice_.between(0, 40) / shorter));
  } else if (what < 960) {
    house_->wake_one();
  } else if (dice_.chance(server_acts_ * 10)) {
    async::spawn(world_.context().get_executor(), "simulation", house_->act());
  }
}

// No more faults: everybody reads, answers, and what was sent must arrive.
void story::rest() {
  const bool in_turn = sequential_chat_ || settings_.handlers == handler_order::sequential;
  const int most_rounds = in_turn ? 6'000 : 1'500;
  constexpr int rounds_for_notices =
      150;  // later than all of them credentials may have expired, and nothing is owed any more
  net_->faults = false;
  std::string still_owed;
  check_begun();
  for (int round = 0; round < most_rounds; ++round) {
    house_->wake_all();
    for (person& who : people_) {
      who.answer_all();
      who.step(now_, true);
    }
    settle();
    check();
    check_budgets();
    check_rooms();
    if (round == rounds_for_notices) check_notices();
    still_owed = owed();
    if (round > 3 && still_owed.empty()) break;
    pass_time(moment(20));
    journal_.at(steps_ + static_cast<std::uint64_t>(round), now_);
  }
  if (!still_owed.empty()) throw broken(still_owed);
  for (int round = 0; round < 5; ++round) {  // nothing comes twice
    for (person& who : people_) who.step(now_, true);
    settle();
    check();
    pass_time(moment(20));
  }
}

std::string story::owed() const {
  for (const person& who : people_)
    if (std::string what = who.owed(); !what.empty()) return what;
  return book_->overdue();
}

// A ping and its time limit, however long.
void story::wait_for_heartbeats() {
  for (int i = 0; i < 3; ++i) {
    pass_time(settings_.ping_interval + settings_.ping_timeout);
    settle();
  }
}

void story::everybody_leaves() {
  journal_.write([] { return std::string("everybody leaves"); });
  for (person& who : people_) who.leave();
  constexpr milliseconds most(145'000);
  const moment longest = std::min(
      settings_.ping_interval + std::max(settings_.ping_timeout, *settings_.ping_timeout_eio3) + milliseconds(60'000),
      most);
  for (moment passed{0}; passed < longest; passed += moment(500)) {
    for (person& who : people_)
      if (dice_.chance(700)) who.step(now_, dice_.chance(500));
    house_->wake_all();
    settle();
    check();
    pass_time(moment(500));
  }
  people_.clear();  // the last connections
  wait_for_heartbeats();
  for (int i = 0; i < 25; ++i) pass_time(std::chrono::minutes(1));
  settle();
  house_->wake_all();
  settle();
  check();
  check_nothing_is_left();
}

task<> story::some_close() {
  if (dice_.chance(500)) return server_->close();
  if (people_.empty() || settings_.ping_timeout > milliseconds(60'000) || !dice_.chance(100))
    return server_->close(milliseconds(dice_.between(0, 5'000)));
  for (person& who : people_) who.leave();
  journal_.met(feature::closes_never_late);
  return server_->close(milliseconds::max());
}

void story::close_server() {
  book_->closing();
  journal_.write([] { return std::string("the server closes"); });
  bool closed = false;
  auto closing = some_close();
  boost::asio::co_spawn(world_.context(), std::move(closing), [&](std::exception_ptr e) {
    if (e) journal_.complain("close() has failed");
    closed = true;
  });
  for (int round = 0; round < 600 && !closed; ++round) {
    for (person& who : people_) who.step(now_, dice_.chance(500));
    house_->wake_all();
    settle();
    check();
    pass_time(moment(200));
  }
  if (!closed) throw broken("close() does not end");
  settle();
  people_.clear();
  wait_for_heartbeats();
  for (int i = 0; i < 25; ++i) pass_time(std::chrono::minutes(1));
  house_->wake_all();
  settle();
  check();
  check_nothing_is_left();
}

story::figures story::counted() const {
  figures out;
  out.clients = clients_;
  out.steps = steps_;
  out.handlers = ready_.total();
  out.connections = net_->connections;
  out.bytes = net_->bytes;
  out.met = journal_.all_met();
  out.time = now_;
  out.book = book_->counted();
  return out;
}

}  // namespace cosio::simulation
