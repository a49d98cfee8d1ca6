// The wire of the Redis Streams adapter.

#include "cluster/streams_wire.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "cluster/cluster_messages.hpp"
#include "cluster/redis_slots.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds entry_patience{5'000};          // for the answer of Redis, and for the entry to be read
constexpr std::size_t max_waiting_bytes = 64'000'000;  // of restores that wait for the connection
// Redis answers one after the other. Each of the long ones has up to 16 MB in memory.
constexpr std::size_t restores_at_once = 8;
constexpr std::size_t most_restores_in_line = 10'000;

// Answers to these come by Publish/Subscribe, too, and nobody who comes back needs them.
bool is_request(const cluster_message& message) noexcept {
  return message.type == message_type::fetch_sockets || message.type == message_type::server_side_emit ||
         (message.type == message_type::broadcast && !message.request_id.empty());
}

streams_reading reading_of(const streams_options& settings, const recovery_options* recovery, milliseconds silence) {
  streams_reading out;
  out.count = settings.read_count;
  out.block = settings.block_time;
  out.kept_entries = settings.max_age > milliseconds(0) ? 0 : settings.max_len;
  out.kept_age = settings.max_age;
  out.keeps_sessions = recovery != nullptr;
  if (recovery == nullptr) return out;
  out.limits.max_entries = recovery->max_packets;
  out.limits.max_bytes = recovery->max_bytes;
  // A sum of two options, which may both be very large.
  constexpr milliseconds longest = milliseconds::max() / 2;
  out.limits.max_age = std::min(recovery->max_disconnection_duration, longest) + std::min(silence, longest);
  return out;
}

}  // namespace

streams_wire::streams_wire(std::shared_ptr<wire_hub> hub, streams_options settings, const recovery_options* recovery,
                           milliseconds longest_silence, std::function<std::int64_t()> clock)
    : hub_(std::move(hub)),
      settings_(std::move(settings)),
      clock_(std::move(clock)),
      reading_(reading_of(settings_, recovery, longest_silence)),
      sessions_(recovery != nullptr ? hub_->make_commands(entry_patience, max_waiting_bytes) : nullptr),
      restores_(std::make_shared<turns>(restores_at_once, most_restores_in_line)),
      long_restores_(std::make_shared<turns>(restores_at_once, most_restores_in_line)) {
  if (sessions_) async::post(hub_->strand(), "cluster", [sessions = sessions_] { sessions->start({}); });
}

// Connections are closed on their strand: an operation of theirs may be running, and uses the timers.
streams_wire::~streams_wire() {
  decltype(tails_) all;
  {
    const base::lock_guard lock(mutex_);
    all.swap(tails_);
  }
  base::guarded("cluster", [&] {
    async::post(hub_->strand(), "cluster",
                [timers = hub_->timers().keep(), tails = std::move(all), sessions = sessions_] {
                  for (const auto& [stream, tail] : tails) tail->close();
                  if (sessions) sessions->close();
                });
  });
}

std::string streams_wire::main_channel(std::string_view nsp) const {
  return settings_.channel_prefix + "#" + std::string(nsp) + "#";
}

std::string streams_wire::answer_channel(std::string_view nsp, std::string_view uid) const {
  return main_channel(nsp) + std::string(uid) + "#";
}

// A stream is read as soon as a namespace needs it.
std::shared_ptr<streams_tail> streams_wire::tail_of(std::string_view nsp) {
  std::string stream = stream_of(settings_.stream_name, settings_.stream_count, nsp);
  const base::lock_guard lock(mutex_);
  auto& known = tails_[stream];
  if (known) return known;
  constexpr milliseconds longest = milliseconds::max() / 2;
  auto link = hub_->make_nodes(std::min(settings_.block_time, longest) + entry_patience);
  streams_reading how = reading_;
  how.stream = std::move(stream);
  known = std::make_shared<streams_tail>(hub_, std::move(link), hub_->timers(), std::move(how));
  async::post(hub_->strand(), "cluster", [hub = hub_, tail = known] {
    hub->expect(tail.get());
    tail->start();
  });
  return known;
}

