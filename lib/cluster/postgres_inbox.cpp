// The connection that listens.

#include "cluster/postgres_inbox.hpp"

#include <algorithm>
#include <utility>

#include "base/logger.hpp"
#include "cluster/message_parts.hpp"
#include "cluster/postgres_text.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t most_rows = 8;                 // read by one statement, and not more bytes than of one row
constexpr std::size_t most_line_bytes = 64'000'000;  // of notifications that wait for rows before them

}  // namespace

postgres_inbox::postgres_inbox(async::strand on, async::deadlines& timers,
                               std::shared_ptr<const postgres_options> settings,
                               std::shared_ptr<const postgres_address> to, std::shared_ptr<postgres_outage> shared)
    : settings_(std::move(settings)),
      link_(std::make_shared<postgres_link>(std::move(on), timers, std::move(to), std::move(shared))) {}

void postgres_inbox::prepare(std::function<void()> changed, std::function<int()> own_pid) {
  changed_ = std::move(changed);
  own_pid_ = std::move(own_pid);
}

void postgres_inbox::connect() {
  postgres_link::callbacks what;
  what.ready = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_ready();
  };
  what.lost = [weak = weak_from_this()](bool) {
    if (const auto self = weak.lock()) self->on_lost();
  };
  what.notified = [weak = weak_from_this()](postgres_notification told) {
    if (const auto self = weak.lock()) self->on_notified(std::move(told));
  };
  link_->start(std::move(what));
}

void postgres_inbox::close() {
  changed_ = nullptr;
  own_pid_ = nullptr;
  link_->close();
  listens_ = up_ = false;
  for (auto& [channel, one] : listeners_) one.waiting.end_all();
  listeners_.clear();
  line_.clear();
}

void postgres_inbox::add(std::string channel, std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to,
                         std::shared_ptr<async::suspension> waiting) {
  listener& one = listeners_[channel];
  one.nsp = std::move(nsp);
  one.uid = std::move(uid);
  one.to = std::move(to);
  one.waiting.add(std::move(waiting));
  if (!std::exchange(used_, true)) return connect();
  if (!listens_) return;  // on_ready() or on_lost() ends the wait
  link_->query(postgres_statement("LISTEN " + quoted_identifier(channel)),
               [weak = weak_from_this(), channel](const postgres_answer& got) {
                 if (const auto self = weak.lock()) self->on_confirmed(channel, got);
               });
}

void postgres_inbox::on_confirmed(const std::string& channel, const postgres_answer& got) {
  if (!got.ok && !got.state.empty()) return link_->drop(got.problem);
  const auto found = listeners_.find(channel);
  if (found != listeners_.end()) found->second.waiting.end_all();
}

void postgres_inbox::remove(const std::string& channel, std::string_view uid) {
  const auto found = listeners_.find(channel);
  if (found == listeners_.end() || found->second.uid != uid) return;
  found->second.waiting.end_all();
  listeners_.erase(found);
  if (listens_) link_->query(postgres_statement("UNLISTEN " + quoted_identifier(channel)), {});
}

// One statement for all: its commands are one transaction. Channels that are added meanwhile have one of their own.
void postgres_inbox::on_ready() {
  postgres_statement all;
  std::vector<std::string> channels;
  for (const auto& [channel, one] : listeners_) {
    all.sql += "LISTEN " + quoted_identifier(channel) + ";";
    channels.push_back(channel);
  }
  if (channels.empty()) all.sql = "SELECT 1";
  listens_ = true;
  link_->query(std::move(all), [weak = weak_from_this(), channels = std::move(channels)](const postgres_answer& got) {
    const auto self = weak.lock();
    if (!self || (!got.ok && got.state.empty())) return;
    if (!got.ok) return self->link_->drop(got.problem);
    self->link_->settled();
    self->up_ = true;
    self->begins_ = false;
    ++self->connections_;
    for (const std::string& channel : channels) self->on_confirmed(channel, got);
    if (self->changed_) self->changed_();
    self->read_rows();
  });
}

void postgres_inbox::on_lost() {
  listens_ = up_ = begins_ = false;
  for (auto& [channel, one] : listeners_) one.waiting.end_all();
  if (changed_) changed_();
}

std::vector<std::shared_ptr<cluster_receiver>> postgres_inbox::receivers() const {
  std::vector<std::shared_ptr<cluster_receiver>> out;
  for (const auto& [channel, one] : listeners_) out.push_back(one.to);
  return out;
}

