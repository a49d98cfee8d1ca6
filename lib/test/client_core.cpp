// A client: its events, and its life in a namespace.

#include "test/client_core.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <exception>
#include <optional>

#include "test/broken.hpp"
#include "test/world_core.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

namespace json = boost::json;

// For clients of Engine.IO 3, which have no credentials of their own: "&token=t".
std::string as_query(const json::value& auth) {
  std::string out;
  if (!auth.is_object()) return out;
  constexpr std::string_view hex = "0123456789ABCDEF";
  const auto add = [&](std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_') {
        out += c;
      } else {
        out += {'%', hex[byte >> 4], hex[byte & 15]};
      }
    }
  };
  for (const auto& [key, value] : auth.get_object()) {
    out += '&';
    add(key);
    out += '=';
    add(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  return out;
}

std::string with_slash(std::string_view nsp) {
  return nsp.starts_with('/') ? std::string(nsp) : "/" + std::string(nsp);
}

json::value parsed(const std::string& text) {
  boost::system::error_code ec;
  auto value = json::parse(text, ec);
  return ec ? json::value(nullptr) : value;
}

sio_packet packet_of(const client_core& from, int type, const event_data& data) {
  sio_packet out;
  out.type = type;
  out.nsp = from.nsp();
  out.json = data.json();
  for (const binary& bytes : data.attachments()) out.bytes.emplace_back(bytes.view());
  return out;
}

// Answers the server, once.
class answer_sender final : public ack::sender {
 public:
  answer_sender(std::weak_ptr<client_core> from, std::uint64_t id) : from_(std::move(from)), id_(id) {}

  cosio::task<> send(event_data answer) override {
    const auto alive = from_.lock();
    if (alive && !sent_ && alive->current() == client_core::state::in) {
      sio_packet packet = packet_of(*alive, 3, answer);
      packet.id = id_;
      alive->line()->send(packet);
    }
    sent_ = true;
    return nothing();
  }

 private:
  static cosio::task<> nothing() { co_return; }

  const std::weak_ptr<client_core> from_;
  const std::uint64_t id_;
  bool sent_ = false;
};

heard heard_of(const sio_packet& packet) {
  json::array all = packet.list();
  heard out;
  std::size_t begin = 0;
  if (packet.type == 2) {
    if (all.empty() || !all[0].is_string()) throw broken("an event without a name: " + packet.json);
    out.event = all[0].get_string();
    begin = 1;
  }
  json::array values(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
  std::vector<binary> bytes;
  for (const std::string& one : packet.bytes) bytes.emplace_back(one);
  out.args = arguments(std::move(values), std::move(bytes));
  return out;
}

}  // namespace

// ---------------------------------------------------------------- coming

world_core& client_core::world() const {
  const auto alive = world_.lock();
  if (!alive) throw failure("the world of " + name_ + " has gone: declare the world before its clients", "");
  return *alive;  // the caller's test holds it
}

std::shared_ptr<client_core> client_core::connect(world_core& in, std::string_view nsp, json::value auth,
                                                  client_options how) {
  const cosio::options& server = in.options_of(how.path);
  std::string name = how.name.empty() ? in.next_name() : how.name;
  const std::string query = how.eio == 3 ? as_query(auth) : "";
  const auto made = std::make_shared<client_core>(in.weak_from_this(), name, with_slash(nsp), std::move(auth), how);
  made->connection_ = std::make_shared<connection>(in, std::move(name), how, server, query);
  made->state_ = state::asking;
  made->connection_->add(made);
  in.add(made->connection_);
  const bool done = in.run_until([&] { return made->state_ != state::asking && !made->connection_->is_moving(); });
  if (!done) in.fail(made->name_ + " waits for the server to let it in" + made->where() + ": does a middleware wait?");
  return made;
}

std::shared_ptr<client_core> client_core::join(std::string_view nsp, json::value auth) {
  world_core& in = world();
  open_line("join a namespace");
  const std::string full = with_slash(nsp);
  const auto made = std::make_shared<client_core>(world_, name_, full, std::move(auth), how_);
  made->connection_ = connection_;
  made->state_ = state::asking;
  connection_->add(made);
  if (!in.run_until([&] { return made->state_ != state::asking; }))
    in.fail(name_ + " waits for the server to let it in" + made->where() + ": does a middleware wait?");
  return made;
}

void client_core::reconnect() {
  world_core& in = world();
  if (state_ == state::in) in.fail(name_ + " is connected" + where() + ": reconnect() is for clients that are not");
  const std::string query = how_.eio == 3 ? as_query(auth_) : "";
  connection_ = std::make_shared<connection>(in, name_, how_, in.options_of(how_.path), query);
  state_ = state::asking;
  reason_.clear();
  connection_->add(shared_from_this());
  in.add(connection_);
  if (!in.run_until([&] { return state_ != state::asking && !connection_->is_moving(); }))
    in.fail(name_ + " waits for the server to let it in again" + where());
}

void client_core::check_admitted() const {
  if (state_ == state::in) return;
  const world_core& in = world();
  throw refused(name_ + " was not let in" + where() + ": " + refusal_, in.details(), refusal_, refusal_data_);
}

void client_core::ask_to_enter() {
  if (connection_->revision() == 3 && nsp_ == "/") return;  // it is let in without asking
  sio_packet packet;
  packet.nsp = nsp_;
  if (connection_->revision() == 3) {
    if (const std::string query = as_query(auth_); !query.empty()) packet.nsp += "?" + query.substr(1);
    return connection_->send(packet);
  }
  json::value data = auth_;
  sent_pid_ = pid_;
  if (!pid_.empty()) {
    if (!data.is_object()) data = json::object();
    data.as_object()["pid"] = pid_;
    data.as_object()["offset"] = offset_;
  }
  if (!data.is_null()) packet.json = json::serialize(data);
  connection_->send(packet);
}

void client_core::be_in(const json::value& told) {
  state_ = state::in;
  const json::object* const facts = told.if_object();
  const json::value* const sid = facts == nullptr ? nullptr : facts->if_contains("sid");
  const json::value* const pid = facts == nullptr ? nullptr : facts->if_contains("pid");
  id_ = sid != nullptr && sid->is_string() ? std::string(sid->get_string()) : connection_->sid();
  if (sid == nullptr && nsp_ != "/") id_ = nsp_ + "#" + id_;
  pid_ = pid != nullptr && pid->is_string() ? std::string(pid->get_string()) : std::string();
  recovered_ = !pid_.empty() && pid_ == sent_pid_;
}

// A text in protocol 4, an object with message and data in protocol 5.
void client_core::be_refused(const json::value& told) {
  state_ = state::refused;
  refusal_data_ = nullptr;
  if (const json::object* const facts = told.if_object()) {
    const json::value* const message = facts->if_contains("message");
    const json::value* const data = facts->if_contains("data");
    refusal_ = message != nullptr && message->is_string() ? std::string(message->get_string()) : json::serialize(told);
    if (data != nullptr) refusal_data_ = *data;
  } else {
    refusal_ = told.is_string() ? std::string(told.get_string()) : json::serialize(told);
  }
}

// ---------------------------------------------------------------- talking

connection& client_core::open_line(std::string_view action) const {
  if (!connection_ || connection_->is_over())
    world().fail(name_ + " cannot " + std::string(action) + ": it has no connection any more (" +
                 (reason_.empty() ? "it was never let in" : reason_) + "); reconnect() makes a new one");
  return *connection_;
}

void client_core::check_in(std::string_view action) const {
  if (state_ == state::in) return;
  world().fail(name_ + " cannot " + std::string(action) + where() + ": it is there no more (" +
               (reason_.empty() ? "it was never let in" : reason_) + ")");
}

void client_core::name(std::string text) {
  if (const auto alive = world_.lock()) alive->rename(name_, text);
  name_ = std::move(text);
  if (connection_) connection_->name(name_);
}

void client_core::emit(const event_data& data) {
  check_in("emit");
  connection_->send(packet_of(*this, 2, data));
}

std::uint64_t client_core::send_question(const event_data& data) {
  sio_packet packet = packet_of(*this, 2, data);
  const std::uint64_t id = next_question_++;
  packet.id = id;
  connection_->send(packet);
  return id;
}

cosio::task<arguments> client_core::result_of(std::shared_ptr<client_core> self, std::shared_ptr<wait> waiting) {
  auto ended = wait_for(waiting);
  co_await std::move(ended);
  if (!waiting->got) self->world().fail(waiting->who + " waited for " + waiting->what + ", but " + waiting->failure);
  co_return std::move(*waiting->got);
}

cosio::task<arguments> client_core::ask(std::shared_ptr<client_core> self, std::string event, event_data data) {
  self->check_in("emit");
  auto waiting = self->world().begin_wait(self->name_ + self->where(), "the answer to \"" + event + "\"");
  self->questions_[self->send_question(data)] = waiting;
  return result_of(self, waiting);
}

std::shared_ptr<wait> client_core::wait_for_event(const std::string& event) {
  auto waiting = world().begin_wait(name_ + where(), "the event \"" + event + "\"");
  const auto found = std::find_if(inbox_.begin(), inbox_.end(), [&](const heard& one) { return one.event == event; });
  if (found != inbox_.end()) {
    waiting->got = std::move(found->args);
    inbox_.erase(found);
    waiting->end();
  } else if (state_ != state::in && state_ != state::asking) {
    waiting->failure = "it is there no more (" + reason_ + ")";
    waiting->end();
  } else {
    std::erase_if(expected_, [](const expected& e) { return !e.what->coroutine; });
    expected_.push_back({event, waiting});
  }
  return waiting;
}

// It looks when it is awaited: what has come since the call is in the inbox.
cosio::task<arguments> client_core::next(std::shared_ptr<client_core> self, std::string event) {
  auto coming = result_of(self, self->wait_for_event(event));
  arguments got = co_await std::move(coming);
  co_return got;
}

void client_core::listen(std::string_view event, detail::listener_ptr listener) {
  listeners_.emplace_back(std::string(event), std::move(listener));
}

void client_core::disconnect() {
  check_in("disconnect");
  sio_packet packet;
  packet.type = 1;
  packet.nsp = nsp_;
  connection_->send(packet);
  leave("io client disconnect");
}

// ---------------------------------------------------------------- hearing

void client_core::take(const sio_packet& packet) {
  switch (packet.type) {
    case 0:
      return be_in(parsed(packet.json));
    case 1:
      return leave("io server disconnect");
    case 2:
      return hear(packet);
    case 3: {
      const auto asked = packet.id ? questions_.find(*packet.id) : questions_.end();
      if (asked == questions_.end()) throw broken("an answer to no question: " + packet.json);
      asked->second->got = heard_of(packet).args;
      asked->second->end();
      questions_.erase(asked);
      return;
    }
    default:
      return be_refused(parsed(packet.json));
  }
}

void client_core::hear(const sio_packet& packet) {
  heard one = heard_of(packet);
  // As socket.io-client: the last text of any event is the offset for connection state recovery.
  if (!pid_.empty() && !one.args.empty()) {
    const json::value& last = one.args[one.args.size() - 1];
    if (last.is_string()) offset_ = last.get_string();
    if (last.is_string()) world().heard_last_text(offset_);
  }
  const auto all = listeners_;
  bool listened = false;
  for (const auto& [event, listener] : all) {
    if (event != one.event) continue;
    listened = true;
    call(listener, one, packet.id);
  }
  if (listened) return;
  const auto expecting = std::find_if(expected_.begin(), expected_.end(), [&](const expected& e) {
    return e.event == one.event && !e.what->ended && e.what->coroutine;
  });
  if (expecting == expected_.end()) return inbox_.push_back(std::move(one));
  expecting->what->got = std::move(one.args);
  expecting->what->end();
  expected_.erase(expecting);
}

void client_core::call(const detail::listener_ptr& listener, heard what, std::optional<std::uint64_t> id) {
  const ack answer = id ? ack(std::make_shared<answer_sender>(weak_from_this(), *id)) : ack();
  detail::event_view view{.event = what.event,
                          .values = what.args.values().data(),
                          .count = what.args.size(),
                          .attachments = what.args.attachments(),
                          .answer = answer,
                          .end_may_answer = static_cast<bool>(answer)};
  const std::string subject = name_ + "'s handler of \"" + what.event + "\"";
  std::string problem;
  try {
    auto work = listener->start(view, problem);
    if (!work.valid()) return world().complain(subject + " does not take these arguments: " + problem);
    auto report = [listener, world = world_, subject](const std::exception_ptr& thrown) {
      const auto alive = world.lock();
      if (!thrown || !alive) return;
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& e) {
        alive->complain(subject + " has thrown: " + e.what());
      } catch (...) {
        alive->complain(subject + " has thrown");
      }
    };
    boost::asio::co_spawn(world().context(), std::move(work), std::move(report));
  } catch (const std::exception& e) {
    world().complain(subject + " has thrown: " + e.what());
  }
}

void client_core::leave(const std::string& reason) {
  if (state_ == state::asking) {
    state_ = state::refused;
    refusal_ = connection_->why().empty() ? reason : connection_->why();
    refusal_data_ = nullptr;
  } else if (state_ == state::in) {
    state_ = state::absent;
    reason_ = reason;
    id_.clear();
    if (const auto alive = world_.lock()) alive->say(name_, "|", "has left" + where() + ": " + reason);
  }
  for (const auto& [id, waiting] : std::exchange(questions_, {})) {
    waiting->failure = "it has left: " + reason;
    waiting->end();
  }
  for (const auto& one : std::exchange(expected_, {})) {
    one.what->failure = "it has left: " + reason;
    one.what->end();
  }
}

std::string client_core::in_words(const heard& one) {
  return "\"" + one.event + "\" " + json::serialize(one.args.values());
}

bool client_core::are_arguments(const json::array& wanted, const std::vector<binary>& bytes,
                                const arguments& got) const {
  json::array values = got.values();
  if (!pid_.empty() && values.size() == wanted.size() + 1 && values.back().is_string()) values.pop_back();
  return values == wanted && bytes == got.attachments();
}

}  // namespace cosio::test::inline v0_2::kit
