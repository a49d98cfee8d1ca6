// Each mount is a few lines against the public API: read as examples.

#include "mounts.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace conformance {
namespace {

namespace json = boost::json;
using cosio::arguments;
using cosio::socket;
using cosio::task;

constexpr std::string_view secret = "secret";

// ---------------------------------------------------------------- "/" and "/custom"

// Tells the client how it introduced itself.
task<> welcome(socket user) { co_await user.emit("auth", user.handshake().auth().value()); }

// The events of "/" that the public suites need.
void answer_suites(const socket& user) {
  user.on("message", [user](arguments args) -> task<> { co_await user.emit("message-back", args); });
  user.on("message-with-ack", [](arguments args) { return args; });
}

// The events of "/" that the load generator needs.
void answer_load(const socket& user) {
  user.on("echo", [user](arguments args) -> task<> { co_await user.emit("echo", args); });
  user.on("ack", [](arguments args) { return args; });
  user.on("bin", [user](arguments args) -> task<> { co_await user.emit("bin", args); });

  user.on("bcast", [user](arguments x) -> task<> { co_await user.nsp().emit("bcast", x); });
  user.on("join", [user](std::string room, cosio::ack done) -> task<> {
    co_await user.join(room);
    co_await done();
  });
  user.on("room", [user](std::string room, arguments x) -> task<> {
    const auto members = user.nsp().to(room);
    co_await members.emit("room", x);
  });
}

task<> serve_root(socket user) {
  answer_suites(user);
  answer_load(user);
  co_await welcome(user);
}

// ---------------------------------------------------------------- "/auth" and "/token"

bool has_token(const cosio::json_view& auth, std::string_view which) { return auth["token"] == which; }

bool has_secret(const cosio::json_view& auth) { return has_token(auth, secret); }

// A client of generation 2 has no auth but the query of the namespace, which stands in its place, and that of the URL.
bool is_authorized(const socket& user) {
  if (has_secret(user.handshake().auth())) return true;
  return user.protocol() < 5 && user.handshake().query("token") == secret;
}

boost::json::value unauthorized() { return boost::json::object{{"code", 401}}; }

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): as middleware is
task<> let_authorized_in(socket& user, cosio::next next) {
  if (has_token(user.handshake().auth(), "expired")) user.expires_in(std::chrono::milliseconds(-1));
  if (!is_authorized(user)) throw cosio::refusal("not authorized", unauthorized());
  co_await next();
}

task<bool> may_make_token_namespace(std::string name, cosio::handshake who) {
  co_return name == "/token" && (has_secret(who.auth()) || who.query("token") == secret);
}

// ---------------------------------------------------------------- "/dynamic-<digits>"

task<> tell_namespace(socket user) { co_await user.emit("nsp", user.nsp().name()); }

// ---------------------------------------------------------------- other servers

// Another server says hello: this one's clients are told, and the other gets its arguments back, as one array.
task<arguments> pass_on(cosio::broadcast_operator own_clients, arguments args) {
  co_await own_clients.emit("server-side", args);
  json::array all;
  all.emplace_back(args.values());
  co_return arguments(std::move(all), args.attachments());
}

}  // namespace

void mount_health(cosio::http::app& app) {
  app.get("/healthz", [](cosio::http::request) { return cosio::http::response(200, "ok"); });
}

void mount_echo(const cosio::engine_server& raw) {
  raw.on_connection([](cosio::engine_session client) {
    client.on_message([client](cosio::message what) -> task<> { co_await client.send(std::move(what)); });
  });
}

void mount_namespaces(const cosio::server& io) {
  io.on_connection(serve_root);
  io.of("/custom").on_connection(welcome);
  io.of("/auth").use(let_authorized_in);
  io.of(cosio::pattern("/dynamic-{digits}")).on_connection(tell_namespace);
  io.of(may_make_token_namespace);
  io.on_server_side("hello", [&io](arguments args) { return pass_on(io.local(), std::move(args)); });
}

}  // namespace conformance