std::shared_ptr<streams_tail> streams_wire::find_tail(std::string_view nsp) const {
  const base::lock_guard lock(mutex_);
  const auto found = tails_.find(stream_of(settings_.stream_name, settings_.stream_count, nsp));
  return found == tails_.end() ? nullptr : found->second;
}

// ---------------------------------------------------------------- namespaces

task<> streams_wire::listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) {
  if (!node_reads_stream_of(settings_.stream_count, nsp)) {
    base::log(
        log_level::warn, "cluster",
        "servers of Node do not receive the broadcasts of namespace " + nsp + ": with " +
            std::to_string(settings_.stream_count) +
            " streams their adapter writes them to a stream that it does not read; choose another name or number");
  }
  std::vector<std::string> channels;
  channels.push_back(answer_channel(nsp, uid));
  channels.push_back(main_channel(nsp));
  auto tail = tail_of(nsp);
  auto who = std::make_shared<wire_listener>(std::move(nsp), std::move(uid), std::move(to));
  async::post(hub_->strand(), "cluster", [tail = std::move(tail), who] { tail->listen(who); });
  return hub_->listen(std::move(who), std::move(channels));
}

task<> streams_wire::stop(std::string nsp, std::string uid) {
  return stop_reading(shared_from_this(), std::move(nsp), std::move(uid));
}

task<> streams_wire::stop_reading(self_ptr self, std::string nsp, std::string uid) {
  auto work = [tail = self->find_tail(nsp), nsp, uid] {
    if (tail) tail->stop(nsp, uid);
  };
  auto stopping = async::call_on(self->hub_->strand(), std::move(work));
  co_await std::move(stopping);
  auto ending = self->hub_->stop(std::move(uid));
  co_await std::move(ending);
}

task<std::optional<std::size_t>> streams_wire::server_count(std::string nsp, milliseconds within) {
  return wire_hub::count_subscribers(hub_, main_channel(nsp), within);
}

// ---------------------------------------------------------------- messages

publication streams_wire::send(std::string channel, const cluster_message& message,
                               std::shared_ptr<wire_receipt> receipt) {
  const std::uint16_t slot = settings_.use_sharded_pub_sub ? redis_slot(channel) : std::uint16_t{0};
  std::vector<std::string> words;
  words.emplace_back(settings_.use_sharded_pub_sub ? "SPUBLISH" : "PUBLISH");
  words.push_back(std::move(channel));
  words.push_back(write_message_msgpack(message));
  return hub_->publish(slot, std::move(words), std::move(receipt));
}

task<publication> streams_wire::answer(std::string requester, cluster_message message) {
  return published(send(answer_channel(message.nsp, requester), message));
}

task<publication> streams_wire::publish(cluster_message message) {
  if (is_request(message)) return published(send(main_channel(message.nsp), message));
  return add(shared_from_this(), std::move(message), hub_->timers().after(entry_patience));
}

task<publication> streams_wire::publish_confirmed(cluster_message message, milliseconds within) {
  if (!is_request(message)) return add_when_connected(shared_from_this(), std::move(message), within);
  auto hand_over = [self = shared_from_this(), message = std::move(message)](std::shared_ptr<wire_receipt> receipt) {
    self->send(self->main_channel(message.nsp), message, std::move(receipt));
  };
  return publish_by(hub_->presence(), &hub_->timers(), within, std::move(hand_over));
}

task<publication> streams_wire::add_when_connected(self_ptr self, cluster_message message, milliseconds within) {
  auto& timers = self->hub_->timers();
  const async::time_point until = timers.after(within);
  auto connecting = wire_presence::wait(self->hub_->presence(), &timers, until);
  const bool is_connected = co_await std::move(connecting);
  if (!is_connected) co_return publication::failed("the broker cannot be reached");
  auto work = add(self, std::move(message), until);
  publication done = co_await std::move(work);
  co_return done;
}

