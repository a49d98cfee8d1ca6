// One client of Socket.IO: the packets of its session.

#include "socketio/client_core.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "async/gate_until.hpp"
#include "async/posted_deadline.hpp"
#include "async/spawn.hpp"
#include "base/flag_scope.hpp"
#include "base/logger.hpp"
#include "base/most.hpp"
#include "engine/turn.hpp"
#include "socketio/auth_remark.hpp"
#include "socketio/connect.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/event_name.hpp"
#include "socketio/expiry.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/nsp_name.hpp"
#include "socketio/socket_ack.hpp"
#include "socketio/socket_core.hpp"
#include "wire/event_peek.hpp"
#include "wire/json_memory.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

namespace json = boost::json;
using wire::sio_type;

constexpr std::size_t small_text = 256;
constexpr std::size_t max_query_bytes = 16'384;  // of the name of a namespace, in protocol 4: as much as a head of HTTP

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

std::size_t memory_of(const wire::socket_packet& packet) noexcept {
  return packet.list ? packet.list->memory() : wire::packet_memory(packet.data, packet.attachments);
}

// The values of an acknowledgement.
arguments taken_values(wire::socket_packet& packet) {
  if (packet.list) return arguments(detail::parsed_elements{std::move(packet.list), 0});
  json::array values;
  if (auto* sent = packet.data.if_array()) values = json::array(*sent, json::storage_ptr());
  return arguments(std::move(values), std::move(packet.attachments));
}

}  // namespace

// Credentials that expire, and their deadline.
struct client_core::credentials {
  explicit credentials(std::chrono::milliseconds notice) noexcept : ends(notice) {}

  expiry ends;
  async::posted_deadline<client_core, &client_core::on_expiry> deadline;
};

client_core::client_core(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session)
    : client_sockets(std::move(host), std::move(session), *this),
      issued_(std::chrono::system_clock::now()),
      decoder_(this->host().packet_limits()),
      on_demand_(parts_for(this->host())) {}

std::unique_ptr<client_core::on_demand> client_core::parts_for(client_host& host) {
  on_demand parts{foreign_decoder_of(host.settings()), rate_limiter::make(host.settings(), host.timers().now()),
                  nullptr, nullptr};
  return parts.foreign || parts.rates ? std::make_unique<on_demand>(std::move(parts)) : nullptr;
}

client_core::~client_core() = default;

std::shared_ptr<client_core> client_core::of(const socket_core& socket) {
  return std::dynamic_pointer_cast<client_core>(socket.owner());
}

void client_core::start() {
  start_connect_timeout();
  // Protocol 4 joins the default namespace by itself.
  if (session().revision() == wire::revision::v3) {
    expect_default();
    batch_.packets().push_back({"/", {nullptr, json::object(), {}, {}, 0}});
    on_input_end();
  }
}

// ---------------------------------------------------------------- in

void client_core::note_text_bytes(std::size_t bytes) noexcept {
  text_bytes_ = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
}

void client_core::on_text(std::string_view text) {
  if (closed() || (rates() != nullptr && is_refused(text))) return;
  note_text_bytes(text.size());
  if (foreign() != nullptr) {
    on_decoded(foreign()->text(text), {});
  } else {
    on_decoded(decoder_.text(text, batch_.storage(), wire::json_form::tokens), text);
  }
  if (closed() && !batch_.has_packets()) batch_.release();  // on_input_end() may not be called any more
}

void client_core::on_binary(cosio::binary bytes) {
  if (closed()) return;
  if (foreign() != nullptr) {
    note_text_bytes(bytes.view().size());
    on_decoded(foreign()->binary(bytes.view()), {});
  } else {
    on_decoded(decoder_.binary(std::move(bytes), batch_.storage()), {});
  }
  if (closed() && !batch_.has_packets()) batch_.release();
}

// The packet is destroyed when this returns. Its JSON must not outlive the memory of the batch.
void client_core::on_decoded(result<std::optional<wire::socket_packet>> packet, std::string_view text) {
  if (packet.has_error()) return on_bad_packet(packet.error(), text);
  if (*packet) {
    on_packet(std::move(**packet));
  } else if (never_joined() && foreign() == nullptr) {
    close_for_violation("binary before a namespace was joined");
  }
}

