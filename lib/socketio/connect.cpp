// Joining a namespace.

#include "socketio/connect.hpp"

#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/sid.hpp"
#include "engine/flush.hpp"
#include "http/request_target.hpp"
#include "socketio/client_core.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/server_core.hpp"
#include "socketio/socket_core.hpp"
#include "wire/json_limits.hpp"

namespace cosio::socketio {
namespace {

namespace json = boost::json;
using wire::sio_type;

// What a refused client receives; spec socketio.md section 5.
std::string error_json(const std::exception_ptr& thrown, wire::revision rev) {
  std::string message;
  std::string data;
  try {
    std::rethrow_exception(thrown);
  } catch (const refusal& r) {
    message = r.message();
    if (r.has_data()) wire::append_json(data, r.data());
  } catch (const std::exception& e) {
    message = e.what();
  } catch (...) {
    message = "refused";
  }
  std::string out;
  if (rev == wire::revision::v3) {
    if (!data.empty()) return data;
    wire::append_json_string(out, message);
    return out;
  }
  out = "{\"message\":";
  wire::append_json_string(out, message);
  if (!data.empty()) out += ",\"data\":" + data;
  return out + "}";
}

std::string socket_id(const client_core& client, const engine::session& session, const std::string& nsp) {
  static_cast<void>(client);
  // Protocol 4 clients know their ids already: the session's, behind the namespace's name if that is not "/".
  if (session.revision() == wire::revision::v3) return nsp == "/" ? session.id() : nsp + "#" + session.id();
  return base::new_sid();
}

// Keeps the list of handlers: a callable lives as long as its coroutine.
task<> call_handler(nsp_handlers::list<detail::connection_handler> handlers, std::size_t which, std::shared_ptr<socket_core> socket) {
  auto work = (*handlers)[which](cosio::socket(std::move(socket)));
  co_await std::move(work);
}

}  // namespace

task<> nothing() { co_return; }

json::value query_object(std::string_view query) {
  json::object out;
  for (auto& [name, value] : http::parse_query(query)) out[name] = std::move(value);
  return out;
}

bool connecting::waiting(client_core& client, const std::string& nsp) noexcept {
  const auto* known = client.find(nsp);
  return !client.closed_ && known != nullptr && !known->joined;
}

void connecting::refuse(client_core& client, const std::string& nsp, std::string text) {
  if (!waiting(client, nsp)) return;
  client.drop(nsp);
  client.send_control(sio_type::connect_error, nsp, text);
}

task<> connecting::run(std::shared_ptr<client_core> client, std::string name, json::value auth) {
  handshake shaken(client->session_->request(), client->issued_, std::move(auth));
  std::shared_ptr<nsp_core> nsp = client->server_->find(name);
  if (!nsp) nsp = co_await server_core::make_on_demand(client->server_, name, shaken);
  if (!nsp) {
    refuse(*client, name, "{\"message\":\"Invalid namespace\"}");
    co_return;
  }
  if (!waiting(*client, name)) co_return;
  nsp = client->server_->enter(nsp);
  auto socket = std::make_shared<socket_core>(client, nsp, socket_id(*client, *client->session_, name), std::move(shaken));
  client->find(name)->socket = socket;

  std::exception_ptr thrown;
  try {
    auto last = [client, socket]() -> task<> { return admit(client, socket); };
    auto subject = std::make_shared<cosio::socket>(socket);
    auto chain = run_chain<detail::nsp_middleware, cosio::socket>(nsp->handlers().middlewares(), 0, subject, std::move(last));
    co_await std::move(chain);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (socket->connected() || !socket->alive()) {
    if (thrown) socket->fail("connection", thrown);  // thrown behind next(): the socket is in, or was
    co_return;
  }
  socket->refuse();
  client->server_->left(nsp);
  if (thrown) refuse(*client, name, error_json(thrown, client->session_->revision()));
}

// The middleware let it in: CONNECT, then the namespace's handlers.
task<> connecting::admit(std::shared_ptr<client_core> client, std::shared_ptr<socket_core> socket) {
  const std::string& name = socket->nsp()->name();
  auto* known = client->find(name);
  if (client->closed_ || known == nullptr || known->socket != socket) co_return;  // it left meanwhile
  known->joined = true;
  client->joined_once_ = true;
  client->server_->timers().disarm(*client);

  std::string reply;
  if (client->session_->revision() == wire::revision::v4) {
    reply = "{\"sid\":";
    wire::append_json_string(reply, socket->id());
    reply += '}';
  }
  client->send_control(sio_type::connect, name, reply);
  socket->set_connected();
  co_await socket->nsp()->adapter().connect(socket);

  const auto handlers = socket->nsp()->handlers().connection_handlers();
  if (!handlers) co_return;
  for (std::size_t i = 0; i < handlers->size(); ++i) {
    client->handlers_->add(call_handler(handlers, i, socket), [socket](std::exception_ptr e) { socket->fail("connection", std::move(e)); });
  }
  client->handlers_->run();
}

void client_core::join(std::string nsp, json::value auth) {
  auto work = connecting::run(shared_from_this(), std::move(nsp), json::value(auth, json::storage_ptr()));
  handlers_->add(std::move(work), [](std::exception_ptr e) { async::report("socketio", e); });
  handlers_->run();
}

std::string client_core::nsp_of(std::string_view sent, std::string_view* query) const {
  if (session_->revision() == wire::revision::v4) return std::string(sent);
  const auto mark = sent.find('?');
  if (query != nullptr && mark != std::string_view::npos) *query = sent.substr(mark + 1);
  return std::string(sent.substr(0, mark));
}

}  // namespace cosio::socketio
