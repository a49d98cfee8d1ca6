// Joining a namespace.

#include "socketio/connect.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "async/spawn.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/nearest.hpp"
#include "base/remarks.hpp"
#include "base/sid.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/refusals.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

namespace json = boost::json;

std::string socket_id(const engine::session& session, const std::string& nsp) {
  // Clients of protocol 4 know their ids already: the session's id, after the name of a namespace other than "/".
  if (session.revision() == wire::revision::v3) return nsp == "/" ? session.id() : nsp + "#" + session.id();
  return base::new_sid();
}

// The id that the application makes.
task<std::string> ask_for_id(std::shared_ptr<client_sockets> client, std::string nsp, handshake shaken) {
  auto making = client->host().settings().generate_socket_id.function()(std::move(nsp), std::move(shaken));
  std::string id = co_await std::move(making);
  co_return id;
}

// A member of the payload of CONNECT; null when it does not exist, or is no string.
const json::string* text_in(const json::object& auth, std::string_view name) {
  const auto* found = auth.if_contains(name);
  return found != nullptr ? found->if_string() : nullptr;
}

std::string text_of(const json::string* text) {
  return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

refusal unknown_namespace(const std::string& name, bool explain) {
  std::string message = "Invalid namespace";
  if (explain) message += ": nobody made " + name + " with of(), and no pattern or predicate allows it";
  return refusal(std::move(message));
}

// A client asks for a namespace that there is not.
void log_unknown_namespace(const client_sockets& client, std::string_view name) noexcept {
  const auto due = base::ask_for_remark("socketio", base::remark::nsp, name, client.session().id());
  if (!due) return;
  base::guarded("socketio", [&] {
    const std::string nsp = base::shortened(name);
    const std::string quoted = base::quoted(name);
    const std::string_view who = std::string_view(client.session().id()).substr(0, 6);
    const std::string_view address = client.session().request().remote_address();
    std::string advice = base::did_you_mean(name, client.host().some_namespaces());
    if (advice.empty()) advice = "; make it with of(" + quoted + "), or allow it with a pattern or a predicate";
    base::log_remark(
        due, "socketio",
        "client " + std::string(who) + "… (" + std::string(address) + "): there is no namespace " + quoted + advice,
        {{"session", who}, {"nsp", nsp}, {"address", address}});
  });
}

}  // namespace

void connecting::note_long_name(const engine::session& of, std::string_view nsp, std::size_t most) noexcept {
  const auto due = base::ask_for_remark("socketio", base::remark::nsp, base::shortened(nsp), of.id());
  if (!due) return;
  base::guarded("socketio", [&] {
    const std::string_view who = std::string_view(of.id()).substr(0, 6);
    const std::string_view address = of.request().remote_address();
    base::log_remark(due, "socketio",
                     "client " + std::string(who) + "… (" + std::string(address) +
                         "): no namespace has a name of more than " + std::to_string(most) + " bytes, as has " +
                         base::quoted(nsp),
                     {{"session", who}, {"nsp", base::shortened(nsp)}, {"address", address}});
  });
}

namespace {

// For the exception that is being handled: the log gets the message of the adapter, the client does not.
[[noreturn]] void refuse_quietly(const nsp_core& nsp) {
  base::log_thrown("socketio", {"namespace ", nsp.name(), ": its adapter could not take a client"});
  throw refusal("internal error");
}

// Refuses for the exception of a function that the application was asked by, before there is a socket.
void refuse_for(client_sockets& client, const std::string& nsp, std::string_view asked,
                const std::exception_ptr& thrown) {
  if (!is_refusal(thrown))
    base::log_thrown("socketio", {"a client of ", nsp, " is refused: ", asked, " threw"}, thrown);
  client.refuse(nsp, thrown);
}

// A socket on its way into a namespace. A namespace that was made on demand stays meanwhile, and goes with the last
// socket that leaves it.
class expected_socket {
 public:
  /// @param nsp  The server has counted the socket there.
  expected_socket(std::shared_ptr<client_host> server, std::shared_ptr<nsp_core> nsp)
      : server_(std::move(server)), nsp_(std::move(nsp)) {}
  expected_socket(const expected_socket&) = delete;
  expected_socket& operator=(const expected_socket&) = delete;
  ~expected_socket() {
    if (!stays_) base::guarded("socketio", [this] { server_->left(nsp_); });
  }
  /// The socket exists: its client tells the server when it is over.
  void stays() noexcept { stays_ = true; }