std::vector<std::string> streams_wire::xadd(const cluster_message& message, std::string_view mark) const {
  std::vector<std::string> words{"XADD", stream_of(settings_.stream_name, settings_.stream_count, message.nsp)};
  if (settings_.max_age > milliseconds(0)) {
    words.emplace_back("MINID");
    words.emplace_back("~");
    words.push_back(std::to_string(std::max<std::int64_t>(clock_() - settings_.max_age.count(), 0)));
  } else {
    words.emplace_back("MAXLEN");
    words.emplace_back("~");
    words.push_back(std::to_string(settings_.max_len));
  }
  words.emplace_back("*");
  std::vector<std::string> fields = write_entry(message, mark);
  std::ranges::move(fields, std::back_inserter(words));
  return words;
}

// The entry is put into the line for Redis at once: entries have the order of the calls.
task<publication> streams_wire::add(self_ptr self, cluster_message message, async::time_point until) {
  std::string mark = std::to_string(++self->marks_);
  auto tail = self->find_tail(message.nsp);
  const bool is_read_back = tail && self->keeps_sessions();
  std::vector<std::string> words = self->xadd(message, is_read_back ? mark : std::string());
  const std::size_t bytes = size_of_command(words);
  std::string problem = self->hub_->begin_to_send(bytes);
  if (!problem.empty()) return published(publication::failed(std::move(problem)));
  auto what = std::make_shared<own_message>(std::move(message), self->hub_->load(), bytes);
  send_entry(self, tail, mark, what, std::move(words));
  return wait_for_place(std::move(self), std::move(tail), std::move(mark), std::move(what), until);
}

void streams_wire::send_entry(self_ptr self, std::shared_ptr<streams_tail> tail, std::string mark,
                              std::shared_ptr<own_message> what, std::vector<std::string> words) {
  const std::uint16_t slot = redis_slot(words[1]);
  async::post(self->hub_->strand(), "cluster",
              [hub = self->hub_, slot, tail = std::move(tail), what = std::move(what), mark = std::move(mark),
               words = std::move(words)]() mutable {
                if (tail) tail->sending(mark, what);
                hub->send(slot, std::move(words), [load = hub->load(), tail, mark, what](const redis_value& reply) {
                  load->count(reply.ok());
                  if (tail) return tail->sent(mark, reply);
                  what->set_outcome(outcome_of(reply));
                  what->done->give();
                });
              });
}

task<publication> streams_wire::wait_for_place(self_ptr self, std::shared_ptr<streams_tail> tail, std::string mark,
                                               std::shared_ptr<own_message> what, async::time_point until) {
  async::deadlines& timers = self->hub_->timers();
  auto waits = confirmation::wait(what->done, timers, until);
  const bool is_known = co_await std::move(waits);
  if (!is_known && tail) {
    auto work = [tail, mark] { tail->forget(mark); };
    auto forgetting = async::call_on(self->hub_->strand(), std::move(work));
    co_await std::move(forgetting);
  }
  publication out = what->outcome();
  if (!out.ok && out.problem.empty()) out.problem = "Redis does not answer";
  co_return out;
}

// ---------------------------------------------------------------- sessions

task<> streams_wire::save_session(std::string nsp, session_record record, milliseconds lifetime) {
  std::string session = write_session(record, nsp, now());
  return save(shared_from_this(), std::move(record.pid), std::move(session), lifetime);
}

task<> streams_wire::save(self_ptr self, std::string pid, std::string session, milliseconds lifetime) {
  if (!self->sessions_) co_return;
  std::vector<std::vector<std::string>> commands(1);
  commands[0] = {"SET", self->settings_.session_key_prefix + pid, std::move(session), "PX",
                 std::to_string(std::max<std::int64_t>(lifetime.count(), 1))};
  const std::uint16_t slot = redis_slot(commands[0][1]);
  auto asking = redis_commands::ask(self->hub_->commands(), slot, std::move(commands),
                                    self->hub_->timers().after(entry_patience));
  co_await std::move(asking);
}

task<std::optional<kept_session>> streams_wire::take_session(std::string nsp, std::string pid, std::string offset) {
  return take(shared_from_this(), std::move(nsp), std::move(pid), std::move(offset));
}

std::string streams_wire::last_offset(std::string_view nsp) const {
  const auto tail = find_tail(nsp);
  return tail ? tail->last_id().text() : std::string();
}

}  // namespace cosio::inline v0_2::cluster
