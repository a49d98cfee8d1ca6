// One connection to Redis: replies and messages.

#include <boost/asio/error.hpp>

#include <utility>

#include "base/logger.hpp"
#include "cluster/redis_link.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using boost::system::error_code;

// The connection is of no use any more: another server is the master now, or the rights have changed.
bool ends_connection(const redis_value& reply) {
  const std::string_view code = reply.code();
  return code == "READONLY" || code == "LOADING" || code == "NOAUTH" || code == "MASTERDOWN";
}

// The address may be that of another kind of server, or replies have lost their order: then nobody knows what becomes
// of the messages.
bool is_no_count(const redis_value& reply) noexcept {
  return reply.ok() && (reply.kind != redis_value::kinds::integer || reply.number < 0);
}

bool confirms(const redis_value& reply, redis_channel kind, std::string_view name) {
  std::string verb = subscription_verb(kind, true);
  for (char& c : verb) c = static_cast<char>(c | 0x20);
  return reply.text_at(0) == verb && reply.text_at(1) == name;
}

}  // namespace

void redis_link::read() {
  connection_->stream->read_some(
      connection_->room, [self = shared_from_this(), mine = connection_](error_code ec, std::size_t bytes) {
        if (self->connection_ != mine) return;
        if (ec) return self->unreachable(ec == boost::asio::error::eof ? "the connection was closed" : ec.message());
        mine->heard = self->timers_.now();
        mine->reader.feed(std::string_view(mine->room.data(), bytes));
        while (auto reply = mine->reader.next()) {
          self->take(std::move(*reply));
          if (self->connection_ != mine) return;
        }
        const std::string& problem = mine->reader.problem();
        if (redis_reader::is_too_much(problem)) return self->too_much(problem);
        if (!problem.empty()) return self->unreachable(problem);
        self->read();
      });
}

void redis_link::take(redis_value reply) {
  connection_->replied = timers_.now();
  if (connection_->subscribes && take_message(reply)) return;
  if (connection_->line.empty()) return unreachable("it sends an answer to no question");
  const waiting of = std::move(connection_->line.front());
  connection_->line.pop_front();
  switch (of.kind) {
    case waiting::kinds::greeting:
      return take_greeting(of.what, reply);
    case waiting::kinds::on:
      return take_confirmation(of, reply);
    case waiting::kinds::off:
      return;
    default:
      break;
  }
  if (of.is_publication && is_no_count(reply)) reply = redis_value::failure("PUBLISH is answered without a number");
  const bool ends = ends_connection(reply) || reply.code() == "PUBLISH";
  const redis_value kept = ends ? reply : redis_value();
  const auto mine = connection_;
  if (of.then) base::guarded("cluster", [&] { of.then(std::move(reply)); });
  if (ends && connection_ == mine) refuse("commands", kept);
}

void redis_link::take_greeting(const std::string& what, const redis_value& reply) {
  const bool is_other = (what == "PING" && !reply.is_text("PONG")) ||
                        (what == "ROLE" && reply.text_at(0) != "master") ||
                        (what == "CLUSTER SLOTS" && reply.items.empty());
  if (!reply.ok() || is_other) return refuse(what, reply);
  one_confirmed();
}

void redis_link::take_confirmation(const waiting& of, const redis_value& reply) {
  if (!reply.ok()) {
    const bool is_moved = of.channel.first == redis_channel::shard && moved_ && reply.code() != "NOPERM";
    if (!is_moved || !moved_(of.channel.second, reply.text))
      return refuse(subscription_verb(of.channel.first, true) + (" " + of.channel.second), reply);
    channels_.erase(of.channel);
    return one_confirmed();
  }
  if (!confirms(reply, of.channel.first, of.channel.second))
    return refuse(subscription_verb(of.channel.first, true) + (" " + of.channel.second), reply);
  const auto found = channels_.find(of.channel);
  std::function<void()> confirmed;
  if (found != channels_.end() && found->second.number == of.number)
    confirmed = std::exchange(found->second.confirmed, {});
  one_confirmed();
  if (confirmed) base::guarded("cluster", [&] { confirmed(); });
}

bool redis_link::take_message(const redis_value& reply) {
  if (reply.kind != redis_value::kinds::list || reply.items.size() < 3) return false;
  const std::string_view what = reply.text_at(0);
  if (what == "message" || what == "smessage") {
    if (message_) base::guarded("cluster", [&, to = message_] { to({}, reply.text_at(1), reply.text_at(2)); });
    return true;
  }
  if (what == "pmessage") {
    if (message_)
      base::guarded("cluster", [&, to = message_] { to(reply.text_at(1), reply.text_at(2), reply.text_at(3)); });
    return true;
  }
  if (what != "sunsubscribe") return false;
  const key channel(redis_channel::shard, std::string(reply.text_at(1)));
  const auto& line = connection_->line;
  if (!line.empty() && line.front().kind == waiting::kinds::off && line.front().channel == channel) return false;
  // Redis took the subscription away: its slot has another server now.
  if (channels_.find(channel) == channels_.end()) return true;
  if (!moved_ || !moved_(channel.second, {})) {
    unreachable("it has ended a subscription");
  } else {
    channels_.erase(channel);
  }
  return true;
}

}  // namespace cosio::inline v0_2::cluster
