// Packets of one session to its sockets.

#include "socketio/client_core.hpp"

#include <boost/asio/post.hpp>

#include <utility>

#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "socketio/connect.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/server_core.hpp"
#include "socketio/socket_ack.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::socketio {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using wire::sio_type;

wire::decoder_limits limits_of(const options& settings) {
  wire::decoder_limits limits;
  limits.header.max_attachments = settings.max_attachments;
  limits.json.max_depth = settings.max_json_depth;
  limits.max_packet_bytes = settings.max_packet_bytes;
  return limits;
}

std::string event_name(const json::value& first) {
  if (const auto* name = first.if_string()) return std::string(name->data(), name->size());
  std::string name;  // a number: listeners of its decimal form match
  wire::append_json(name, first);
  return name;
}

// Owns what it calls: the callable lives as long as its coroutine.
task<> call_any(std::shared_ptr<socket_core::any_handler> handler, std::string event, arguments args) {
  auto work = (*handler)(std::move(event), std::move(args));
  co_await std::move(work);
}

}  // namespace

client_core::client_core(std::shared_ptr<server_core> server, std::shared_ptr<engine::session> session)
    : server_(std::move(server)),
      session_(std::move(session)),
      issued_(std::chrono::system_clock::now()),
      decoder_(limits_of(server_->settings())),
      handlers_(std::make_shared<handler_queue>(session_->get_strand(), server_->settings().max_handlers_in_flight)) {}

void client_core::start() {
  owned_by(weak_from_this());
  server_->timers().arm_after(*this, server_->settings().connect_timeout);
  handlers_->on_room([weak = weak_from_this()] {
    if (const auto self = weak.lock(); self && !self->handling_) self->handle_pending();
  });
  // Protocol 4 joins the default namespace by itself.
  if (session_->revision() == wire::revision::v3) {
    sockets_.emplace_back("/", entry{});
    pending_.push_back({sio_type::connect, "/", nullptr, json::object(), {}, {}});
    handle_pending();
  }
}

client_core::entry* client_core::find(std::string_view nsp) noexcept {
  for (auto& [name, e] : sockets_)
    if (name == nsp) return &e;
  return nullptr;
}

// ---------------------------------------------------------------- in

void client_core::on_text(std::string_view text) {
  if (closed_) return;
  on_decoded(decoder_.text(text, memory_.storage()));
  if (closed_ && pending_.empty()) memory_.release();  // there may be no end of input any more
}

void client_core::on_binary(std::string_view bytes) {
  if (closed_) return;
  on_decoded(decoder_.binary(bytes, memory_.storage()));
  if (closed_ && pending_.empty()) memory_.release();
}

// The packet is gone when this returns: nothing of it may outlive the batch's memory.
void client_core::on_decoded(result<std::optional<wire::socket_packet>> packet) {
  if (packet.has_error()) return bad_packet(packet.error().code);
  if (*packet) {
    on_packet(std::move(**packet));
  } else if (!joined_once_) {
    violation("binary before a namespace was joined");
  }
}

void client_core::on_packet(wire::socket_packet packet) {
  std::string_view query;
  const std::string nsp = nsp_of(packet.header.nsp, &query);
  if (packet.header.type == sio_type::connect) {
    if (session_->revision() == wire::revision::v3) packet.data = query_object(query);
    return on_connect(nsp, packet);
  }
  const entry* known = find(nsp);
  if (known == nullptr || !known->joined) return violation("a packet for a namespace that was not joined");
  const std::shared_ptr<socket_core> socket = known->socket;
  switch (packet.header.type) {
    case sio_type::event:
    case sio_type::binary_event:
      pending_.push_back({sio_type::event, {}, socket, std::move(packet.data), std::move(packet.attachments), packet.header.id});
      break;
    case sio_type::ack:
    case sio_type::binary_ack: on_ack(socket, packet); break;
    case sio_type::disconnect:
      drop(nsp);
      socket->leave(reason(reason::kind::client_namespace_disconnect));
      server_->left(socket->nsp());
      break;
    default: violation("a packet that only servers send");
  }
}

void client_core::on_connect(std::string_view nsp, wire::socket_packet& packet) {
  if (find(nsp) != nullptr) return violation("CONNECT for a namespace that is joined, or being joined");
  if (sockets_.size() >= server_->settings().max_namespaces_per_client) {
    return send_control(sio_type::connect_error, nsp, "{\"message\":\"too many namespaces\"}");
  }
  sockets_.emplace_back(nsp, entry{});
  json::value auth = packet.has_data || !packet.data.is_null() ? std::move(packet.data) : json::value(json::object());
  pending_.push_back({sio_type::connect, std::string(nsp), nullptr, std::move(auth), {}, {}});
}

