// One run: what the dice choose before it begins.

#include <algorithm>

#include "simulation/notes.hpp"
#include "simulation/story.hpp"
#include "simulation/watched_adapter.hpp"
#include "wire/msgpack.hpp"

namespace cosio::simulation {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest = milliseconds::max();

std::size_t some_clients(dice& d) {
  const std::size_t kind = d.below(100);
  if (kind < 50) return d.between(1, 6);
  if (kind < 90) return d.between(5, 30);
  if (kind < 99) return d.between(30, 100);
  return d.between(100, 400);
}

}  // namespace

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
  sequential_chat_ = dice_.chance(200);
  settings_.cleanup_empty_child_namespaces = dice_.chance(700);
  settings_.serve_client = false;
  settings_.credentials_notice = milliseconds(dice_.one_of({50, 1'000, 30'000}));
  if (dice_.chance(500)) choose_deflate();
  if (dice_.chance(300)) choose_rates();
  if (dice_.chance(400)) choose_recovery();
  if (dice_.chance(250) && wire::has_msgpack()) settings_.parser = msgpack_parser();
  if (dice_.chance(300)) choose_limits();
  if (dice_.chance(200)) choose_long_times();
  closes_early_ = dice_.chance(200);
  listens_again_ = dice_.chance(150);
}

// Small ones.
void story::choose_limits() {
  if (dice_.chance(500)) settings_.max_held_bytes = dice_.one_of<std::size_t>({2'000, 20'000});
  if (dice_.chance(300)) settings_.max_client_bytes = 1;  // the sum of the others
  if (dice_.chance(500)) {
    settings_.first_request_timeout = milliseconds(dice_.one_of({0, 300, 2'000}));
    settings_.max_silent_sessions = 1;
  }
  if (dice_.chance(500)) settings_.max_child_namespaces = dice_.between(1, 3);
  settings_.max_attachments = dice_.one_of<std::size_t>({1, 3, 10});
  settings_.close_timeout = milliseconds(dice_.one_of({50, 5'000}));
}

// Clients of JavaScript wait for 24 days at most, so the sum of the times of the heartbeat is limited.
void story::choose_long_times() {
  constexpr milliseconds longest_heartbeat(2'147'483'647);
  if (dice_.chance(500)) settings_.connect_timeout = longest;
  if (dice_.chance(500)) settings_.upgrade_timeout = longest;
  if (dice_.chance(500)) settings_.first_request_timeout = longest;
  if (dice_.chance(500)) settings_.credentials_notice = longest;
  if (dice_.chance(500)) settings_.destroy_upgrade_timeout = longest;
  if (settings_.connection_state_recovery && dice_.chance(500))
    settings_.connection_state_recovery->max_disconnection_duration = longest;
  if (dice_.chance(500)) settings_.ping_timeout = longest_heartbeat - settings_.ping_interval;
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
  // The questions and answers of hundreds of handlers must fit into the outbox.
  if (settings_.max_queued_bytes >= 400'000) habits_.crowd = maybe(dice_.one_of({3U, 20U}));
  habits_.twice = maybe(300);
  habits_.again = maybe(200);
  habits_.keys = !settings_.max_event_rate && dice_.chance(500);
  habits_.attachments = settings_.max_attachments;
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

}  // namespace cosio::simulation