 private:
  const std::shared_ptr<client_host> server_;
  const std::shared_ptr<nsp_core> nsp_;
  bool stays_ = false;
};

// The CONNECT of a socket, encoded while no adapter holds a lock.
class prepared_connect {
 public:
  prepared_connect(std::shared_ptr<client_sockets> client, std::shared_ptr<socket_core> socket)
      : client_(std::move(client)), socket_(std::move(socket)), ok_(client_->prepare(socket_)) {}
  prepared_connect(const prepared_connect&) = delete;
  prepared_connect& operator=(const prepared_connect&) = delete;
  ~prepared_connect() { client_->unprepare(*socket_); }
  explicit operator bool() const noexcept { return ok_; }

 private:
  const std::shared_ptr<client_sockets> client_;
  const std::shared_ptr<socket_core> socket_;
  const bool ok_;
};

// A session that was taken, and whose client has gone meanwhile: it may come back once more.
task<> keep_again(std::shared_ptr<nsp_core> nsp, std::shared_ptr<const session_record> record) {
  auto keeping = nsp->adapter().persist_session(*record);
  co_await std::move(keeping);
}

// The facts that handlers see of a client: its request, its payload, and who it is.
handshake handshake_of(const engine::session& session, connecting::time_point issued, argument auth,
                       const identity& who) {
  const bool in_query = session.revision() == wire::revision::v3;
  return handshake(session.request(), issued, std::move(auth), who.answer(),
                   in_query ? handshake::payload::query : handshake::payload::auth);
}

// @param record  Null for a session that is new.
std::unique_ptr<recovery_state> recovery_of(const std::shared_ptr<const session_record>& record) {
  return record ? std::make_unique<recovery_state>(record) : std::make_unique<recovery_state>(base::new_sid());
}

// The session that a socket continues, until it has joined; null for another socket.
std::shared_ptr<const session_record> resumed_by(socket_core& socket) {
  const recovery_state* const recovery = socket.recovery();
  return recovery != nullptr ? recovery->resumed : nullptr;
}

// A socket that comes back may skip the middleware.
bool skips_middleware(const client_sockets& client, bool comes_back) {
  const auto& offered = client.host().settings().connection_state_recovery;
  return comes_back && offered && offered->skip_middlewares;
}

bool runs_middleware(const client_sockets& client, const socket_core& socket, bool comes_back) {
  const auto middlewares = socket.nsp()->handlers().middlewares();
  return middlewares && !middlewares->empty() && !skips_middleware(client, comes_back);
}

// For the log: the code of the application that fails while a socket joins. What an adapter throws behind a middleware
// comes through the middleware, as the same object.
// @param by_adapter  Null where no middleware runs.
std::string_view failing_code(const std::exception_ptr& thrown, const std::exception_ptr* by_adapter) {
  const bool is_of_middleware = by_adapter != nullptr && thrown != *by_adapter;
  return is_of_middleware ? "a middleware of the namespace" : "its adapter";
}

// The middleware and admit() are over. @param thrown  What they threw; null when they threw nothing.
// @param where  As in socket_core::fail().
void end_join(client_sockets& client, socket_core& socket, const std::string& name, const std::exception_ptr& thrown,
              std::string_view where) {
  // Anything thrown behind next() is an error, also a refusal: the socket is in, or was.
  if (thrown && (socket.ever_joined() || !is_refusal(thrown))) socket.fail("connection", thrown, where);
  if (socket.connected() || !socket.alive()) return;
  // Without an exception: a middleware has swallowed it.
  client.refuse(name, thrown ? thrown : std::make_exception_ptr(refusal("not allowed")));
}

// Keeps the list of handlers: a callable must live as long as its coroutine.
task<> call_handler(nsp_handlers::list<detail::connection_handler> handlers, std::size_t which,
                    std::shared_ptr<socket_core> socket) {
  auto work = detail::checked((*handlers)[which](cosio::socket(std::move(socket))));
  co_await std::move(work);
}

}  // namespace