void client_core::on_ack(const std::shared_ptr<socket_core>& socket, wire::socket_packet& packet) {
  if (!packet.header.id) return;
  json::array values;
  if (auto* list = packet.data.if_array()) values = json::array(*list, json::storage_ptr());
  socket->acks().answer(*packet.header.id, arguments(std::move(values), std::move(packet.attachments)));
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
  for (; done < pending_.size() && handlers_->has_room(); ++done) {
    pending now = std::move(pending_[done]);
    if (now.type == sio_type::connect) {
      if (find(now.nsp) != nullptr) join(std::move(now.nsp), std::move(now.data));
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
  if (pending_.empty()) {
    if (pending_.capacity() > 16) pending_ = {};
  } else {
    keep_pending();
  }
  session_->hold_input(!pending_.empty());
}

// What must wait leaves the memory of the batch.
void client_core::keep_pending() {
  std::vector<pending> kept;
  kept.reserve(pending_.size());
  for (pending& p : pending_)
    kept.push_back({p.type, std::move(p.nsp), std::move(p.socket), json::value(p.data, json::storage_ptr()), std::move(p.attachments), p.id});
  pending_ = std::move(kept);
}

// ---------------------------------------------------------------- events

void client_core::dispatch(pending event) {
  const auto& socket = event.socket;
  if (!socket->connected()) return;
  const json::array& list = event.data.get_array();
  const std::string name = event_name(list[0]);
  const json::value* values = list.data() + 1;
  const std::size_t count = list.size() - 1;
  const ack answer = event.id ? make_ack(socket, *event.id) : ack();

  const auto any = socket->any_handlers();
  const auto middlewares = socket->middlewares();
  if (any.empty() && !middlewares) return start_listeners(socket, name, values, count, event.attachments, answer);

  arguments owned(json::array(values, values + count, json::storage_ptr()), event.attachments);
  for (const auto& handler : any) {
    handlers_->add(call_any(handler, name, owned), [socket, name](std::exception_ptr e) { socket->fail(name, std::move(e)); });
  }
  if (!middlewares) {
    handlers_->run();
    return start_listeners(socket, name, values, count, event.attachments, answer);
  }
  auto shared = std::make_shared<packet>(name, std::move(owned), answer);
  handlers_->add(run_middlewares(shared_from_this(), socket, shared), [socket, name](std::exception_ptr e) { socket->fail(name, std::move(e)); });
  handlers_->run();
}

task<> client_core::run_middlewares(std::shared_ptr<client_core> self, std::shared_ptr<socket_core> socket, std::shared_ptr<packet> event) {
  auto last = [self, socket, event]() -> task<> {
    if (socket->connected()) {
      const json::array& values = event->args().values();
      self->start_listeners(socket, event->event(), values.data(), values.size(), event->args().attachments(), event->answer());
    }
    return nothing();
  };
  auto chain = run_chain<socket_core::packet_middleware, packet>(socket->middlewares(), 0, event, std::move(last));
  co_await std::move(chain);
}

void client_core::start_listeners(const std::shared_ptr<socket_core>& socket, const std::string& event, const json::value* values,
                                  std::size_t count, const std::vector<binary>& attachments, const ack& answer) {
  const detail::event_view view{event, values, count, attachments, answer};
  for (const auto& listener : socket->listeners().take(event)) {
    std::string problem;
    task<> work = listener->start(view, problem);
    if (work.valid()) {
      handlers_->add(std::move(work), [socket, event](std::exception_ptr e) { socket->fail(event, std::move(e)); });
    } else {
      socket->fail(socket_error(event, std::move(problem), {}, nullptr));
    }
  }
  handlers_->run();
}

// ---------------------------------------------------------------- out and end

void client_core::send_control(sio_type type, std::string_view nsp, std::string_view json) {
  const engine::shared_frame f = control_frame(type, nsp, json);
  session_->send({&f, 1});
}

void client_core::drop(const std::string& nsp) {
  std::erase_if(sockets_, [&](const auto& e) { return e.first == nsp; });
}

void client_core::bad_packet(errc code) {
  const std::string what = make_error_code(code).message();
  for (const auto& [name, e] : std::vector(sockets_))
    if (e.joined) e.socket->fail(socket_error({}, "invalid packet: " + what, {}, nullptr));
  violation("invalid packet: " + what);
}

// The client broke the protocol: the session is closed. When the transport cannot close at once, the sockets go first, with a reason of their own.
void client_core::violation(std::string why) {
  if (closed_) return;
  if (base::logs(log_level::debug)) base::log(log_level::debug, "socketio", "client " + session_->id().substr(0, 6) + "…: " + why);
  session_->close(reason(reason::kind::forced_close, why), false);
  if (!closed_) {
    closed_ = true;
    end_all(reason(reason::kind::forced_server_close, std::move(why)));
  }
}

void client_core::on_close(const reason& why) {
  server_->timers().disarm(*this);
  if (!handling_ && !closed_) handle_pending();  // events that came before the end are still delivered
  closed_ = true;
  end_all(why);
  handlers_->close();
}

void client_core::end_all(const reason& why) {
  const engine::flush_scope scope;
  const auto all = std::exchange(sockets_, {});
  for (const auto& [name, e] : all) {
    if (!e.joined) continue;  // connect.cpp cleans up after itself
    e.socket->leave(why);
    server_->left(e.socket->nsp());
  }
}

void client_core::on_deadline() noexcept {
  asio::post(session_->get_strand(), [self = shared_from_this()] {
    if (!self->joined_once_) self->violation("no namespace was joined in time");
  });
}

void client_core::disconnect(const std::shared_ptr<socket_core>& who, bool close) {
  if (close) {
    const auto all = std::exchange(sockets_, {});
    for (const auto& [name, e] : all) {
      if (!e.joined) continue;
      send_control(sio_type::disconnect, name, {});
      e.socket->leave(reason(reason::kind::server_namespace_disconnect));
      server_->left(e.socket->nsp());
    }
    session_->close(reason(reason::kind::forced_close), false);
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
  end_all(why);
}

}  // namespace cosio::socketio