void client_core::on_packet(wire::socket_packet packet) {
  std::string_view query;
  const std::string nsp = nsp_of(packet.header.nsp, session().revision(), &query);
  if (packet.header.type == sio_type::connect) {
    if (nsp.size() > host().packet_limits().header.max_nsp_bytes || query.size() > max_query_bytes)
      return refuse_long_name(nsp);
    if (session().revision() == wire::revision::v3) packet.data = query_object(query);
    return on_connect(nsp, packet);
  }
  const std::shared_ptr<socket_core> socket = joined(nsp);
  if (!socket) return close_for_violation("a packet for a namespace that was not joined");
  socket->note_heard();
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

// Gives the answer to the coroutine that awaits it. An answer that is kept until others have come is charged to the
// client meanwhile.
void client_core::on_ack(socket_core& socket, wire::socket_packet& packet) {
  constexpr std::size_t around_answer = 160;
  acks::found waiting = packet.header.id ? socket.acks().take(*packet.header.id) : acks::found();
  if (!waiting) return;
  base::account& account = session().account();
  const std::size_t cost = waiting.is_kept() ? memory_of(packet) + around_answer : 0;
  if (cost != 0 && !account.charge(base::kept::events, cost)) return session().close_over_account();
  struct charge {
    ~charge() { of.give_back(base::kept::events, bytes); }
    base::account& of;
    std::size_t bytes;  // until the answer has been taken
  } charged{account, cost};
  arguments answer = taken_values(packet);
  if (socket.acks().answer(std::move(waiting), std::move(answer), charged.bytes))
    socket.nsp()->counters().add(base::counter::answered);
}

void client_core::on_event(const std::shared_ptr<socket_core>& socket, wire::socket_packet& packet) {
  if (rates() != nullptr && !rates()->take_checked() &&
      refuse_above_rate(socket, event_name(packet.json()), packet.header.id))
    return;
  // Small texts are not looked at: their JSON takes no more than the memory that counts for each handler anyway.
  const std::size_t bytes =
      text_bytes_ > small_text ? memory_of(packet) : 4 * text_bytes_ + wire::memory_of(packet.attachments);
  batch_.packets().push_back({{},
                              {socket, std::move(packet.data), std::move(packet.attachments), packet.header.id, bytes,
                               std::move(packet.list)}});
}

// Refuses an event above its rate before it is parsed, if its name can be seen so early.
bool client_core::is_refused(std::string_view text) {
  rates()->checked(false);
  if (foreign() != nullptr) return false;
  const auto head = wire::peek_event(text);
  if (!head) return false;
  const auto socket = joined(nsp_of(head->nsp, session().revision()));
  if (!socket) return false;
  if (refuse_above_rate(socket, head->name, head->id)) return true;
  rates()->checked(true);
  return false;
}

bool client_core::refuse_above_rate(const std::shared_ptr<socket_core>& socket, std::string_view event,
                                    std::optional<std::uint64_t> ack_id) {
  const auto over = rates()->refuse(event, socket->nsp()->timers().now());
  if (!over) return false;
  socket->nsp()->counters().hit(*over);
  const std::string what = "rate limit exceeded: " + std::string(to_string(*over));
  if (ack_id && socket->nsp()->answers_refused_events()) {
    // Queued, and nobody waits for room: so many refusals cost no coroutines, and above its limit the client ends.
    std::string answer = R"([{"message":)";
    wire::append_json_string(answer, what);
    send_ack(*socket, *ack_id, event_data(answer + "}]", {}));
  }
  if (rates()->is_first_refusal()) socket->fail(socket_error(std::string(event), what, {}, nullptr));
  return true;
}

void client_core::on_connect(std::string_view nsp, wire::socket_packet& packet) {
  // JavaScript's connect(); disconnect(); connect() sends CONNECT twice and no DISCONNECT. While the first one is being
  // decided, the second is ignored. So it is when it may have crossed the reply.
  if (is_expected(nsp)) return;
  if (const auto before = joined(nsp)) {
    if (before->was_heard() || knows_replies()) close_for_violation("CONNECT for a namespace that is joined");
    return;
  }
  // A client whose connection is about to end connects again by itself, to the next server. After a refusal it would
  // not: so this is no answer.
  if (host().is_closing()) return;
  if (const auto over = refuse_above_limits()) return tell_refused(nsp, *over);
  if (!expect(nsp, payload_memory(packet)))
    return tell_refused(nsp, over_limit(base::limit::max_client_bytes, "limit reached: max_client_bytes"));
  json::value auth = packet.has_data || !packet.data.is_null() ? std::move(packet.data) : json::value(json::object());
  batch_.packets().push_back({std::string(nsp), {nullptr, std::move(auth), std::move(packet.attachments), {}, 0}});
}

// The answer is no longer than the question. Node serves such a name, or answers in this way.
void client_core::refuse_long_name(std::string_view nsp) {
  if (host().is_closing()) return;
  if (const auto over = refuse_above_limits()) return tell_refused(nsp, *over);
  connecting::note_long_name(session(), nsp, host().packet_limits().header.max_nsp_bytes);
  tell_refused(nsp, refusal("Invalid namespace"));
}

// Whether the client must have everything that it was sent: by polling it has fetched it. On a WebSocket its packet may
// have crossed the reply.
bool client_core::knows_replies() const { return !session().on_websocket() && session().buffered() == 0; }

// The memory that the payload of a CONNECT takes in handshake(): that of its JSON and its binary. In protocol 4 it is a
// query, which is kept a second time, merged with that of the request.
std::size_t client_core::payload_memory(const wire::socket_packet& connect) const {
  constexpr std::size_t around_payload = 160;
  std::size_t bytes = wire::packet_memory(connect.data, connect.attachments);
  if (bytes == 0) return 0;  // most send none
  if (session().revision() == wire::revision::v3) {
    bytes *= 2;
    for (const auto& [name, value] : session().request().queries())
      bytes += sizeof(std::pair<std::string, std::string>) + name.size() + value.size();
  }
  return bytes + around_payload;
}

// The refusal of one more CONNECT, if a limit does not allow it.
std::optional<refusal> client_core::refuse_above_limits() {
  if (size() >= base::most(host().settings().max_namespaces_per_client))
    return over_limit(base::limit::max_namespaces_per_client, "too many namespaces");
  const auto over = rates() != nullptr ? rates()->refuse_connect(host().timers().now()) : std::nullopt;
  if (over) return over_limit(*over, "rate limit exceeded: " + std::string(to_string(*over)));
  return std::nullopt;
}

void client_core::on_bad_packet(const fault& wrong, std::string_view text) {
  note_bad_auth(session(), text, wrong, host().packet_limits().header);
  if (const auto limit = limit_behind(wrong)) host().counters()->hit(*limit);
  const std::string what = make_error_code(wrong.code).message();
  for (const auto& socket : all_joined()) socket->fail(socket_error({}, "invalid packet: " + what, {}, nullptr));
  close_for_violation("invalid packet: " + what);
}

// ---------------------------------------------------------------- the end of the input

void client_core::on_input_end() {
  if (handling_) return;
  handle_pending();
  batch_.release();
  decoder_.release();
}

// Handles the packets in order. When there is no room for more handlers, the rest is held.
void client_core::handle_pending() {
  const auto keep = shared_from_this();
  if (batch_.has_packets()) {
    const base::flag_scope scope(handling_);  // an end meanwhile begins nothing
    for (held_packet& p : batch_.packets()) {
      if (events().must_wait()) {
        if (!closed()) events().hold(std::move(p.nsp), p.event);
      } else {
        handle(std::move(p));
      }
    }
    batch_.packets().clear();
  }
  handle_held();
}

void client_core::handle_held() {
  {
    const base::flag_scope scope(handling_);  // an end meanwhile begins nothing
    for (std::size_t handled = 0; auto next = events().take_held(); ++handled) {
      handle(std::move(*next));
      if (handled < engine::per_turn) continue;
      events().handlers().post_room();  // other clients come first
      break;
    }
  }
  tell_session();
}

std::size_t client_core::unfinished_bytes() const noexcept {
  return foreign() != nullptr ? foreign()->buffered() : decoder_.buffered();
}

void client_core::tell_session() { session().input_held(events().held_bytes(), events().handlers().bytes()); }

void client_core::handle(held_packet now) {
  if (!now.event.to) {
    if (!has(now.nsp)) return;
    const std::shared_ptr<identity> who(self(), &identity_);
    return connecting::start(shared_from_this(), who, issued_, std::move(now.nsp),
                             detail::argument_of(now.event.data, now.event.attachments));
  }
  const auto socket = now.event.to;
  try {
    events().take(std::move(now.event));
  } catch (...) {  // a conversion of the application's, or no memory
    socket->fail({}, std::current_exception());
  }
}

void client_core::on_handler_room() {
  if (!handling_ && !closed()) handle_held();
}

// ---------------------------------------------------------------- credentials

void client_core::expires_in(std::optional<std::chrono::milliseconds> time) {
  async::run_on(strand(), [self = self(), time] { self->set_expiry(time); });
}

std::optional<async::time_point> client_core::credentials_end() const {
  const credentials* const known = expiring();
  return known != nullptr && known->ends.is_set() ? std::optional(known->ends.ends()) : std::nullopt;
}

void client_core::credentials_end_by(async::time_point when) {
  if (const auto known = credentials_end(); known && *known <= when) return;
  set_expiry(std::chrono::duration_cast<std::chrono::milliseconds>(when - host().timers().now()));
}

void client_core::set_expiry(std::optional<std::chrono::milliseconds> time) {
  async::deadlines& timers = host().timers();
  credentials* known = expiring();
  if (!time || closed()) {
    if (known == nullptr) return;
    known->ends.clear();
    return timers.disarm(known->deadline);
  }
  if (known == nullptr) {
    if (!on_demand_) on_demand_ = std::make_unique<on_demand>();
    on_demand_->expiry = std::make_unique<credentials>(host().settings().credentials_notice);
    known = on_demand_->expiry.get();
    known->deadline.owned_by(self());
  }
  known->ends.set(timers.after(*time));
  if (known->ends.next() <= timers.now()) return on_expiry();
  timers.arm(known->deadline, known->ends.next());
}

void client_core::on_expiry() {
  session().or_break_off([this] { handle_expiry(); });
}

void client_core::handle_expiry() {
  credentials* const known = expiring();
  if (known == nullptr || closed() || !known->ends.is_set()) return;
  const auto now = host().timers().now();
  const auto ends = known->ends.ends();
  const auto what = known->ends.due(now);
  if (what == expiry::action::close)
    return dismiss(reason(reason::kind::credentials_expired, "nobody renewed them in time"));
  host().timers().arm(known->deadline, known->ends.next());
  const std::string& event = host().settings().credentials_event;
  if (what != expiry::action::tell || event.empty()) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ends - now).count();
  for (const auto& socket : all_joined()) {
    const encoded_packet packet(socket->nsp()->name(), sio_type::event, std::nullopt, event,
                                detail::encode_event(event, left), socket->nsp()->form());
    socket->send(packet, false);
  }
}

