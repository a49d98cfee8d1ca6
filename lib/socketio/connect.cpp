// Joining a namespace.

#include "socketio/connect.hpp"

#include <stdexcept>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/sid.hpp"
#include "engine/flush.hpp"
#include "socketio/client_core.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/refusals.hpp"
#include "socketio/socket_core.hpp"
#include "wire/json_limits.hpp"

namespace cosio::socketio {
namespace {

namespace json = boost::json;
using wire::sio_type;

std::string socket_id(const engine::session& session, const std::string& nsp) {
  // Protocol 4 clients know their ids already: the session's, behind the namespace's name if that is not "/".
  if (session.revision() == wire::revision::v3) return nsp == "/" ? session.id() : nsp + "#" + session.id();
  return base::new_sid();
}

std::string connect_json(socket_core& socket) {
  if (socket.revision() == wire::revision::v3) return {};
  std::string reply = "{\"sid\":";
  wire::append_json_string(reply, socket.id());
  if (const auto* recovery = socket.recovery()) {
    reply += ",\"pid\":";
    wire::append_json_string(reply, recovery->pid);
  }
  return reply + "}";
}

// A member of CONNECT's payload: null when it is not there, or no string.
const json::string* text_in(const json::value& auth, std::string_view name) {
  const auto* fields = auth.if_object();
  const auto* found = fields != nullptr ? fields->if_contains(name) : nullptr;
  return found != nullptr ? found->if_string() : nullptr;
}

std::string text_of(const json::string* text) {
  return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

std::string unknown_namespace(const std::string& name, bool explain) {
  std::string message = "Invalid namespace";
  if (explain) message += ": nobody made " + name + " with of(), and no pattern or predicate allows it";
  std::string out = "{\"message\":";
  wire::append_json_string(out, message);
  return out + "}";
}

// Of the exception that is being handled: what an adapter says of itself is for the log, and not for clients.
[[noreturn]] void refuse_quietly(const nsp_core& nsp) {
  base::log_thrown("socketio", {"namespace ", nsp.name(), ": its adapter could not take a client"});
  throw std::runtime_error("internal error");
}

constexpr std::string_view internal_error = R"({"message":"internal error"})";

// On the way into a namespace: one that was made on demand stays meanwhile, and goes with the last that leaves it.
class visit {
 public:
  visit(std::shared_ptr<client_host> server, const std::shared_ptr<nsp_core>& nsp)
      : server_(std::move(server)), nsp_(server_->enter(nsp)) {}
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() {
    if (!stays_) server_->left(nsp_);
  }
  /// The namespace that has the name now.
  const std::shared_ptr<nsp_core>& nsp() const noexcept { return nsp_; }
  /// The socket is in: whoever makes it leave says so.
  void stays() noexcept { stays_ = true; }

 private:
  const std::shared_ptr<client_host> server_;
  const std::shared_ptr<nsp_core> nsp_;
  bool stays_ = false;
};

// Keeps the list of handlers: a callable lives as long as its coroutine.
task<> call_handler(nsp_handlers::list<detail::connection_handler> handlers, std::size_t which,
                    std::shared_ptr<socket_core> socket) {
  auto work = (*handlers)[which](cosio::socket(std::move(socket)));
  co_await std::move(work);
}

}  // namespace

task<> nothing() { co_return; }

bool connecting::waiting(client_core& client, const std::string& nsp) noexcept {
  const auto* known = client.find(nsp);
  return !client.closed_ && known != nullptr && !known->joined;
}

void connecting::refuse(client_core& client, const std::string& nsp, std::string_view text) {
  if (!waiting(client, nsp)) return;
  client.drop(nsp);
  client.send_control(sio_type::connect_error, nsp, text);
}

task<> connecting::run(std::shared_ptr<client_core> client, std::string name, json::value auth) {
  std::exception_ptr unknown;
  try {
    co_await identify(client);
  } catch (...) {
    unknown = std::current_exception();
  }
  if (unknown) {
    refuse(*client, name, refusal_json(unknown, client->session().revision()));
    co_return;
  }
  handshake shaken(client->session().request(), client->issued_, std::move(auth), client->eos_);
  std::shared_ptr<nsp_core> nsp = client->server_->find(name);
  if (!nsp) nsp = co_await client->server_->make_on_demand(name, shaken);
  if (!nsp) {
    refuse(*client, name, unknown_namespace(name, client->server_->settings().explain_refusals));
    co_return;
  }
  visit here(client->server_, nsp);
  nsp = here.nsp();
  if (!waiting(*client, name)) co_return;
  std::unique_ptr<recovery_state> recovery;
  std::string id = socket_id(client->session(), name);
  if (nsp->keeps_sessions() && client->session().revision() == wire::revision::v4) {
    const auto record = co_await restore(nsp, shaken);
    if (!waiting(*client, name)) co_return;
    if (record) id = record->id;
    recovery = record ? std::make_unique<recovery_state>(record) : std::make_unique<recovery_state>(base::new_sid());
  }
  auto socket = std::make_shared<socket_core>(client, nsp, std::move(id), std::move(shaken), std::move(recovery));
  client->find(name)->socket = socket;

  std::exception_ptr thrown;
  try {
    co_await let_in(client, socket);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (socket->connected() || !socket->alive()) {
    here.stays();
    if (thrown) socket->fail("connection", thrown);  // thrown behind next(): the socket is in, or was
    co_return;
  }
  socket->refuse();
  if (thrown) refuse(*client, name, refusal_json(thrown, client->session().revision()));
}

// Asks the application once who the client is; whoever joins another namespace meanwhile waits for the answer.
task<> connecting::identify(std::shared_ptr<client_core> client) {
  while (client->identifying_) {
    auto hand_out = [client](std::shared_ptr<async::suspension> waiting) {
      client->waiting_for_identity_.add(std::move(waiting));
    };
    const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
    if (ec) throw boost::system::system_error(ec);
  }
  const auto ask = client->server_->identify();
  if (client->eos_ || !ask) co_return;
  client->identifying_ = true;
  std::exception_ptr thrown;
  try {
    auto work = ask(client->session().request());
    auto who = co_await std::move(work);
    client->eos_ = std::make_shared<const json::value>(std::move(who));
  } catch (...) {
    thrown = std::current_exception();
  }
  client->identifying_ = false;
  client->waiting_for_identity_.end_all();
  if (thrown) std::rethrow_exception(thrown);
}

// The session that the client says it had, if it can be gone on with. An adapter that fails costs the client only that.
task<std::shared_ptr<const session_record>> connecting::restore(std::shared_ptr<nsp_core> nsp, handshake shaken) {
  std::shared_ptr<const session_record> record;
  const auto* pid = text_in(shaken.auth(), "pid");
  const auto* offset = text_in(shaken.auth(), "offset");
  const bool has_offset = shaken.auth().is_object() && shaken.auth().get_object().contains("offset");
  if (pid == nullptr || (has_offset && (offset == nullptr || offset->empty()))) co_return record;
  try {
    auto restoring = nsp->adapter().restore_session(text_of(pid), text_of(offset));
    record = co_await std::move(restoring);
  } catch (...) {
    base::log(log_level::warn, "socketio",
              "a session could not be restored: " + base::describe(std::current_exception()));
  }
  co_return record;
}

// Middleware, unless the socket comes back and need not pass it again; then the namespace itself.
task<> connecting::let_in(std::shared_ptr<client_core> client, std::shared_ptr<socket_core> socket) {
  const auto nsp = socket->nsp();
  const auto resumed = socket->recovery() != nullptr ? socket->recovery()->resumed : nullptr;
  if (resumed) {
    try {
      auto joined = nsp->adapter().join(socket, resumed->rooms);
      co_await std::move(joined);
    } catch (...) {
      refuse_quietly(*nsp);
    }
  }
  const auto& offered = client->server_->settings().connection_state_recovery;
  if (resumed && offered && offered->skip_middlewares) {
    co_await admit(client, socket);
    co_return;
  }
  auto last = [client, socket]() -> task<> { return admit(client, socket); };
  auto subject = std::make_shared<cosio::socket>(socket);
  auto chain =
      run_chain<detail::nsp_middleware, cosio::socket>(nsp->handlers().middlewares(), 0, subject, std::move(last));
  co_await std::move(chain);
}

// The middleware let it in: CONNECT, then the namespace's handlers.
task<> connecting::admit(std::shared_ptr<client_core> client, std::shared_ptr<socket_core> socket) {
  recovery_state* const recovery = socket->recovery();
  const auto resumed = recovery != nullptr ? std::exchange(recovery->resumed, nullptr) : nullptr;
  admission in;
  try {
    auto joining = socket->nsp()->adapter().connect(socket, resumed);
    in = co_await std::move(joining);
  } catch (...) {
    if (socket->connected()) throw;
    refuse_quietly(*socket->nsp());
  }
  if (!in.ok) {  // the client left meanwhile; or it missed more than was kept, while its middleware ran: then it has to
                 // begin anew
    if (waiting(*client, socket->nsp()->name())) client->violation("what a client missed is not whole any more");
    co_return;
  }
  if (recovery != nullptr) {
    recovery->since = in.since;
    recovery->resent = in.resent;
  }
  if (resumed) client->server_->counters()->add(base::counter::recovered);

  try {
    start_handlers(*client, socket);
  } catch (const std::bad_alloc&) {  // a client without its handlers would wait for ever
    client->cut_off(std::current_exception());
  }
}

void connecting::start_handlers(client_core& client, const std::shared_ptr<socket_core>& socket) {
  const auto handlers = socket->nsp()->handlers().connection_handlers();
  if (!handlers) return;
  for (std::size_t i = 0; i < handlers->size(); ++i) {
    client.handlers_.add(call_handler(handlers, i, socket),
                         [socket](std::exception_ptr e) { socket->fail("connection", std::move(e)); });
  }
  client.handlers_.run();
}

bool client_core::admit(const std::shared_ptr<socket_core>& who) {
  const std::string& name = who->nsp()->name();
  entry* const known = find(name);
  if (closed_ || known == nullptr || known->socket != who || known->joined) return false;
  send_control(sio_type::connect, name, connect_json(*who));  // what may throw comes first
  known->joined = true;
  joined_once_ = true;
  limit_ = nullptr;
  who->set_connected();
  return true;
}

void client_core::join(std::string nsp, const json::value& auth) {
  auto failed = [client = shared_from_this(), nsp](std::exception_ptr e) {  // no memory
    async::report("socketio", e);
    connecting::refuse(*client, nsp, internal_error);
  };
  auto work = connecting::run(shared_from_this(), std::move(nsp), json::value(auth, json::storage_ptr()));
  handlers_.add(std::move(work), std::move(failed));
  handlers_.run();
}

}  // namespace cosio::socketio
