// One run: what happens.

#include "simulation/story.hpp"

#include <algorithm>
#include <utility>

#include "async/spawn.hpp"
#include "engine/session.hpp"
#include "simulation/notes.hpp"
#include "simulation/random_source.hpp"
#include "simulation/watched_adapter.hpp"
#include "wire/msgpack.hpp"

namespace cosio::simulation {
namespace {

using std::chrono::milliseconds;

constexpr moment longest_unsettled{50};

std::size_t some_clients(dice& d) {
  const std::size_t kind = d.below(100);
  if (kind < 50) return d.between(1, 6);
  if (kind < 90) return d.between(5, 30);
  if (kind < 99) return d.between(30, 100);
  return d.between(100, 400);
}

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

void story::choose_settings() {
  clients_ = wanted_.clients != 0 ? wanted_.clients : some_clients(dice_);
  steps_ = wanted_.steps != 0 ? wanted_.steps : std::max<std::size_t>(300, clients_ * dice_.between(60, 160));
  settings_.ping_interval = milliseconds(dice_.one_of({4'000, 10'000, 25'000}));
  settings_.ping_timeout = milliseconds(dice_.one_of({2'000, 5'000, 20'000}));
  settings_.ping_timeout_eio3 = milliseconds(dice_.one_of({5'000, 60'000}));
  settings_.upgrade_timeout = milliseconds(dice_.one_of({500, 2'000, 10'000}));
  settings_.connect_timeout = milliseconds(45'000);
  settings_.max_payload = dice_.one_of<std::size_t>({4'000, 100'000, 1'000'000});
  settings_.max_queued_bytes = dice_.one_of<std::size_t>({6'000, 40'000, 400'000, 16'000'000});
  settings_.high_water_mark = settings_.max_queued_bytes / dice_.one_of<std::size_t>({2, 8});
  settings_.max_handlers_in_flight = dice_.chance(200) ? dice_.between(2, 6) : 256;
  settings_.handlers = dice_.chance(200) ? handler_order::sequential : handler_order::concurrent;
  settings_.cleanup_empty_child_namespaces = dice_.chance(700);
  settings_.serve_client = false;
  settings_.credentials_notice = milliseconds(dice_.one_of({50, 1'000, 30'000}));
  if (dice_.chance(500)) choose_deflate();
  if (dice_.chance(300)) choose_rates();
  if (dice_.chance(400)) choose_recovery();
  if (dice_.chance(250) && wire::has_msgpack()) settings_.parser = msgpack_parser();
  closes_early_ = dice_.chance(200);
}

void story::choose_deflate() {
  deflate_options& deflate = settings_.per_message_deflate.emplace();
  deflate.threshold = dice_.one_of<std::size_t>({0, 30, 1'024});
  deflate.server_context_takeover = dice_.chance(500);
  deflate.client_context_takeover = dice_.chance(500);
  deflate.server_max_window_bits = dice_.one_of({9, 12, 15, 15});
  deflate.client_max_window_bits = dice_.one_of({8, 11, 15, 15});
  deflate.level = dice_.one_of({1, 6, 9});
  deflate.memory_level = dice_.one_of({1, 8});
}

void story::choose_recovery() {
  recovery_options& recovery = settings_.connection_state_recovery.emplace();
  recovery.max_disconnection_duration = milliseconds(dice_.one_of({300, 5'000, 120'000}));
  recovery.skip_middlewares = dice_.chance(600);
  if (dice_.chance(300)) recovery.max_packets = dice_.one_of<std::size_t>({5, 40});
  if (dice_.chance(200)) recovery.max_bytes = 3'000;
  if (dice_.chance(200)) recovery.max_sessions = 2;
  settings_.adapter = [this](adapter_host& host) { return make_watched_adapter(host, *book_, now_); };
}

void story::choose_rates() {
  const auto some_rate = [this] { return rate_limit(dice_.one_of({0.5, 2.0, 10.0}), dice_.one_of({1.0, 3.0, 12.0})); };
  for (const char* event : {"say", "blob", "word", "echo"})
    if (dice_.chance(500)) settings_.max_event_rates.emplace(event, some_rate());
  if (dice_.chance(400)) settings_.max_event_rate = rate_limit(dice_.one_of({2.0, 20.0}), dice_.one_of({5.0, 30.0}));
}

std::uint64_t story::refused_events() const {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : server_->metrics().limits_hit)
    if (name.starts_with("max_event_rate")) sum += count;
  return sum;
}

// Some runs are calm, others rough; some know no old clients, others nothing else.
void story::choose_habits() {
  const auto maybe = [this](unsigned value) { return dice_.chance(500) ? 0U : value; };
  habits_.talk = dice_.one_of({100U, 300U, 700U});
  habits_.upgrade = maybe(dice_.one_of({20U, 100U}));
  habits_.give_up_upgrade = maybe(30);
  habits_.lag = maybe(dice_.one_of({5U, 30U}));
  habits_.end = settings_.connection_state_recovery ? dice_.one_of({10U, 40U}) : maybe(dice_.one_of({3U, 20U}));
  habits_.corrupt = maybe(maybe(4));
  habits_.misbehave = maybe(maybe(4));
  habits_.dismissal = maybe(15);
  habits_.leave_namespace = maybe(20);
  habits_.old = dice_.one_of({0U, 300U, 500U, 1000U});
  habits_.websocket = dice_.one_of({0U, 400U, 1000U});
  habits_.compress = dice_.one_of({0U, 700U, 1000U});
  habits_.msgpack = settings_.parser != nullptr;
  habits_.jsonp = maybe(dice_.one_of({200U, 1000U}));
  habits_.sizes = dice_.one_of<std::size_t>({4, 6, note_sizes});
  if (settings_.max_handlers_in_flight < 256) habits_.patience = 0;  // its answer might not be read any more
  server_acts_ = dice_.one_of({0U, 20U, 80U});
}

std::string story::settings() const {
  return std::to_string(clients_) + " clients, " + std::to_string(steps_) + " steps; pings every " +
         std::to_string(settings_.ping_interval.count()) + " ms, " + std::to_string(settings_.max_queued_bytes) +
         " bytes queued at most, payloads of " + std::to_string(settings_.max_payload) + ", " +
         std::to_string(settings_.max_handlers_in_flight) + " handlers in flight" +
         (settings_.handlers == handler_order::sequential ? ", one after the other" : "") +
         (settings_.per_message_deflate ? ", compresses" : "") + (settings_.parser ? ", speaks MessagePack" : "") +
         (settings_.max_event_rate || !settings_.max_event_rates.empty() ? ", limits rates" : "") +
         (settings_.connection_state_recovery ? ", takes clients back" : "");
}

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
  limits.ping_timeout_eio3 = settings_.ping_timeout_eio3;
  limits.connect_timeout = settings_.connect_timeout;
  if (const auto& recovery = settings_.connection_state_recovery) {
    limits.recovers = true;
    limits.recovery.silence = settings_.ping_interval + 2 * settings_.ping_timeout;
    limits.recovery.longest = recovery->max_disconnection_duration;
    limits.recovery.generous =
        recovery->max_packets > 1'000 && recovery->max_bytes > 1'000'000 && recovery->max_sessions > 1'000;
  }
  limits.credentials_notice = settings_.credentials_notice;
  limits.max_queued_bytes = settings_.max_queued_bytes;
  limits.rates.insert(settings_.max_event_rates.begin(), settings_.max_event_rates.end());
  if (settings_.max_event_rate) limits.rates.emplace("", *settings_.max_event_rate);
  limits.handled_at_once = settings_.max_handlers_in_flight >= 256 && settings_.handlers == handler_order::concurrent;
  limits.refused_events = [this] { return refused_events(); };
  book_ = std::make_unique<ledger>(journal_, now_, limits);
  server_ = std::make_unique<cosio::server>(*app_, settings_);
  server_->engine().on_connection([this](engine_session s) { sessions_.push_back(s.internals()); });
  house_ = std::make_unique<house>(*server_, *book_, dice_);
  house_->open(habits_.sizes - 1, dice_.chance(300), dice_.chance(300));
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
  constexpr int most_rounds = 1'500;
  constexpr int rounds_for_notices =
      150;  // later than all of them credentials may have expired, and nothing is owed any more
  net_->faults = false;
  std::string still_owed;
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

void story::everybody_leaves() {
  journal_.write([] { return std::string("everybody leaves"); });
  for (person& who : people_) who.leave();
  const moment longest =
      settings_.ping_interval + std::max(settings_.ping_timeout, settings_.ping_timeout_eio3) + milliseconds(60'000);
  for (moment passed{0}; passed < longest; passed += moment(500)) {
    for (person& who : people_)
      if (dice_.chance(700)) who.step(now_, dice_.chance(500));
    house_->wake_all();
    settle();
    check();
    pass_time(moment(500));
  }
  people_.clear();  // the last connections
  for (int i = 0; i < 25; ++i) pass_time(std::chrono::minutes(1));
  settle();
  check();
  check_nothing_is_left();
}

void story::close_server() {
  book_->closing();
  journal_.write([] { return std::string("the server closes"); });
  bool closed = false;
  auto closing = dice_.chance(500) ? server_->close() : server_->close(milliseconds(dice_.between(0, 5'000)));
  boost::asio::co_spawn(world_.context(), std::move(closing), [&](std::exception_ptr e) {
    if (e) journal_.complain("close() has failed");
    closed = true;
  });
  for (int round = 0; round < 400 && !closed; ++round) {
    for (person& who : people_) who.step(now_, dice_.chance(500));
    house_->wake_all();
    settle();
    check();
    pass_time(moment(200));
  }
  if (!closed) throw broken("close() does not end");
  settle();
  people_.clear();
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