// ---------------------------------------------------------------- the end

void client_core::on_heartbeat() {
  events().rest();
  tell_session();
}

void client_core::on_upgrade() {
  for (const auto& one : all_joined())
    if (auto* const watcher = one->nsp()->sockets_watcher()) watcher->upgraded(*one);
}

void client_core::on_close(const reason& why) {
  if (credentials* const known = expiring()) host().timers().disarm(known->deadline);
  if (!handling_ && !closed())
    base::guarded("socketio", [this] { handle_pending(); });  // events that came before the end are still delivered
  end_all(why);
  events().handlers().close();
  events().drop_held();
  if (!handling_) static_cast<void>(batch_.take_packets());  // they hold sockets, which hold this
}

void client_core::on_forsaken() noexcept {
  // All of these hold sockets, or coroutines that hold this object. Their destructors may look at the members: so each
  // is taken out of its member first.
  const auto events_that_wait = batch_.take_packets();
  forsake();
  identity_.forsake();
}

void client_core::leave_all(const reason& why, std::shared_ptr<async::gate> kept) {
  if (kept && !on_demand_) on_demand_ = std::make_unique<on_demand>();
  if (kept) on_demand_->leaving = std::move(kept);
  if (!closed()) end_all(why);
  if (on_demand_) on_demand_->leaving = nullptr;
  events().drop_held();
  tell_session();
}

