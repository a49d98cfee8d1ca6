// A socket of a client: events in both directions, and acknowledgements.

#include <boost/json/array.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "client/client_socket_core.hpp"

namespace cosio::inline v0_2::clients {

namespace json = boost::json;

// ---------------------------------------------------------------- out

socket_core::emitted socket_core::emit(const outgoing_ptr& what) {
  const auto on = owner();
  if (!on || ended_) {
    if (what->asks) what->asks->answer->fail_with(error(errc::cancelled, "the manager of this socket is gone"));
    return {report(0, 0, 1), nullptr};
  }
  if (settings_.retries && !what->flags.is_volatile) {
    const report kept = keep(line_, what);
    drain_line(false);
    return {kept, nullptr};
  }
  const report sent = send_or_keep(what);
  return {sent, sent.queued != 0 ? on->room() : nullptr};
}

report socket_core::send_or_keep(const outgoing_ptr& what) {
  const auto on = owner();
  if (what->flags.is_volatile && !(connected_ && on->is_idle())) return drop(what);
  if (connected_ && !on->is_overdue()) {
    std::optional<std::uint64_t> id;
    if (what->asks) {
      id = next_id_++;
      what->asks->id = id;
      acks_.emplace(*id, what->asks);
      awaited_ = acks_.size();
    }
    transmit(*what, id);
    return report(1, 0, 0);
  }
  const when_offline rule = what->flags.offline.value_or(settings_.offline);
  if (rule == when_offline::drop) return drop(what);
  if (rule == when_offline::fail) throw error(errc::disconnected, "the socket is not connected");
  return keep(kept_, what);
}

report socket_core::drop(const outgoing_ptr& what) {
  if (const auto on = owner()) on->count(&client_metrics::dropped);
  if (what->asks) what->asks->answer->fail_with(error(errc::dropped, "the event could not go out at once"));
  return report(0, 1, 0);
}

report socket_core::keep(offline_events& in, const outgoing_ptr& what) {
  if (!in.add(what)) {
    if (const auto on = owner()) on->count(&client_metrics::refused);
    if (what->asks) {
      what->asks->answer->fail_with(
          error(errc::limit_reached, "more than max_pending_bytes would wait for the connection"));
    }
    return report(0, 0, 1, 1);
  }
  if (what->asks && &in == &kept_) {
    what->asks->id = next_id_++;
    acks_.emplace(*what->asks->id, what->asks);
    awaited_ = acks_.size();
  }
  report waits;
  waits.pending = 1;
  return waits;
}

void socket_core::transmit(const outgoing_event& what, std::optional<std::uint64_t> id) {
  const auto on = owner();
  if (!on) return;
  for (auto& call : any_outgoing->take()) {
    on->start_handler(run_hook<std::string, arguments>(shared_from_this(), std::move(call), what.event, what.event,
                                                       detail::arguments_of(what.data)));
  }
  packet_out packet;
  packet.nsp = nsp_;
  packet.id = id;
  packet.json = what.data.json();
  packet.attachments = what.data.attachments();
  on->send(packet, what.flags.compress);
}

void socket_core::send_kept() {
  while (connected_ && !kept_.empty()) {
    const outgoing_ptr next = kept_.pop();
    std::optional<std::uint64_t> id;
    if (next->asks) id = next->asks->id;
    try {
      transmit(*next, id);
    } catch (...) {  // of an own parser
      const std::exception_ptr thrown = std::current_exception();
      if (id) acks_.erase(*id);
      if (next->asks) next->asks->answer->fail(thrown);
      failed(next->event, thrown, {});
    }
  }
}

void socket_core::ask(const outgoing_ptr& what) noexcept {
  try {
    if (!what->asks->answer->is_settled()) emit(what);
  } catch (...) {
    what->asks->answer->fail(std::current_exception());
    forget(what);
  }
}

void socket_core::forget(const outgoing_ptr& what) {
  kept_.remove(what->asks.get());
  if (what->asks->id) acks_.erase(*what->asks->id);
  awaited_ = acks_.size();
}

// ---------------------------------------------------------------- one by one, until each is acknowledged

void socket_core::drain_line(bool again) {
  const auto on = owner();
  if (!on || !connected_ || line_.empty() || (trying_ && !again)) return;
  trying_ = true;
  ++tries_;
  const outgoing_ptr first = line_.front();
  const std::uint64_t id = next_id_++;
  try_id_ = id;
  const auto limit = first->flags.timeout ? first->flags.timeout : settings_.ack_timeout;
  if (limit) {
    try_limit_ = try_limit::make(weak_from_this());
    where_->timers().arm_after(*try_limit_, *limit);
  }
  try {
    transmit(*first, id);
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    const outgoing_ptr gone = line_.pop();
    if (gone->asks) gone->asks->answer->fail(thrown);
    failed(gone->event, thrown, {});
    tries_ = 0;
    end_try(false);
  }
}

void socket_core::end_try(bool drain) {
  trying_ = false;
  try_id_.reset();
  if (const auto limit = std::exchange(try_limit_, nullptr)) where_->timers().disarm(*limit);
  if (drain) drain_line(false);
}

void socket_core::try_answered(arguments values) {
  const outgoing_ptr done = line_.pop();
  tries_ = 0;
  if (done->asks) done->asks->answer->settle(std::move(values));
  end_try(true);
}

void socket_core::try_failed(errc code, const char* why) {
  if (tries_ > *settings_.retries) {
    const outgoing_ptr lost = line_.pop();
    tries_ = 0;
    if (lost->asks) lost->asks->answer->fail_with(error(code, why));
    if (const auto on = owner()) on->count(&client_metrics::dropped);
  }
  end_try(true);
}

void socket_core::try_timed_out() {
  if (!try_id_ || !try_limit_ || ended_) return;
  try_failed(errc::timed_out, "operation has timed out");
}

// ---------------------------------------------------------------- in

// Sends one acknowledgement, if the connection of its event still stands.
class socket_core::reply final : public ack::sender {
 public:
  reply(self_ptr to, std::uint64_t id, std::uint64_t attempt) : to_(std::move(to)), id_(id), attempt_(attempt) {}