// Messages of this server come back: they are known by the connection that has sent them, and are not parsed.
void postgres_inbox::on_notified(postgres_notification told) {
  const auto found = listeners_.find(told.channel);
  if (found == listeners_.end()) return;
  const std::string& own = found->second.uid;
  if (own_pid_ && told.pid == own_pid_() && names_uid(told.payload, own)) return;
  arrival what;
  what.channel = std::move(told.channel);
  if (auto header = read_attachment_header(told.payload)) {
    if (header->uid == own) return;
    if (header->id.empty()) return base::log(log_level::warn, "cluster", "a message names no row of the table");
    what.row = std::move(header->id);
  } else {
    what.body = std::make_shared<const std::string>(std::move(told.payload));
  }
  if (what.row.empty() && line_.empty()) return deliver(what);
  line_bytes_ += what.size();
  line_.push_back(std::move(what));
  if (line_bytes_ > most_line_bytes) {
    line_.clear();
    line_bytes_ = 0;
    return link_->drop("too many messages wait for rows of the table");
  }
  deliver_line();
}

void postgres_inbox::deliver_line() {
  while (!line_.empty() && line_.front().row.empty()) {
    const arrival what = std::move(line_.front());
    line_.pop_front();
    line_bytes_ -= what.size();
    deliver(what);
  }
  if (!line_.empty()) read_rows();
}

void postgres_inbox::deliver(const arrival& what) {
  const auto found = listeners_.find(what.channel);
  if (found == listeners_.end() || !what.body) return;
  auto message = read_message(*what.body, found->second.nsp);
  if (!message) return base::log(log_level::debug, "cluster", "what is no message of the cluster was put aside");
  if (message->uid == found->second.uid || message->nsp != found->second.nsp) return;
  ++received_;
  const auto to = found->second.to;
  base::guarded("cluster", [&] { to->received(std::move(*message), {}); });
}

// The rows of several messages at once; those that are lost with the connection are asked for again. Of rows that are
// too long together, the first ones come. (The length of a row is known without reading it.)
void postgres_inbox::read_rows() {
  if (reads_ || !up_) return;
  std::vector<std::string> ids;
  std::size_t asked = 0;
  for (const arrival& one : line_) {
    if (asked == most_rows) break;
    if (one.row.empty()) continue;
    ++asked;
    if (std::ranges::find(ids, one.row) == ids.end()) ids.push_back(one.row);
  }
  if (asked == 0) return;
  const std::string most = std::to_string(max_message_bytes);
  std::string wanted;
  postgres_statement what;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    wanted += (i != 0 ? ",(" : "(") + std::to_string(i) + ",$" + std::to_string(i + 1) + "::bigint)";
    what.add(ids[i]);
  }
  what.sql = "SELECT id::text, bytes::text, CASE WHEN sum(bytes) OVER (ORDER BY place) <= " + most +
             " THEN payload END FROM (SELECT id, payload, octet_length(payload) AS bytes, place FROM " +
             settings_->table_name + " JOIN (VALUES " + wanted +
             ") AS wanted(place, wanted_id) ON id = wanted_id WHERE octet_length(payload) <= " + most + ") AS short";
  reads_ = true;
  link_->query(std::move(what), [weak = weak_from_this(), asked](const postgres_answer& got) {
    if (const auto self = weak.lock()) self->on_rows(asked, got);
  });
}

// Only those that were asked for: whoever may send notifications can name one row in any number of them.
void postgres_inbox::on_rows(std::size_t asked, const postgres_answer& got) {
  reads_ = false;
  if (!got.ok && got.state.empty()) return;  // the connection was lost
  if (got.ok) told_.clear();
  if (!got.ok && std::exchange(told_, got.problem) != got.problem)
    base::log(log_level::error, "cluster",
              "messages of other servers are lost: rows of " + settings_->table_name + " cannot be read (" +
                  got.problem + "); look whether this role may SELECT from it");
  base::text_map<std::shared_ptr<const std::string>> rows;  // null: it comes with the next statement
  for (std::size_t i = 0; i + 2 < got.values.size(); i += 3) {
    const bool is_here = got.values[i + 1] == std::to_string(got.values[i + 2].size());
    rows.emplace(got.values[i], is_here ? std::make_shared<const std::string>(got.values[i + 2]) : nullptr);
  }
  for (auto next = line_.begin(); asked != 0 && next != line_.end(); ++next) {
    arrival& one = *next;
    if (one.row.empty()) continue;
    --asked;
    const auto found = rows.find(one.row);
    if (found != rows.end() && !found->second) break;
    if (found != rows.end()) {
      one.body = found->second;
      line_bytes_ += one.body->size();
    } else if (got.ok) {
      base::log(log_level::warn, "cluster", "a message of another server is not in the table any more, or is too long");
    }
    one.row.clear();
  }
  deliver_line();
}

}  // namespace cosio::inline v0_2::cluster
