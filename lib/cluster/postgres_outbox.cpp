// The connection that publishes.

#include "cluster/postgres_outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t most_texts = 32;            // in one statement
constexpr std::size_t most_text_bytes = 100'000;  // of them

std::deque<postgres_letter> line_of(postgres_letter one) {
  std::deque<postgres_letter> out;
  out.push_back(std::move(one));
  return out;
}

// PostgreSQL drops equal notifications of one transaction but for the first.
bool has_equal(const std::deque<postgres_letter>& some, const postgres_letter& one) {
  return std::any_of(some.begin(), some.end(), [&](const postgres_letter& other) {
    return other.body == one.body && other.channel == one.channel;
  });
}

// "read only": this is a standby, or the primary has become one.
bool needs_another_server(const std::string& state) { return state == "25006" || state.starts_with("57P"); }

}  // namespace

postgres_outbox::postgres_outbox(async::strand on, async::deadlines& timers,
                                 std::shared_ptr<const postgres_options> settings,
                                 std::shared_ptr<const postgres_address> to, std::shared_ptr<postgres_outage> shared)
    : strand_(std::move(on)),
      timers_(timers),
      settings_(std::move(settings)),
      link_(std::make_shared<postgres_link>(strand_, timers, std::move(to), std::move(shared))) {}

void postgres_outbox::start(std::function<void()> changed) {
  changed_ = std::move(changed);
  cleaning_.owned_by(weak_from_this());
  if (settings_->cleanup_interval.count() > 0) timers_.arm_after(cleaning_, settings_->cleanup_interval);
  postgres_link::callbacks what;
  what.ready = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_ready();
  };
  what.lost = [weak = weak_from_this()](bool attempt) {
    if (const auto self = weak.lock()) self->on_lost(attempt);
  };
  link_->start(std::move(what));
}

void postgres_outbox::close() {
  cleaning_.disarm();
  changed_ = nullptr;
  failing_ = true;
  up_ = false;
  presence_->set(false);
  link_->close();
  lose(std::exchange(line_, {}), {});
  waiting_.end_all();
}

publication postgres_outbox::publish(postgres_letter what) {
  if (failing_) {
    ++lost_;
    return publication::failed("PostgreSQL cannot be reached");
  }
  const std::size_t size = what.size();
  const std::size_t before = pending_bytes_.fetch_add(size);
  if (before + size > settings_->max_pending_bytes && (before != 0 || size > max_message_bytes)) {
    pending_bytes_ -= size;
    ++lost_;
    if (!is_full_.exchange(true))
      base::log(log_level::error, "cluster",
                "more than " + std::to_string(settings_->max_pending_bytes) +
                    " bytes wait for PostgreSQL: events are lost for other servers until it has taken them; see "
                    "postgres_options::max_pending_bytes");
    return publication::failed("too many bytes wait for PostgreSQL");
  }
  async::post(strand_, "cluster", [self = shared_from_this(), what = std::move(what)]() mutable {
    self->line_.push_back(std::move(what));
    if (self->failing_) self->lose(std::exchange(self->line_, {}), {});
    self->pump();
  });
  return publication::taken();
}

void postgres_outbox::when_empty(std::shared_ptr<async::suspension> waiting) {
  waiting_.add(std::move(waiting));
  if (line_.empty() && sending_ == 0) waiting_.end_all();
}

void postgres_outbox::on_ready() {
  if (settings_->create_table) return look_for_table();
  set_up();
}

void postgres_outbox::on_lost(bool attempt) {
  up_ = begins_ = false;
  presence_->set(false);
  if (attempt) {
    failing_ = true;
    lose(std::exchange(line_, {}), {});
  }
  if (changed_) changed_();
  pump();  // ends the waits for an empty line
}

// A role without the right to make tables may use one that is there.
void postgres_outbox::look_for_table() {
  postgres_statement what("SELECT to_regclass($1::text)::text");
  what.add(settings_->table_name);
  link_->query(std::move(what), [weak = weak_from_this()](const postgres_answer& got) {
    const auto self = weak.lock();
    if (!self || (!got.ok && got.state.empty())) return;
    const bool is_there = got.ok && !got.values.empty() && !got.values.front().empty();
    if (is_there) return self->set_up();
    self->make_table();
  });
}

// Several servers may try at once: all but one get an error, though the table is there.
void postgres_outbox::make_table() {
  const std::string text = "CREATE TABLE IF NOT EXISTS " + settings_->table_name +
                           " (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)";
  link_->query(postgres_statement(text), [weak = weak_from_this(), text](const postgres_answer& got) {
    const auto self = weak.lock();
    if (!self || (!got.ok && got.state.empty())) return;
    const bool was_made_meanwhile = got.state == "23505" || got.state == "42P07" || got.state == "42710";
    if (!got.ok && !was_made_meanwhile && std::exchange(self->told_, got.problem) != got.problem)
      base::log(log_level::error, "cluster",
                "the table " + self->settings_->table_name + " is not there and cannot be made (" + got.problem +
                    "): long events, and those with binary, do not reach other servers. Make it: " + text);
    self->set_up();
  });
}