  task<> send(event_data answer) override {
    if (sent_.exchange(true)) return async::nothing();
    return send_packet(to_, id_, attempt_, std::move(answer));
  }

 private:
  static task<> send_packet(self_ptr to, std::uint64_t id, std::uint64_t attempt, event_data answer) {
    auto send = [to, id, attempt, answer = std::move(answer)] {
      const auto on = to->owner();
      if (!on || to->attempt_ != attempt || !to->connected_) return;
      packet_out packet;
      packet.type = wire::sio_type::ack;
      packet.nsp = to->nsp();
      packet.id = id;
      packet.json = answer.json();
      packet.attachments = answer.attachments();
      on->send(packet, true);
    };
    if (to->strand().running_in_this_thread()) {
      send();
      co_return;
    }
    auto there = async::call_on(to->strand(), std::move(send));
    co_await std::move(there);
  }

  const self_ptr to_;
  const std::uint64_t id_;
  const std::uint64_t attempt_;
  std::atomic<bool> sent_{false};
};

void socket_core::on_packet(wire::socket_packet& packet, std::size_t bytes) {
  const auto on = owner();
  if (!on || ended_) return;
  switch (packet.header.type) {
    case wire::sio_type::connect:
      return on_connect_packet(packet);
    case wire::sio_type::disconnect:
      if (!active_) return;
      active_ = false;
      joining_ = false;
      if (connected_) leave(client_reason::kind::io_server_disconnect);
      return on->left();
    case wire::sio_type::connect_error:
      return on_connect_error_packet(packet);
    case wire::sio_type::ack:
    case wire::sio_type::binary_ack: {
      if (!packet.header.id) return;
      json::array values;
      if (auto* const list = packet.data.if_array()) values = std::move(*list);
      return on_ack(*packet.header.id, arguments(std::move(values), std::move(packet.attachments)));
    }
    case wire::sio_type::event:
    case wire::sio_type::binary_event: {
      if (!packet.data.is_array() || packet.data.get_array().empty()) return;
      auto event = std::make_shared<received>();
      event->data = std::move(packet.data);
      event->attachments = std::move(packet.attachments);
      event->id = packet.header.id;
      event->attempt = attempt_;
      event->bytes = bytes;
      if (connected_) return on_event(std::move(event));
      if (!joining_ || early_bytes_ + bytes > on->settings().max_held_bytes) return;
      early_bytes_ += bytes;
      early_.push_back(std::move(event));
      return;
    }
  }
}

void socket_core::on_event(std::shared_ptr<received> event) {
  const auto on = owner();
  if (!on) return;
  // The offset of the last event that has come, whether its handlers have run or not.
  const auto& list = event->data.get_array();
  if (!pid_.empty() && list.size() > 1 && list.back().is_string())
    offset_.assign(list.back().get_string().data(), list.back().get_string().size());
  const std::size_t bytes = event->bytes;
  on->when_room(bytes, [self = shared_from_this(), event = std::move(event)] { self->dispatch(event); });
}

void socket_core::on_connect_error_packet(const wire::socket_packet& packet) {
  sent_connect_ = false;
  if (!active_ || connected_) return;
  const auto text_of = [](const json::value* from) {
    const auto* const text = from != nullptr ? from->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
  };
  const auto* const members = packet.data.if_object();
  if (members == nullptr) return refused(connect_error(true, text_of(&packet.data), packet.data));  // of protocol 4
  const auto* const data = members->if_contains("data");
  json::value kept;
  if (data != nullptr) kept = *data;
  refused(connect_error(true, text_of(members->if_contains("message")), std::move(kept)));
}

void socket_core::on_ack(std::uint64_t id, arguments values) {
  if (try_id_ && *try_id_ == id) return try_answered(std::move(values));
  const auto found = acks_.find(id);
  if (found == acks_.end() || kept_.holds(found->second.get())) {
    if (const auto on = owner()) on->count(&client_metrics::unknown_acks);
    return;
  }
  const auto asked = std::move(found->second);
  acks_.erase(found);
  awaited_ = acks_.size();
  asked->answer->settle(std::move(values));
}

namespace {

std::string name_of(const json::value& first) {
  if (const auto* const text = first.if_string()) return std::string(text->data(), text->size());
  std::string out;
  wire::append_json(out, first);
  return out;
}

}  // namespace

void socket_core::dispatch(const std::shared_ptr<received>& event) {
  const auto on = owner();
  if (!on || ended_) return;
  const auto& list = event->data.get_array();
  const std::string name = name_of(list.front());
  ack answer;
  if (event->id) answer = ack(std::make_shared<reply>(shared_from_this(), *event->id, event->attempt));
  const detail::event_view view{name,   list.data() + 1,           list.size() - 1, event->attachments,
                                answer, static_cast<bool>(answer), nullptr,         {}};
  for (auto& call : any->take()) {
    on->start_handler(run_hook<std::string, arguments>(shared_from_this(), std::move(call), name, name, view.from(0)));
  }
  for (const detail::listener_ptr& listener : listeners->take(name)) {
    if (ended_) return;
    start_listener(listener, view);
  }
}

void socket_core::start_listener(const detail::listener_ptr& listener, const detail::event_view& view) {
  const auto on = owner();
  if (!on) return;
  std::string problem;
  try {
    task<> work = listener->start(view, problem);
    if (work.valid())
      on->start_handler(run_listener(shared_from_this(), listener, std::move(work), std::string(view.event)));
  } catch (...) {
    failed(view.event, std::current_exception(), {});
  }
  if (!problem.empty()) failed(view.event, nullptr, std::move(problem));
}

task<> socket_core::run_listener(self_ptr self, detail::listener_ptr listener, task<> work, std::string event) {
  std::exception_ptr thrown;
  try {
    co_await std::move(work);
  } catch (...) {
    thrown = std::current_exception();
  }
  static_cast<void>(listener);
  if (thrown) self->failed(event, thrown, {});
}

void socket_core::failed(std::string_view event, std::exception_ptr thrown, std::string message) {
  if (ended_ && thrown && async::is_end(thrown)) return;
  if (thrown) message = base::describe(thrown);
  const std::string what = event.empty() ? std::string("a hook") : "\"" + std::string(event) + "\"";
  base::log(log_level::error, "socketio", "client: " + what + " of " + nsp_ + ": " + message,
            {{"nsp", nsp_}, {"event", event}, {"detail", message}});
  if (event == "error hook") return;  // no circle
  client_failure told{std::string(event), std::move(message), std::move(thrown)};
  for (auto& call : on_error->take()) {
    const auto on = owner();
    if (!on || ended_) return;
    on->start_handler(run_hook<client_failure>(shared_from_this(), std::move(call), "error hook", told));
  }
}

}  // namespace cosio::inline v0_2::clients