void client_core::drain(const reason& why, async::time_point answers_by, std::shared_ptr<void> until_then) {
  async::spawn(strand(), "socketio", part(self(), why, answers_by, std::move(until_then)));
}

task<> client_core::part(std::shared_ptr<client_core> self, reason why, async::time_point answers_by,
                         std::shared_ptr<void> until_then) {
  const auto owed = std::make_shared<async::gate>();
  for (const auto& socket : self->all_joined()) socket->acks().hold_until_answered(async::gate::pass(owed));
  auto& timers = self->host().timers();
  if (owed->count() != 0 && answers_by > timers.now()) co_await async::wait_for_zero_until(owed, timers, answers_by);
  const auto leaving = self->let_sockets_leave(why);
  if (leaving->count() != 0) co_await leaving->wait_for_zero();
  auto close = [session = self->session_ptr(), until_then = std::move(until_then)]() mutable {
    session->drain(reason(reason::kind::forced_close));
    until_then = nullptr;
  };
  self->events().handlers().when_idle(std::move(close));
}

// @return a gate with a pass for each socket that its adapter still has to do with.
std::shared_ptr<async::gate> client_core::let_sockets_leave(const reason& why) {
  auto leaving = std::make_shared<async::gate>();
  leave_all(why, leaving);
  return leaving;
}

}  // namespace cosio::inline v0_2::socketio
