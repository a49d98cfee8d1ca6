// Packets of one session to its sockets.

#include "socketio/client_core.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/release.hpp"
#include "engine/flush.hpp"
#include "socketio/connect.hpp"
#include "socketio/expiry.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/nsp_name.hpp"
#include "socketio/refusals.hpp"
#include "socketio/socket_ack.hpp"
#include "socketio/socket_core.hpp"
#include "socketio/stopping.hpp"
#include "wire/event_peek.hpp"

namespace cosio::socketio {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using wire::sio_type;

std::string event_name(const json::value& first) {
  if (const auto* name = first.if_string()) return std::string(name->data(), name->size());
  std::string name;  // a number: listeners of its decimal form match
  wire::append_json(name, first);
  return name;
}

// The name of an event that was read; empty when it has none.
std::string_view name_in(const json::value& data) {
  const auto* list = data.if_array();
  const auto* name = list != nullptr && !list->empty() ? list->front().if_string() : nullptr;
  return name != nullptr ? std::string_view(name->data(), name->size()) : std::string_view();
}

// The option that a packet was refused for, if there is one.
std::optional<base::limit> limit_behind(const fault& wrong) {
  switch (wrong.code) {
    case errc::message_too_large:
      return base::limit::max_packet_bytes;
    case errc::json_too_deep:
      return base::limit::max_json_depth;
    case errc::
        too_many_attachments:  // too many are announced in the head; an attachment with too many bytes has no place in it
      return wrong.offset == 0 ? base::limit::max_packet_bytes : base::limit::max_attachments;
    default:
      return std::nullopt;
  }
}

// Owns what it calls: the callable lives as long as its coroutine.
task<> call_any(std::shared_ptr<socket_core::any_handler> handler, std::string event, arguments args, ack answer) {
  auto work = (*handler)(std::move(event), std::move(args), std::move(answer));
  co_await std::move(work);
}

}  // namespace

client_core::client_core(std::shared_ptr<client_host> server, std::shared_ptr<engine::session> session)
    : socket_owner(std::move(session)),
      server_(std::move(server)),
      issued_(std::chrono::system_clock::now()),
      decoder_(server_->packet_limits()),
      foreign_(foreign_decoder_of(server_->settings())),
      handlers_(*this, server_->settings().max_handlers_in_flight, *server_->counters()),
      rates_(rate_limiter::make(server_->settings(), server_->timers().now())) {}

client_core::~client_core() = default;

std::shared_ptr<client_core> client_core::of(const socket_core& socket) {
  return std::dynamic_pointer_cast<client_core>(socket.owner());
}

void client_core::start() {
  limit_ = std::make_shared<connect_limit>(weak_from_this());
  limit_->owned_by(limit_);
  server_->timers().arm_after(*limit_, server_->connect_timeout());
  // Protocol 4 joins the default namespace by itself.
  if (session().revision() == wire::revision::v3) {
    sockets_.emplace_back(shared("/"), entry{});
    pending_.push_back({sio_type::connect, "/", nullptr, json::object(), {}, {}});
    handle_pending();
  }
}

client_core::entry* client_core::find(std::string_view nsp) noexcept {
  for (auto& [name, e] : sockets_)
    if (name->text == nsp) return &e;
  return nullptr;
}

// ---------------------------------------------------------------- in

void client_core::on_text(std::string_view text) {
  if (closed_ || (rates_ && is_refused(text))) return;
  on_decoded(foreign_ ? foreign_->text(text) : decoder_.text(text, memory_.storage()));
  if (closed_ && pending_.empty()) memory_.release();  // there may be no end of input any more
}

void client_core::on_binary(cosio::binary bytes) {
  if (closed_) return;
  on_decoded(foreign_ ? foreign_->binary(bytes.view()) : decoder_.binary(std::move(bytes), memory_.storage()));
  if (closed_ && pending_.empty()) memory_.release();
}

// The packet is gone when this returns: nothing of it may outlive the batch's memory.
void client_core::on_decoded(result<std::optional<wire::socket_packet>> packet) {
  if (packet.has_error()) return bad_packet(packet.error());
  if (*packet) {
    on_packet(std::move(**packet));
  } else if (!joined_once_ && !foreign_) {
    violation("binary before a namespace was joined");
  }
}