void connecting::start(const std::shared_ptr<client_sockets>& client, std::shared_ptr<identity> who, time_point issued,
                       std::string nsp, argument auth) {
  auto failed = [client, nsp](std::exception_ptr e) {  // no memory
    async::report("socketio", e);
    client->refuse(nsp, e);
  };
  auto work = run(client, std::move(who), issued, std::move(nsp), std::move(auth));
  client->events().handlers().add(std::move(work), std::move(failed));
  client->events().handlers().run();
}

task<> connecting::run(std::shared_ptr<client_sockets> client, std::shared_ptr<identity> who, time_point issued,
                       std::string name, argument auth) {
  std::exception_ptr thrown;
  try {
    co_await identity::ask(who, client->host_ptr(), client->session().request());
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) {
    refuse_for(*client, name, "identify()", thrown);
    co_return;
  }
  handshake shaken = handshake_of(client->session(), issued, std::move(auth), *who);
  std::shared_ptr<nsp_core> nsp = client->host().enter(name);
  if (!nsp) nsp = co_await enter_on_demand(client, name, shaken);
  if (!nsp) co_return;
  expected_socket here(client->host_ptr(), nsp);
  if (!client->is_expected(name)) co_return;
  const auto socket = co_await make_socket(client, nsp, name, std::move(shaken));
  if (!socket) co_return;
  client->found(socket);
  here.stays();
  const auto resumed = resumed_by(*socket);
  if (resumed && resumed->credentials_end) client->credentials_end_by(*resumed->credentials_end);
  if (!socket->alive()) co_return;  // its credentials are over
  std::shared_ptr<std::exception_ptr> by_adapter;
  if (runs_middleware(*client, *socket, resumed != nullptr)) by_adapter = std::make_shared<std::exception_ptr>();
  try {
    co_await let_in(client, socket, by_adapter);
  } catch (...) {
    thrown = std::current_exception();
  }
  end_join(*client, *socket, name, thrown, failing_code(thrown, by_adapter.get()));
}

// The namespace that a pattern or a predicate allows. Null when there is none: then the client is refused.
task<std::shared_ptr<nsp_core>> connecting::enter_on_demand(std::shared_ptr<client_sockets> client, std::string name,
                                                            handshake shaken) {
  std::shared_ptr<nsp_core> nsp;
  std::exception_ptr thrown;
  try {
    if (!client->charge_namespace(name))
      throw client->over_limit(base::limit::max_client_bytes, "limit reached: max_client_bytes");
    nsp = co_await client->host().enter_on_demand(name, std::move(shaken));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) {
    refuse_for(*client, name, "a predicate, or a handler of on_new_namespace,", thrown);
  } else if (!nsp) {
    log_unknown_namespace(*client, name);
    client->refuse(name, unknown_namespace(name, client->host().settings().explain_refusals));
  }
  co_return nsp;
}

// Null when the client has gone meanwhile.
task<std::shared_ptr<socket_core>> connecting::make_socket(std::shared_ptr<client_sockets> client,
                                                           std::shared_ptr<nsp_core> nsp, std::string name,
                                                           handshake shaken) {
  std::unique_ptr<recovery_state> recovery;
  std::string id = socket_id(client->session(), name);
  if (nsp->keeps_sessions() && client->session().revision() == wire::revision::v4) {
    recovery = co_await recover(client, nsp, name, shaken);
    if (!recovery) co_return nullptr;
    if (recovery->resumed) id = recovery->resumed->id;
  }
  std::shared_ptr<const void> lease;
  if (client->host().settings().generate_socket_id) {
    const bool is_new = !recovery || !recovery->resumed;
    if (is_new) id = co_await ask_for_id(client, name, shaken);
    if (!client->is_expected(name)) co_return nullptr;
    lease = nsp->ids().take(id);
    if (!lease) throw error(errc::bad_argument, "generate_socket_id made an id that is empty, or that a socket has");
  }
  auto socket = std::make_shared<socket_core>(client, nsp, std::move(id), std::move(shaken), std::move(recovery));
  if (lease) socket->keep_id(std::move(lease));
  co_return socket;
}

