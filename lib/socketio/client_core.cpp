// One client of Socket.IO: the packets of its session.

#include "socketio/client_core.hpp"

#include <utility>

#include "async/posted_deadline.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/release.hpp"
#include "socketio/connect.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/expiry.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/nsp_name.hpp"
#include "socketio/socket_ack.hpp"
#include "socketio/socket_core.hpp"
#include "wire/event_peek.hpp"

namespace cosio::socketio {
namespace {

namespace json = boost::json;
using wire::sio_type;

// The name of an event that was read; empty when it has none.
std::string_view name_in(const json::value& data) {
  const auto* list = data.if_array();
  const auto* name = list != nullptr && !list->empty() ? list->front().if_string() : nullptr;
  return name != nullptr ? std::string_view(name->data(), name->size()) : std::string_view();
}

// The option whose limit a packet was refused for, if there is one.
std::optional<base::limit> limit_behind(const fault& wrong) {
  switch (wrong.code) {
    case errc::message_too_large:
      return base::limit::max_packet_bytes;
    case errc::json_too_deep:
      return base::limit::max_json_depth;
    case errc::too_many_attachments:  // offset 0: in the bytes of an attachment, and not in the packet's head
      return wrong.offset == 0 ? base::limit::max_packet_bytes : base::limit::max_attachments;
    default:
      return std::nullopt;
  }
}

// Gives the answer to the coroutine that awaits it.
void on_ack(socket_core& socket, wire::socket_packet& packet) {
  if (!packet.header.id) return;
  json::array values;
  if (auto* list = packet.data.if_array()) values = json::array(*list, json::storage_ptr());
  const bool awaited =
      socket.acks().answer(*packet.header.id, arguments(std::move(values), std::move(packet.attachments)));
  if (awaited) socket.nsp()->counters().add(base::counter::answered);
}

}  // namespace

// Credentials that expire, and their deadline.
struct client_core::credentials {
  explicit credentials(async::duration notice) noexcept : ends(notice) {}