void client_core::on_packet(wire::socket_packet packet) {
  std::string_view query;
  const std::string nsp = nsp_of(packet.header.nsp, session().revision(), &query);
  if (packet.header.type == sio_type::connect) {
    if (session().revision() == wire::revision::v3) packet.data = query_object(query);
    return on_connect(nsp, packet);
  }
  const entry* known = find(nsp);
  if (known == nullptr || !known->joined) return violation("a packet for a namespace that was not joined");
  const std::shared_ptr<socket_core> socket = known->socket;
  switch (packet.header.type) {
    case sio_type::event:
    case sio_type::binary_event:
      if (rates_ && !std::exchange(is_within_rate_, false) &&
          refuse_above_rate(socket, name_in(packet.data), packet.header.id))
        break;
      pending_.push_back(
          {sio_type::event, {}, socket, std::move(packet.data), std::move(packet.attachments), packet.header.id});
      break;
    case sio_type::ack:
    case sio_type::binary_ack:
      on_ack(socket, packet);
      break;
    case sio_type::disconnect:
      drop(nsp);
      socket->leave(reason(reason::kind::client_namespace_disconnect));
      server_->left(socket->nsp());
      break;
    default:
      violation("a packet that only servers send");
  }
}

// Before anything is parsed, if the name can be seen so early.
bool client_core::is_refused(std::string_view text) {
  is_within_rate_ = false;
  if (foreign_) return false;
  const auto head = wire::peek_event(text);
  if (!head) return false;
  const entry* known = find(nsp_of(head->nsp, session().revision()));
  if (known == nullptr || !known->joined) return false;
  if (refuse_above_rate(known->socket, head->name, head->id)) return true;
  is_within_rate_ = true;
  return false;
}

bool client_core::refuse_above_rate(const std::shared_ptr<socket_core>& socket, std::string_view event,
                                    std::optional<std::uint64_t> ack_id) {
  const auto over = rates_->refuse(event, socket->nsp()->timers().now());
  if (!over) return false;
  server_->counters()->hit(*over);
  const std::string what = "rate limit exceeded: " + std::string(to_string(*over));
  if (ack_id && socket->nsp()->answers_refused_events()) {
    json::object told;
    told["message"] = what;
    async::spawn(session().get_strand(), "socketio", make_ack(socket, *ack_id)(std::move(told)));
  }
  if (rates_->is_first_refusal()) socket->fail(socket_error(std::string(event), what, {}, nullptr));
  return true;
}

void client_core::on_connect(std::string_view nsp, wire::socket_packet& packet) {
  if (find(nsp) != nullptr) return violation("CONNECT for a namespace that is joined, or being joined");
  if (sockets_.size() >= server_->settings().max_namespaces_per_client) {
    server_->counters()->hit(base::limit::max_namespaces_per_client);
    const bool explain = server_->settings().explain_refusals;
    return send_control(
        sio_type::connect_error, nsp,
        explain
            ? "{\"message\":\"too many namespaces: raise options.max_namespaces_per_client if clients may join more\"}"
            : "{\"message\":\"too many namespaces\"}");
  }
  sockets_.emplace_back(shared(nsp), entry{});
  json::value auth = packet.has_data || !packet.data.is_null() ? std::move(packet.data) : json::value(json::object());
  pending_.push_back({sio_type::connect, std::string(nsp), nullptr, std::move(auth), {}, {}});
}

void client_core::on_ack(const std::shared_ptr<socket_core>& socket, wire::socket_packet& packet) {
  if (!packet.header.id) return;
  json::array values;
  if (auto* list = packet.data.if_array()) values = json::array(*list, json::storage_ptr());
  const bool awaited =
      socket->acks().answer(*packet.header.id, arguments(std::move(values), std::move(packet.attachments)));
  if (awaited) socket->nsp()->counters().add(base::counter::answered);
}

void client_core::on_input_end() {
  if (handling_) return;
  handle_pending();
  memory_.release();
}