void postgres_outbox::set_up() {
  link_->settled();
  ++connections_;
  failing_ = false;
  up_ = true;
  begins_ = false;
  presence_->set(true);
  if (changed_) changed_();
  pump();
}

// One statement is under way at a time: what comes meanwhile goes out with the next one.
void postgres_outbox::pump() {
  if (up_ && sending_ == 0 && !line_.empty()) {
    std::deque<postgres_letter> some;
    std::size_t bytes = 0;
    while (!line_.empty() && some.size() < most_texts && bytes < most_text_bytes) {
      postgres_letter& next = line_.front();
      const bool goes_alone = next.is_row() || next.alone;
      if (!some.empty() && (goes_alone || has_equal(some, next))) break;
      bytes += next.size();
      some.push_back(std::move(next));
      line_.pop_front();
      if (goes_alone) break;
    }
    sending_ = some.size();
    if (some.front().is_row()) {
      send_row(std::move(some.front()));
    } else {
      send_texts(std::move(some));
    }
  }
  if (line_.empty() && sending_ == 0) waiting_.end_all();
}

// The row and its notification are one transaction: whoever is told finds the row.
void postgres_outbox::send_row(postgres_letter what) {
  postgres_statement sql("WITH made AS (INSERT INTO " + settings_->table_name +
                         " (payload) VALUES ($1) RETURNING id) SELECT pg_notify($2, $3::text || id::text || $4::text) "
                         "FROM made");
  constexpr bool is_binary = true;
  sql.add(what.body, is_binary);
  sql.add(what.channel);
  sql.add(what.frame.before);
  sql.add(what.frame.behind);
  link_->query(std::move(sql),
               [weak = weak_from_this(), some = line_of(std::move(what))](const postgres_answer& got) mutable {
                 if (const auto self = weak.lock()) self->on_sent(std::move(some), got);
               });
}

void postgres_outbox::send_texts(std::deque<postgres_letter> some) {
  postgres_statement sql("SELECT ");
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (i != 0) sql.sql += ',';
    sql.sql += "pg_notify($" + std::to_string(2 * i + 1) + ",$" + std::to_string(2 * i + 2) + ")";
    sql.add(some[i].channel);
    sql.add(some[i].body);
  }
  link_->query(std::move(sql), [weak = weak_from_this(), some = std::move(some)](const postgres_answer& got) mutable {
    if (const auto self = weak.lock()) self->on_sent(std::move(some), got);
  });
}

// Without an answer a message may have been taken or not. It is not sent again: twice would be worse. Of several
// messages that PostgreSQL refuses together, each is tried alone.
void postgres_outbox::on_sent(std::deque<postgres_letter> some, const postgres_answer& got) {
  sending_ = 0;
  if (got.ok) {
    published_ += some.size();
    told_.clear();
    release(some);
    settle(some, publication::taken());
  } else if (got.state.empty()) {
    up_ = false;
    lose(some, {});
  } else if (needs_another_server(got.state) || some.size() == 1) {
    lose(some, got.problem);
    if (needs_another_server(got.state)) link_->drop(got.problem);
  } else {
    for (auto one = some.rbegin(); one != some.rend(); ++one) {
      one->alone = true;
      line_.push_front(std::move(*one));
    }
  }
  pump();
}

void postgres_outbox::lose(const std::deque<postgres_letter>& some, const std::string& why) {
  lost_ += some.size();
  release(some);
  settle(some, publication::failed(why.empty() ? "the connection to PostgreSQL was lost" : why));
  if (!why.empty() && std::exchange(told_, why) != why)
    base::log(log_level::error, "cluster", "PostgreSQL has not taken an event for other servers: " + why);
}

void postgres_outbox::settle(const std::deque<postgres_letter>& some, const publication& outcome) {
  for (const postgres_letter& one : some)
    if (one.receipt) one.receipt->settle(outcome);
}

void postgres_outbox::release(const std::deque<postgres_letter>& some) {
  std::size_t bytes = 0;
  for (const postgres_letter& one : some) bytes += one.size();
  if (pending_bytes_.fetch_sub(bytes) - bytes <= settings_->max_pending_bytes / 2) is_full_ = false;
}

// The time is PostgreSQL's: the clocks of servers may differ.
void postgres_outbox::clean() {
  timers_.arm_after(cleaning_, settings_->cleanup_interval);
  if (!up_) return;
  const std::string age = std::to_string(settings_->cleanup_interval.count());
  link_->query(postgres_statement("DELETE FROM " + settings_->table_name + " WHERE created_at < now() - interval '" +
                                  age + " milliseconds'"),
               [weak = weak_from_this()](const postgres_answer& got) {
                 const auto self = weak.lock();
                 if (!self || got.ok || got.state.empty() || std::exchange(self->told_, got.problem) == got.problem)
                   return;
                 base::log(log_level::warn, "cluster",
                           "old messages cannot be deleted in " + self->settings_->table_name + ": " + got.problem);
               });
}

void postgres_outbox::count(wire_counts& into) const noexcept {
  into.published = published_;
  into.lost = lost_;
  into.pending_bytes = pending_bytes_;
}

}  // namespace cosio::inline v0_2::cluster