  expiry ends;
  async::posted_deadline<client_core, &client_core::on_expiry> deadline;
};

client_core::client_core(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session)
    : client_sockets(std::move(host), std::move(session), *this),
      issued_(std::chrono::system_clock::now()),
      decoder_(this->host().packet_limits()),
      foreign_(foreign_decoder_of(this->host().settings())),
      rates_(rate_limiter::make(this->host().settings(), this->host().timers().now())) {}

client_core::~client_core() = default;

std::shared_ptr<client_core> client_core::of(const socket_core& socket) {
  return std::dynamic_pointer_cast<client_core>(socket.owner());
}

void client_core::start() {
  start_connect_timeout();
  // Protocol 4 joins the default namespace by itself.
  if (session().revision() == wire::revision::v3) {
    expect("/");
    pending_.push_back({"/", {nullptr, json::object(), {}, {}}});
    handle_pending();
  }
}

// ---------------------------------------------------------------- in

void client_core::on_text(std::string_view text) {
  if (closed() || (rates_ && is_refused(text))) return;
  on_decoded(foreign_ ? foreign_->text(text) : decoder_.text(text, memory_.storage()));
  if (closed() && pending_.empty()) memory_.release();  // on_input_end() may not be called any more
}

void client_core::on_binary(cosio::binary bytes) {
  if (closed()) return;
  on_decoded(foreign_ ? foreign_->binary(bytes.view()) : decoder_.binary(std::move(bytes), memory_.storage()));
  if (closed() && pending_.empty()) memory_.release();
}

// The packet is destroyed when this returns. Its JSON must not outlive the memory of the batch.
void client_core::on_decoded(result<std::optional<wire::socket_packet>> packet) {
  if (packet.has_error()) return on_bad_packet(packet.error());
  if (*packet) {
    on_packet(std::move(**packet));
  } else if (never_joined() && !foreign_) {
    close_for_violation("binary before a namespace was joined");
  }
}

void client_core::on_packet(wire::socket_packet packet) {
  std::string_view query;
  const std::string nsp = nsp_of(packet.header.nsp, session().revision(), &query);
  if (packet.header.type == sio_type::connect) {
    if (session().revision() == wire::revision::v3) packet.data = query_object(query);
    return on_connect(nsp, packet);
  }
  const std::shared_ptr<socket_core> socket = joined(nsp);
  if (!socket) return close_for_violation("a packet for a namespace that was not joined");
  switch (packet.header.type) {
    case sio_type::event:
    case sio_type::binary_event:
      on_event(socket, packet);
      break;
    case sio_type::ack:
    case sio_type::binary_ack:
      on_ack(*socket, packet);
      break;
    case sio_type::disconnect:
      leave(socket, reason(reason::kind::client_namespace_disconnect));
      break;
    default:
      close_for_violation("a packet that only servers send");
  }
}

void client_core::on_event(const std::shared_ptr<socket_core>& socket, wire::socket_packet& packet) {
  if (rates_ && !rates_->take_checked() && refuse_above_rate(socket, name_in(packet.data), packet.header.id)) return;
  pending_.push_back({{}, {socket, std::move(packet.data), std::move(packet.attachments), packet.header.id}});
}

// Refuses an event above its rate before it is parsed, if its name can be seen so early.
bool client_core::is_refused(std::string_view text) {
  rates_->checked(false);
  if (foreign_) return false;
  const auto head = wire::peek_event(text);
  if (!head) return false;
  const auto socket = joined(nsp_of(head->nsp, session().revision()));
  if (!socket) return false;
  if (refuse_above_rate(socket, head->name, head->id)) return true;
  rates_->checked(true);
  return false;
}

bool client_core::refuse_above_rate(const std::shared_ptr<socket_core>& socket, std::string_view event,
                                    std::optional<std::uint64_t> ack_id) {
  const auto over = rates_->refuse(event, socket->nsp()->timers().now());
  if (!over) return false;
  socket->nsp()->counters().hit(*over);
  const std::string what = "rate limit exceeded: " + std::string(to_string(*over));
  if (ack_id && socket->nsp()->answers_refused_events()) {
    json::object told;
    told["message"] = what;
    async::spawn(strand(), "socketio", make_ack(socket, *ack_id)(std::move(told)));
  }
  if (rates_->is_first_refusal()) socket->fail(socket_error(std::string(event), what, {}, nullptr));
  return true;
}

void client_core::on_connect(std::string_view nsp, wire::socket_packet& packet) {
  if (has(nsp)) return close_for_violation("CONNECT for a namespace that is joined, or being joined");
  if (size() >= host().settings().max_namespaces_per_client) {
    host().counters()->hit(base::limit::max_namespaces_per_client);
    const bool explain = host().settings().explain_refusals;
    return send_control(
        sio_type::connect_error, nsp,
        explain
            ? "{\"message\":\"too many namespaces: raise options.max_namespaces_per_client if clients may join more\"}"
            : "{\"message\":\"too many namespaces\"}");
  }
  expect(nsp);
  json::value auth = packet.has_data || !packet.data.is_null() ? std::move(packet.data) : json::value(json::object());
  pending_.push_back({std::string(nsp), {nullptr, std::move(auth), {}, {}}});
}

void client_core::on_bad_packet(const fault& wrong) {
  if (const auto limit = limit_behind(wrong)) host().counters()->hit(*limit);
  const std::string what = make_error_code(wrong.code).message();
  for (const auto& socket : all_joined()) socket->fail(socket_error({}, "invalid packet: " + what, {}, nullptr));
  close_for_violation("invalid packet: " + what);
}

// ---------------------------------------------------------------- the end of the input

void client_core::on_input_end() {
  if (handling_) return;
  handle_pending();
  memory_.release();
}

// Handles the packets in order. When there is no room for more handlers, the rest waits, in memory of its own.
void client_core::handle_pending() {
  const auto keep = shared_from_this();
  const struct handling_scope {
    explicit handling_scope(bool& f) : flag(f) { flag = true; }
    ~handling_scope() { flag = false; }
    bool& flag;
  } scope(handling_);
  std::size_t done = 0;
  for (; done < pending_.size() && events().has_room(); ++done) handle(std::move(pending_[done]));
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
  if (closed()) pending_.clear();  // their sockets have left
  if (pending_.empty()) {
    if (pending_.capacity() > 16 || !events().handlers().is_ready()) base::release(pending_);
  } else {
    keep_pending();
  }
  session().pause_input(!pending_.empty());
}

void client_core::handle(pending now) {
  if (!now.event.to) {
    if (!has(now.nsp)) return;
    const std::shared_ptr<identity> who(self(), &identity_);
    return connecting::start(shared_from_this(), who, issued_, std::move(now.nsp), now.event.data);
  }
  const auto socket = now.event.to;
  try {
    events().take(std::move(now.event));
  } catch (...) {  // a conversion of the application's, or no memory
    socket->fail({}, std::current_exception());
  }
}

void client_core::on_handler_room() {
  if (!handling_ && !closed() && !pending_.empty()) handle_pending();
}

// Copies packets that must wait out of the memory of the batch.
void client_core::keep_pending() {
  std::vector<pending> kept;
  kept.reserve(pending_.size());
  for (const pending& p : pending_) kept.push_back({p.nsp, p.event.kept()});
  pending_ = std::move(kept);
}

// ---------------------------------------------------------------- credentials

void client_core::expires_in(std::optional<std::chrono::milliseconds> time) {
  async::run_on(strand(), [self = self(), time] { self->set_expiry(time); });
}

void client_core::set_expiry(std::optional<std::chrono::milliseconds> time) {
  async::deadlines& timers = host().timers();
  if (!time || closed()) {
    if (!credentials_) return;
    credentials_->ends.clear();
    return timers.disarm(credentials_->deadline);
  }
  if (!credentials_) {
    credentials_ = std::make_unique<credentials>(host().settings().credentials_notice);
    credentials_->deadline.owned_by(self());
  }
  credentials_->ends.set(timers.now() + *time);
  if (credentials_->ends.next() <= timers.now()) return on_expiry();
  timers.arm(credentials_->deadline, credentials_->ends.next());
}

void client_core::on_expiry() {
  if (!credentials_ || closed() || !credentials_->ends.is_set()) return;
  const auto now = host().timers().now();
  const auto ends = credentials_->ends.ends();
  const auto what = credentials_->ends.due(now);
  if (what == expiry::action::close)
    return session().close(reason(reason::kind::credentials_expired, "nobody renewed them in time"), true);
  host().timers().arm(credentials_->deadline, credentials_->ends.next());
  const std::string& event = host().settings().credentials_event;
  if (what != expiry::action::tell || event.empty()) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ends - now).count();
  for (const auto& socket : all_joined()) {
    const encoded_packet packet(socket->nsp()->name(), sio_type::event, std::nullopt, event,
                                detail::encode_event(event, left), socket->nsp()->parser());
    socket->send(packet, false);
  }
}

// ---------------------------------------------------------------- the end

void client_core::on_heartbeat() {
  events().rest();
  if (!handling_ && pending_.empty()) base::release(pending_);
}

void client_core::on_close(const reason& why) {
  if (credentials_) host().timers().disarm(credentials_->deadline);
  if (!handling_ && !closed())
    base::guarded("socketio", [this] { handle_pending(); });  // events that came before the end are still delivered
  make_all_leave(why);
  events().handlers().close();
  if (!handling_) pending_.clear();  // packets hold sockets, which hold this
}

void client_core::on_forsaken() noexcept {
  // All of these hold sockets, or coroutines that hold this object. Their destructors may look at the members: so each
  // is taken out of its member first.
  const auto events_that_wait = std::exchange(pending_, {});
  forsake();
  identity_.forsake();
}

void client_core::leave_all(const reason& why) {
  if (!closed()) make_all_leave(why);
}

void client_core::drain(const reason& why, std::shared_ptr<void> until_then) {
  leave_all(why);
  events().handlers().when_idle([session = session_ptr(), until_then = std::move(until_then)]() mutable {
    session->close(reason(reason::kind::forced_close), false);
    until_then = nullptr;
  });
}

}  // namespace cosio::socketio