// Handles what came, in order, until a limit says stop: then the rest is kept in memory of its own.
void client_core::handle_pending() {
  const auto keep = shared_from_this();
  const struct handling_scope {
    explicit handling_scope(bool& f) : flag(f) { flag = true; }
    ~handling_scope() { flag = false; }
    bool& flag;
  } scope(handling_);
  std::size_t done = 0;
  for (; done < pending_.size() && has_room(); ++done) {
    pending now = std::move(pending_[done]);
    if (now.type == sio_type::connect) {
      if (find(now.nsp) != nullptr) join(std::move(now.nsp), now.data);
    } else {
      const auto socket = now.socket;
      try {
        dispatch(std::move(now));
      } catch (...) {  // a conversion of the application's, or no memory
        socket->fail({}, std::current_exception());
      }
    }
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
  if (closed_) pending_.clear();  // their sockets have left
  if (pending_.empty()) {
    if (pending_.capacity() > 16 || !handlers_.is_ready()) base::release(pending_);
  } else {
    keep_pending();
  }
  session().pause_input(!pending_.empty());
}

client_core::pending client_core::kept(const pending& p) {
  return {p.type, p.nsp, p.socket, json::value(p.data, json::storage_ptr()), p.attachments, p.id};
}

void client_core::on_handler_room() {
  if (!handling_) handle_pending();
}

// What must wait leaves the memory of the batch.
void client_core::keep_pending() {
  std::vector<pending> kept;
  kept.reserve(pending_.size());
  for (const pending& p : pending_) kept.push_back(client_core::kept(p));
  pending_ = std::move(kept);
}

// ---------------------------------------------------------------- events

bool client_core::has_room() const noexcept {
  return handlers_.has_room() && (!lines_ || lines_->waiting < server_->settings().max_handlers_in_flight);
}

void client_core::dispatch(pending event) {
  if (!event.socket->connected()) return;
  if (!event.socket->nsp()->sequential()) return handle(std::move(event), nullptr);
  if (line* busy = line_of(event.socket)) return wait_in_line(*busy, event);
  take_turn(std::move(event));
}

// Catch-alls, middleware, listeners. All that runs for the event holds `of`.
void client_core::handle(pending event, const std::shared_ptr<handler_queue::running_event>& of) {
  const auto& socket = event.socket;
  socket->nsp()->counters().add(base::counter::events);
  const json::array& list = event.data.get_array();
  const bool named = !list.empty();  // always, but for MessagePack
  const std::string name = named ? event_name(list[0]) : std::string();
  const json::value* values = list.data() + (named ? 1 : 0);
  const std::size_t count = list.size() - (named ? 1 : 0);
  const ack answer = event.id ? make_ack(socket, *event.id) : ack();

  handlers_.stay_ready();
  if (!socket->intercepts()) return start_listeners(socket, name, values, count, event.attachments, answer, of);

  const auto any = socket->any_handlers();
  const auto middlewares = socket->middlewares();
  arguments owned(json::array(values, values + count, json::storage_ptr()), event.attachments);
  for (const auto& handler : any) {
    handlers_.add(
        call_any(handler, name, owned, answer),
        [socket, name](std::exception_ptr e) { socket->fail(name, std::move(e)); }, of);
  }
  if (!middlewares) {
    handlers_.run();
    return start_listeners(socket, name, values, count, event.attachments, answer, of);
  }
  auto shared = std::make_shared<packet>(name, std::move(owned), answer);
  const auto let_in = std::make_shared<bool>(false);
  auto failed = [self = shared_from_this(), socket, name, shared, let_in](std::exception_ptr e) {
    if (!*let_in) self->refuse_event(socket, *shared, e);
    socket->fail(name, std::move(e));
  };
  handlers_.add(run_middlewares(shared_from_this(), socket, shared, let_in, of), std::move(failed), of);
  handlers_.run();
}

task<> client_core::run_middlewares(std::shared_ptr<client_core> self, std::shared_ptr<socket_core> socket,
                                    std::shared_ptr<packet> event, std::shared_ptr<bool> let_in,
                                    std::weak_ptr<handler_queue::running_event> of) {
  auto last = [self, socket, event, let_in, of]() -> task<> {
    *let_in = true;
    if (socket->connected()) {
      const json::array& values = event->args().values();
      self->start_listeners(socket, event->event(), values.data(), values.size(), event->args().attachments(),
                            event->answer(), of.lock());
    }
    return nothing();
  };
  auto chain = run_chain<socket_core::packet_middleware, packet>(socket->middlewares(), 0, event, std::move(last));
  co_await std::move(chain);
}

// A middleware kept the event from its listeners. Protocol 4 has a packet to say so; who asked for an acknowledgement
// is told in that.
void client_core::refuse_event(const std::shared_ptr<socket_core>& socket, const packet& event,
                               const std::exception_ptr& thrown) {
  const auto revision = session().revision();
  if (revision == wire::revision::v3 && socket->connected()) {
    send_control(sio_type::connect_error, socket->nsp()->name(), refusal_json(thrown, revision));
  }
  if (event.answer() && socket->nsp()->answers_refused_events()) {
    async::spawn(session().get_strand(), "socketio", event.answer()(refusal_answer(thrown)));
  }
}

void client_core::start_listeners(const std::shared_ptr<socket_core>& socket, const std::string& event,
                                  const json::value* values, std::size_t count, const std::vector<binary>& attachments,
                                  const ack& answer, const std::shared_ptr<handler_queue::running_event>& of) {
  const detail::event_view view{event, values, count, attachments, answer};
  for (const auto& listener : socket->listeners().take(event)) {
    std::string problem;
    task<> work;
    try {
      work = listener->start(view, problem);
    } catch (...) {  // a conversion of the application's, or a handler that is no coroutine
      socket->fail(event, std::current_exception());
      continue;
    }
    if (!work.valid()) {
      socket->nsp()->counters().add(base::counter::argument_errors);
      socket->fail(socket_error(event, std::move(problem), {}, nullptr));
      continue;
    }
    if (listener->stops_with_client != 0) work = run_until_left(socket, run_kept(listener, std::move(work)));
    handlers_.add(
        std::move(work), [socket, event, kept = listener](std::exception_ptr e) { socket->fail(event, std::move(e)); },
        of);
    handlers_.run();  // before the next is called: it may be no coroutine
  }
}

// ---------------------------------------------------------------- one event at a time

client_core::line* client_core::line_of(const std::shared_ptr<socket_core>& socket) noexcept {
  if (!lines_) return nullptr;
  for (line& l : lines_->of_sockets)
    if (l.of == socket) return &l;
  return nullptr;
}

void client_core::wait_in_line(line& at, const pending& event) {
  at.waiting.push_back(kept(event));
  ++lines_->waiting;
}

void client_core::take_turn(pending event) {
  const auto socket = event.socket;
  if (!lines_) lines_ = std::make_unique<lines>();
  line& made = lines_->of_sockets.emplace_back(line{socket, {}});
  made.waiting.push_back(std::move(event));
  ++lines_->waiting;
  go_on(socket);
}

// The handlers of an event have ended: the next ones, until handlers have to be waited for again.
void client_core::go_on(const std::shared_ptr<socket_core>& socket) {
  for (line* at = line_of(socket); at != nullptr; at = line_of(socket)) {
    if (at->waiting.empty() || !socket->connected()) {
      leave_line(socket);
      break;
    }
    pending event = std::move(at->waiting.front());
    at->waiting.pop_front();
    --lines_->waiting;
    const auto running = std::make_shared<handler_queue::running_event>([weak = weak_from_this(), socket] {
      if (const auto self = weak.lock()) self->go_on(socket);
    });
    handler_queue::running_event::pass own(running);
    try {
      handle(std::move(event), running);
    } catch (...) {  // a conversion of the application's, or no memory
      socket->fail({}, std::current_exception());
    }
    if (!own.give_back()) break;  // handlers still run: the last of them goes on here
  }
  if (!handling_ && !closed_ && !pending_.empty()) handle_pending();
}

void client_core::leave_line(const std::shared_ptr<socket_core>& socket) {
  if (!lines_) return;
  auto& all = lines_->of_sockets;
  const auto found = std::find_if(all.begin(), all.end(), [&](const line& l) { return l.of == socket; });
  if (found == all.end()) return;
  lines_->waiting -= found->waiting.size();
  all.erase(found);
}

// ---------------------------------------------------------------- out and end

void client_core::send_control(sio_type type, std::string_view nsp, std::string_view json) {
  if (const cosio::parser* with = server_->settings().parser.get()) return send_control_with(*with, type, nsp, json);
  const engine::shared_frame f = control_frame(type, nsp, json);
  session().send({&f, 1});
}

void client_core::send_control_with(const cosio::parser& with, sio_type type, std::string_view nsp,
                                    std::string_view json) {
  try {
    session().send(frames_of(encode_with(with, type, nsp, std::nullopt, json, {}), session().revision()));
  } catch (const std::exception& e) {  // the application's parser: without this packet the client cannot go on
    base::log(log_level::warn, "socketio", std::string("the parser could not write a packet: ") + e.what());
    asio::post(session().get_strand(),
               [self = shared_from_this()] { self->violation("the parser could not write a packet"); });
  }
}

void client_core::drop(const std::string& nsp) {
  if (const entry* known = find(nsp); known != nullptr && known->socket) leave_line(known->socket);
  const auto gone =
      std::remove_if(sockets_.begin(), sockets_.end(), [&](const auto& e) { return e.first->text == nsp; });
  sockets_.erase(gone, sockets_.end());
}

void client_core::bad_packet(const fault& wrong) {
  if (const auto limit = limit_behind(wrong)) server_->counters()->hit(*limit);
  const std::string what = make_error_code(wrong.code).message();
  for (const auto& [name, e] : socket_list(sockets_))
    if (e.joined) e.socket->fail(socket_error({}, "invalid packet: " + what, {}, nullptr));
  violation("invalid packet: " + what);
}

// The client broke the protocol: the session is closed. When the transport cannot close at once, the sockets go first,
// with a reason of their own.
void client_core::violation(std::string why) {
  if (closed_) return;
  if (base::logs(log_level::debug)) {
    const std::string who = session().id().substr(0, 6);
    base::log(log_level::debug, "socketio", "client " + who + "…: " + why, {{"session", who}, {"detail", why}});
  }
  session().close(reason(reason::kind::forced_close, why), false);
  if (!closed_) {
    closed_ = true;
    end_all(reason(reason::kind::forced_server_close, std::move(why)));
  }
}

// The server cannot do for this client what it must: it ends, and no other client does.
void client_core::cut_off(const std::exception_ptr& why) {
  base::log_thrown("socketio",
                   {"client ", std::string_view(session().id()).substr(0, 6), "…: its handlers could not be started"},
                   why);
  session().close(reason(reason::kind::forced_close, "its handlers could not be started"), true);
}

void client_core::on_close(const reason& why) {
  limit_ = nullptr;
  expiry_ = nullptr;
  if (!handling_ && !closed_)
    base::guarded("socketio", [this] { handle_pending(); });  // events that came before the end are still delivered
  closed_ = true;
  end_all(why);
  handlers_.close();
  if (!handling_) pending_.clear();  // what still waited holds its sockets, and these hold us
}

void client_core::on_heartbeat() {
  handlers_.rest();
  if (lines_ && lines_->of_sockets.empty()) lines_ = nullptr;
  if (!handling_ && pending_.empty()) base::release(pending_);
}

void client_core::on_forsaken() noexcept {
  closed_ = true;
  expiry_ = nullptr;
  handlers_.forsake();
  // All of these hold sockets, or coroutines that hold us; what they hold may look at them when it goes: out of the
  // members first.
  const auto events = std::exchange(pending_, {});
  const auto busy = std::exchange(lines_, nullptr);
  const auto waiting = std::exchange(waiting_for_identity_, {});
  for (const auto& [name, e] : std::exchange(sockets_, {}))
    if (e.socket) e.socket->forsake();
}

void client_core::end_all(const reason& why) {
  const engine::flush_scope scope;
  const auto all = std::exchange(sockets_, {});
  for (const auto& [name, e] : all) {
    if (!e.joined) continue;  // connect.cpp cleans up after itself
    leave_line(e.socket);
    base::guarded("socketio", [&] { e.socket->leave(why); });
    base::guarded("socketio", [&] { server_->left(e.socket->nsp()); });
  }
}

void client_core::connect_limit::on_deadline() {
  const auto client = of_.lock();
  if (!client) return;
  asio::post(client->session().get_strand(), [self = client] {
    if (!self->joined_once_) self->violation("no namespace was joined in time");
  });
}

void client_core::disconnect(const std::shared_ptr<socket_core>& who, bool close) {
  if (close) {
    const auto all = std::exchange(sockets_, {});
    for (const auto& [name, e] : all) {
      if (!e.joined) continue;
      leave_line(e.socket);
      send_control(sio_type::disconnect, name->text, {});
      e.socket->leave(reason(reason::kind::server_namespace_disconnect));
      server_->left(e.socket->nsp());
    }
    session().close(reason(reason::kind::forced_close), false);
    return;
  }
  const std::string& name = who->nsp()->name();
  const entry* known = find(name);
  if (known == nullptr || known->socket != who || !known->joined) return;
  send_control(sio_type::disconnect, name, {});
  drop(name);
  who->leave(reason(reason::kind::server_namespace_disconnect));
  server_->left(who->nsp());
}

void client_core::shut_down(const reason& why) {
  if (closed_) return;
  closed_ = true;
  expiry_ = nullptr;
  end_all(why);
}

// Handlers may answer until they end: the session stays open as long.
void client_core::part(const reason& why, std::shared_ptr<void> until_then) {
  shut_down(why);
  handlers_.when_idle([session = session_ptr(), until_then = std::move(until_then)]() mutable {
    session->close(reason(reason::kind::forced_close), false);
    until_then = nullptr;
  });
}

}  // namespace cosio::socketio