// The state of a socket that can come back. Null when the client has gone meanwhile: then its session is kept again.
task<std::unique_ptr<recovery_state>> connecting::recover(std::shared_ptr<client_sockets> client,
                                                          std::shared_ptr<nsp_core> nsp, std::string name,
                                                          handshake shaken) {
  const auto record = co_await restore(nsp, std::move(shaken));
  if (client->is_expected(name)) co_return recovery_of(record);
  if (record) co_await keep_again(nsp, record);
  co_return nullptr;
}

// The session that the client had before, if it can continue. When the adapter fails, the client gets a new one.
task<std::shared_ptr<const session_record>> connecting::restore(std::shared_ptr<nsp_core> nsp, handshake shaken) {
  std::shared_ptr<const session_record> record;
  const json_view given = shaken.auth();
  const json::object& auth = given.object();
  const auto* pid = text_in(auth, "pid");
  const auto* offset = text_in(auth, "offset");
  const bool has_offset = auth.contains("offset");
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

// Runs the middleware, then admit().
task<> connecting::let_in(std::shared_ptr<client_sockets> client, std::shared_ptr<socket_core> socket,
                          std::shared_ptr<std::exception_ptr> by_adapter) {
  const auto nsp = socket->nsp();
  const auto resumed = resumed_by(*socket);
  if (resumed) {
    try {
      auto joined = nsp->adapter().join(socket, resumed->rooms);
      co_await std::move(joined);
    } catch (...) {
      refuse_quietly(*nsp);
    }
  }
  if (skips_middleware(*client, resumed != nullptr)) {
    co_await admit(client, socket, by_adapter);
    co_return;
  }
  auto last = [client, socket, by_adapter]() -> task<> { return admit(client, socket, by_adapter); };
  auto subject = std::make_shared<cosio::socket>(socket);
  auto chain =
      run_chain<detail::nsp_middleware, cosio::socket>(nsp->handlers().middlewares(), 0, subject, std::move(last));
  co_await std::move(chain);
}

// The middleware let the socket in: CONNECT is sent, then the connection handlers start.
task<> connecting::admit(std::shared_ptr<client_sockets> client, std::shared_ptr<socket_core> socket,
                         std::shared_ptr<std::exception_ptr> by_adapter) {
  if (!socket->alive()) co_return;  // its client has left while the middleware ran, and its session is kept again
  recovery_state* const recovery = socket->recovery();
  const auto resumed = resumed_by(*socket);
  const prepared_connect ready(client, socket);
  if (!ready) co_return;
  if (resumed) client->stop_connect_timeout();  // it may take its time to receive what it missed
  admission in;
  try {
    auto joining = socket->nsp()->adapter().connect(socket, resumed);
    in = co_await std::move(joining);
  } catch (...) {
    if (by_adapter) *by_adapter = std::current_exception();
    if (socket->connected()) throw;
    refuse_quietly(*socket->nsp());
  }
  // Either the client has left meanwhile, or it missed more events than were kept while its middleware ran: then it
  // must connect again.
  if (!in.ok) {
    if (!socket->alive()) co_return;
    if (recovery != nullptr) recovery->resumed = nullptr;  // the next time it begins anew
    client->close_for_violation("what a client missed is not whole any more");
    co_return;
  }
  if (recovery != nullptr) {
    recovery->resumed = nullptr;
    recovery->since = in.since;
    recovery->resent = in.resent;
  }
  if (resumed) client->host().counters()->add(base::counter::recovered);

  try {
    start_handlers(*client, socket);
  } catch (const std::bad_alloc&) {  // without its handlers the client would wait for ever
    client->close_stuck(std::current_exception());
  }
}

void connecting::start_handlers(client_sockets& client, const std::shared_ptr<socket_core>& socket) {
  if (auto* const watcher = socket->nsp()->sockets_watcher()) watcher->joined(socket);
  const auto handlers = socket->nsp()->handlers().connection_handlers();
  if (!handlers) return;
  for (std::size_t i = 0; i < handlers->size(); ++i) {
    client.events().handlers().add(call_handler(handlers, i, socket),
                                   [socket](std::exception_ptr e) { socket->fail("connection", std::move(e)); });
  }
  client.events().handlers().run();
}

}  // namespace cosio::inline v0_2::socketio
