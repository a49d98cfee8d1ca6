// The examples of docs/api.md: everything that an application can call, once.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cosio/adapter.hpp>
#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>
#include <cosio/forwarding.hpp>
#include <cosio/parser.hpp>
#include <cosio/successor.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace api {

struct profile {
  std::string name;
  int level = 1;
};
BOOST_DESCRIBE_STRUCT(profile, (), (name, level))

bool is_known(const std::string& token);
cosio::task<profile> find_profile(std::string token);
void note(const std::string& line);

// ---------------------------------------------------------------- server

void on_its_own() {
  cosio::options opts;
  opts.port = 3000;
  opts.threads = 4;
  cosio::server io(opts);
  io.run();  // until stop()
}

void on_the_callers_io_context() {
  boost::asio::io_context context;
  cosio::server io(context.get_executor());
  io.listen();  // starts no thread
  context.run();
}

void beside_a_web_application() {
  cosio::http::app web;
  cosio::server io(web);
  web.files("/", "public");
  web.run();
}

void attached_later(cosio::http::app& web, cosio::http::app& intranet) {
  cosio::options opts;
  opts.path = "/chat";
  cosio::server io;
  io.attach(web, opts);
  io.attach(intranet);  // one server on two ports
}

cosio::options all_the_usual_options() {
  cosio::options opts;
  opts.path = "/socket.io";
  opts.serve_client = true;
  opts.connect_timeout = 45s;
  opts.origins = {"https://app.example", "http://localhost:*"};
  opts.transports = {"polling", "websocket"};
  opts.allow_upgrades = true;
  opts.allow_eio3 = true;  // clients of generation 2
  opts.ping_interval = 25s;
  opts.ping_timeout = 20s;
  opts.ping_timeout_eio3 = 60s;
  opts.upgrade_timeout = 10s;
  opts.max_payload = 1'000'000;
  opts.trusted_proxies = {"10.0.0.0/8"};
  opts.proxy_header = "X-Forwarded-For";  // or "Forwarded"
  opts.cookie.emplace().name = "io";
  opts.cleanup_empty_child_namespaces = true;
  return opts;
}

cosio::options with_messagepack() {
  cosio::options opts;
  opts.parser = cosio::msgpack_parser();  // clients: io({ parser: require("socket.io-msgpack-parser") })
  return opts;
}

cosio::options with_limits() {
  cosio::options opts;
  opts.max_attachments = 10;
  opts.max_packet_bytes = 10'000'000;
  opts.max_json_depth = 1'024;
  opts.high_water_mark = 1'048'576;    // bytes queued for a client above which emit() waits
  opts.max_queued_bytes = 16'777'216;  // above it, a client that does not read has 5 s
  opts.max_handlers_in_flight = 256;   // of one client; above it, events wait
  opts.max_held_bytes = 10'000'000;    // bytes of events that wait; above it, reading pauses
  opts.threads = 0;                    // as many as processors
  return opts;
}

void watch(const cosio::server& io) {
  const cosio::metrics now = io.metrics();
  if (now.slow_consumers() > 0) note(std::to_string(now.slow_consumers()) + " clients read too slowly");
  for (const cosio::counted& limit : now.limits_hit) {
    if (limit.count > 0) note(std::string(limit.name) + " was met " + std::to_string(limit.count) + " times");
  }
}

void show_metrics(cosio::http::app& app, const cosio::server& io) {
  app.get("/metrics", cosio::metrics_handler(io, {{"instance", "node 7"}}));
}

void expire(cosio::server& io) {
  io.on_connection([](cosio::socket user) {
    user.expires_in(15min);  // or expires_at, with what the token says
    user.on("renew", [user](std::string token) {
      const bool good = token == "still me";
      if (good) user.expires_in(15min);
      return good;
    });
  });
}

void serve_until_a_signal() {
  cosio::server io;
  cosio::close_options how(20s);  // then everything is cut
  how.spread = 10s;               // clients come back elsewhere, but not all at once
  how.event = "server closing";   // is sent first
  io.run_until_signal(how);       // SIGINT or SIGTERM; a second one ends it at once
}

void serve_what_was_opened() {
  cosio::options opts;
  opts.sockets = cosio::http::inherited_sockets();  // none: opts.host and opts.port count
  cosio::server io(opts);
  cosio::close_options how(5s);
  how.spread = 1s;
  io.run_until_signal(how);
}

cosio::options encrypted() {
  cosio::options opts;
  opts.tls.emplace();
  opts.tls->certificate_file = "server.pem";  // and behind it those that lead to the root
  opts.tls->key_file = "server.key";
  opts.per_message_deflate.emplace().threshold = 2'048;
  opts.http_compression.emplace().threshold = 2'048;
  return opts;
}

void renew(cosio::server& io) { io.reload_certificates(); }  // open connections keep theirs

void settings(cosio::server& io) {
  if (io.path() == "/socket.io") io.path("/chat");
  if (io.serve_client()) io.serve_client(false);
  if (io.connect_timeout() > 10s) io.connect_timeout(10s);
  io.adapter(cosio::make_memory_adapter);
  note("welcome are pages of " + io.origins().text());
}

void choose_origins(cosio::server& io) {
  io.origins("https://app.example");
  io.origins({"https://app.example", "http://localhost:*"});
  io.origins("*");
  io.origins([](std::string origin, cosio::http::request asked) -> cosio::task<bool> {
    if (asked.has_header("x-banned")) throw cosio::refusal("you are banned");  // the client reads this
    co_return origin.ends_with(".example");
  });
}

void say_who_clients_are(cosio::server& io) {
  io.identify([](cosio::http::request first) -> cosio::task<profile> {
    const std::string token = first.header("authorization");
    if (!is_known(token)) throw cosio::refusal("who are you?", 401);
    profile who = co_await find_profile(token);
    co_return who;
  });
  io.on_connection([](cosio::socket user) {
    if (user.handshake().eos()["name"] == "root") note("root is here, as " + user.id());
  });
}

void make_namespaces(cosio::server& io) {
  const cosio::nsp news = io.of("/news");  // the same for "news", and the same each time
  news.on_connection([](cosio::socket reader) -> cosio::task<> { co_await reader.join("readers"); });
  io.of("/weather", [](cosio::socket reader) { note(reader.nsp().name()); });  // both at once

  const auto rooms = io.of(cosio::pattern("/room-{digits}"));
  rooms.use([](cosio::socket&, cosio::next go) -> cosio::task<> { co_await go(); });
  rooms.on_connection([rooms](cosio::socket) -> cosio::task<> {
    co_await rooms.emit("somebody came");  // to all of them
  });

  io.of([](std::string name, cosio::handshake asked) -> cosio::task<bool> {
    const auto token = asked.query("token");
    const bool known = token && is_known(std::string(*token));
    co_return known&& name.starts_with("/private/");
  });
  io.on_new_namespace([](cosio::nsp made) { note("made " + made.name()); });
}

cosio::task<> end(cosio::server io) {
  co_await io.close(10s);  // drains what is queued, within that time
  co_await io.close();     // cuts: all connections are closed when it returns
  io.stop();               // run() returns now; close() alone does not end it
}

void end_soon(cosio::server& io) { cosio::spawn(io.executor(), end(io)); }

cosio::task<> all_of_the_main_namespace(cosio::server& io) {
  io.use([](cosio::socket&, cosio::next go) -> cosio::task<> { co_await go(); });
  io.on_connection([](cosio::socket user) { note(user.id()); });
  co_await io.emit("news", "to everybody", 1);
  co_await io.send("to everybody, as the event message");
  co_await io.to("a", "b").except("c").emit("news");
  co_await io.volatile_().local().compress(false).emit("position", 1.5, 2.5);
  const std::vector<std::string> ids = co_await io.clients();
  co_await io.sockets().emit("how many", ids.size());  // sockets() is of("/")
}

void bring_an_engine(cosio::http::app& web, cosio::server& io) {
  const cosio::engine_server raw(web);  // Engine.IO alone, on /engine.io
  io.bind(raw);                         // all its sessions are clients of io; or cosio::server io(raw)

  cosio::engine_options opts;
  opts.path = "/mixed";
  const cosio::engine_server mixed(web, opts);
  mixed.on_connection([&io](cosio::engine_session session) {
    if (session.request().query("plain")) {
      session.on_message([session](cosio::message what) -> cosio::task<> { co_await session.send(what); });
    } else {
      io.adopt(session);  // this one is a client of io
    }
  });
}

void serve_raw_engine() {
  cosio::http::app web;                    // port 3000
  const cosio::engine_server engine(web);  // on /engine.io
  engine.on_connection([](cosio::engine_session session) {
    session.on_message([session](cosio::message what) -> cosio::task<> {
      note(what.is_binary() ? std::to_string(what.bytes().size()) + " bytes" : what.text());
      co_await session.send(what);
    });
  });
  web.run();
}

// A connection that the application's own server has accepted, or a request that it has read.
cosio::task<> bring_a_connection(cosio::server io, boost::asio::ip::tcp::socket socket) {
  co_await io.serve(std::move(socket));  // HTTP and WebSocket, until the connection ends
}

cosio::task<> bring_a_request(cosio::server io, std::string target) {
  if (!io.owns(target)) co_return;
  const cosio::http::request asked = cosio::http::request_builder("GET", target).header("Host", "a.example").build();
  const cosio::http::response said = co_await io.answer(asked);
  note(std::to_string(said.status()) + " " + said.body());
}

// ---------------------------------------------------------------- namespace

cosio::task<> talk_to_a_namespace(cosio::nsp news) {
  const cosio::report sent = co_await news.emit("headline", "it rains");
  note(std::to_string(sent.queued) + " got it, " + std::to_string(sent.dropped) + " could not, " +
       std::to_string(sent.refused) + " are gone");

  const auto readers = news.in("sports", "weather").except("asleep");  // a chain may be kept and used again
  co_await readers.emit("headline", "it shines");
  co_await readers.volatile_().emit("tick");
  const std::vector<std::string> ids = co_await readers.clients();  // of all servers
  const auto here = co_await news.connected();                      // of this one: sockets by id
  for (const auto& [id, reader] : here) co_await reader.emit("you are one of", ids.size());
  for (const std::string& id : news.sockets_in("sports"))
    note(id + " is in " + std::to_string(news.rooms_of(id).size()) + " rooms");
}

void guard_a_namespace(cosio::nsp admin) {
  admin.use([](cosio::socket& user, cosio::next go) -> cosio::task<> {
    if (user.handshake().auth()["token"] != "secret") throw cosio::refusal("not authorized", 401);
    co_await go();
    note(user.id() + " is in");
  });
  admin.on("connection", [](cosio::socket user) { note("hello " + user.id()); });  // or on_connection
  admin.sequential();                                                              // events of one socket one at a time
}

cosio::task<> choose_how(cosio::nsp news, cosio::binary picture) {
  co_await news.volatile_().emit("tick");       // dropped where it cannot be sent at once
  co_await news.local().emit("tick");           // this server only
  co_await news.compress(false).emit("noise");  // as it is
  co_await news.binary().emit("picture", picture);
  co_await news.binary(false).emit("text", "plain");  // binary in it would be an error
}

cosio::task<> ask_everybody(cosio::nsp news) {
  const cosio::answers got = co_await news.timeout(5s).emit_with_ack("your age?");
  if (!got.complete()) note(got.problem());
  for (const int age : got.values<int>()) note(std::to_string(age));
}

// ---------------------------------------------------------------- socket

void look_at(cosio::socket user) {
  note(user.id() + " in " + user.nsp().name() + ", session " + user.client().conn().transport());
  for (const std::string& room : user.rooms()) note(room);
  note(std::string(user.remote_address()) + " asked for " + std::string(user.request().target()));
  if (user.protocol() == 4) note("a client of generation 2");

  const cosio::handshake& shaken = user.handshake();
  note(shaken.header("user-agent") + " at " + shaken.time() + " from " + std::string(shaken.address()));
  note(std::string(shaken.url()) + (shaken.secure() ? ", encrypted" : "") + (shaken.xdomain() ? ", from a page" : ""));
  const auto last = shaken.query("tag");                                        // ?tag=a&tag=b: b
  for (const auto& [name, value] : shaken.queries()) note(name + "=" + value);  // both
  if (last && shaken.auth()["token"].is_null()) note("no token");
}

cosio::task<> keep_data(cosio::socket user) {
  profile who = co_await find_profile(user.id());
  user.data(who);
  const profile same = user.data<profile>();
  co_await user.emit("welcome", same);
}

void listen(cosio::socket user) {
  user.on("add", [](int a, int b) { return a + b; });  // the result is the acknowledgement
  user.on("profile", [](std::string token) -> cosio::task<profile> {
    profile found = co_await find_profile(token);
    co_return found;
  });
  user.on("upload", [](std::string name, cosio::binary bytes, cosio::ack done) -> cosio::task<> {
    co_await done(name, bytes.size());
  });
  user.on("message", [](cosio::arguments all) { note(std::to_string(all.size()) + " arguments"); });

  user.once("ready", [] { note("only the first time"); });
  user.prepend_listener("add", [](int, int) { note("before the others"); });
  const cosio::listener_handle noisy = user.on("noise", [] { note("noise"); });
  noisy.remove();  // or user.off(noisy); a handler that runs finishes
  user.off("upload");
  for (const std::string& name : user.event_names()) note(name + " " + std::to_string(user.listener_count(name)));
  user.remove_all_listeners();
}

cosio::task<> wait_in_line(cosio::socket user) {
  const std::string login = co_await user.once<std::string>("login");
  const int pin = co_await user.once<int>("pin", 30s);  // throws errc::timed_out afterwards
  note(login + " " + std::to_string(pin));
}

cosio::task<> emit(cosio::socket user, cosio::binary picture) {
  co_await user.emit("news", 1, "two", 3.5, true);  // waits while too much is queued for this client
  std::map<std::string, std::vector<cosio::binary>> album;
  album["holidays"] = {picture, picture};
  co_await user.emit("album", album);  // binary at any depth
  co_await user.send("hello");         // the event message
  co_await user.volatile_().emit("position", 1, 2);
  co_await user.compress(false).emit("noise");
  co_await user.binary(false).emit("text");
}

cosio::task<> ask(cosio::socket user) {
  const auto answer = co_await user.timeout(5s).emit_with_ack<std::string, int>("name and age?");
  const auto& [name, age] = answer;
  const auto anything = co_await user.emit_with_ack("anything?");  // until it answers or leaves
  note(name + std::to_string(age) + " " + std::to_string(anything.size()));
}

cosio::task<> use_rooms(cosio::socket user) {
  co_await user.join("news");
  co_await user.join("sports", "weather");
  const std::vector<std::string> more = {"a", "b"};
  co_await user.join(more);
  co_await user.leave("sports");
  co_await user.to("news").emit("hello");                      // the room, without the sender
  co_await user.in("news", "weather").except("a").emit("hi");  // each socket once
  co_await user.broadcast().emit("hi");                        // everybody but the sender
}

void check_packets(cosio::socket user) {
  user.use([](cosio::packet& event, cosio::next go) -> cosio::task<> {
    if (event.event() == "forbidden") throw cosio::refusal("not you", 403);
    co_await go();
  });
}

void watch(cosio::socket user) {
  user.on_any([](std::string event, cosio::arguments args) { note(event + std::to_string(args.size())); });
  user.prepend_any([](std::string event, cosio::arguments, cosio::ack answer) -> cosio::task<> {
    if (event == "are you there?") co_await answer(true);
  });
  user.on_any_outgoing([](std::string event, cosio::arguments) { note("says " + event); });
  user.prepend_any_outgoing([](std::string event, cosio::arguments) { note("is about to say " + event); });
  for (const auto& one : user.listeners_any()) user.off_any(one);
  user.off_any_outgoing();
}

void hear_the_end(cosio::socket user) {
  user.on_disconnecting([user](cosio::reason) { note("leaves " + std::to_string(user.rooms().size()) + " rooms"); });
  user.on_disconnect([](cosio::reason why) { note(std::string(why.text()) + " " + why.detail()); });
  user.on_error([](cosio::socket_error wrong) { note(wrong.event() + ": " + wrong.message()); });
}

cosio::task<> send_away(cosio::socket user) {
  co_await user.disconnect();      // this namespace
  co_await user.disconnect(true);  // the whole connection
  const cosio::reason why = co_await user.disconnected();
  note(std::string(why.text()));
}

// ---------------------------------------------------------------- client and web application

void look_behind(cosio::socket user) {
  const cosio::client behind = user.client();
  const cosio::engine_session session = behind.conn();
  note(session.transport() + ", revision " + std::to_string(session.protocol()) + ", " +
       std::to_string(session.buffered()) + " bytes queued");
  note(behind.request().header("host"));
  session.on_upgrade([session] { note("on a WebSocket now: " + session.current_request().header("user-agent")); });
  session.on_close([](const cosio::reason& why) { note(std::string(why.text())); });
  session.on_packet([](const cosio::session_packet& got) { note("got " + std::string(got.type())); });
  session.on_packet_create([](const cosio::session_packet& sent) { note("sent " + std::string(sent.type())); });
}

void routes(cosio::http::app& web) {
  web.get("/index.:ext", [](cosio::http::request asked) {
    return cosio::http::response(200, "a page as " + std::string(asked.param("ext")));
  });
  web.all("/", [](cosio::http::request asked) -> cosio::task<cosio::http::response> {
    const profile who = co_await find_profile(asked.header("authorization"));
    cosio::http::response page(200, "Hello " + who.name);
    page.set("Cache-Control", "no-store");
    co_return page;
  });
  web.files("/static", "public");
}

// ---------------------------------------------------------------- sockets of all servers

cosio::task<> reach_all_servers(cosio::server& io) {
  const std::vector<cosio::remote_socket> lobby = co_await io.in("lobby").fetch_sockets();
  for (const cosio::remote_socket& one : lobby) co_await one.emit("you are", one.id(), one.data());
  co_await io.in("lobby").sockets_join("hall");
  co_await io.in("lobby").sockets_leave("lobby");
  co_await io.in("banned").disconnect_sockets(true);
}

cosio::task<> talk_to_servers(cosio::server& io) {
  io.on_server_side("load?", [] { return 0.5; });
  co_await io.server_side_emit("hello", "from me");
  const cosio::answers loads = co_await io.timeout(1s).server_side_emit_with_ack("load?");
  for (const double load : loads.values<double>()) note(std::to_string(load));
}

void tune_the_engine(cosio::server& io) {
  const cosio::engine_server engine = io.engine();
  engine.generate_id([](cosio::http::request) -> cosio::task<std::string> {
    static std::size_t count = 0;
    co_return "unguessable-" + std::to_string(++count);
  });
  engine.on_connection_error([](const cosio::connection_error& refused) {
    note(std::to_string(refused.code()) + " " + refused.message() + " " + refused.context());
  });
  engine.on_initial_headers([](cosio::http::response& head, const cosio::http::request&) { head.set("X-First", "1"); });
  engine.use([](cosio::http::request, cosio::http::response& head, cosio::next go) -> cosio::task<> {
    head.set("X-Served-By", "node 7");  // goes out with the answer
    co_await go();                      // without it, `head` is the answer
  });
  engine.on_headers([](cosio::http::response& head, const cosio::http::request&) { head.set("X-Each", "1"); });
}

cosio::options choosy() {
  cosio::options opts;
  opts.destroy_upgrade = true;  // ends Upgrade requests that nobody owns
  opts.destroy_upgrade_timeout = 1s;
  opts.allow_request = [](cosio::http::request asked) -> cosio::task<bool> {
    co_return !asked.header("x-api-key").empty();
  };
  cosio::origin_policy pages("https://app.example");
  pages.credentials().max_age(600s);  // other frameworks call this cors
  pages.methods({"GET", "POST"}).allowed_headers({"X-Api-Key"}).exposed_headers({"X-Served-By"});
  opts.origins = pages;
  return opts;
}

void come_back(cosio::server& io) {
  io.on_connection([](cosio::socket user) -> cosio::task<> {
    if (user.recovered()) co_return;  // its rooms and data are there, and it has received what it missed
    co_await user.join("lobby");
  });
}

cosio::options with_recovery() {
  cosio::options opts;
  opts.connection_state_recovery.emplace().max_disconnection_duration = 2min;
  return opts;
}

struct chat {
  using client_to_server = cosio::events<cosio::event<"say", std::size_t(std::string)>>;
  using server_to_client = cosio::events<cosio::event<"said", void(std::string)>>;
};

void open_chat(cosio::server& io) {
  const cosio::typed_nsp<chat> lobby(io.of("/lobby"));
  lobby.on_connection([](cosio::typed_socket<chat> user) {
    user.on<"say">([user](std::string text) -> cosio::task<std::size_t> {
      const cosio::report sent = co_await user.broadcast().emit<"said">(text);
      co_return sent.queued;
    });
  });
}

void stop_with_the_client(cosio::server& io) {
  const auto greet_for_ever = [](cosio::socket user) -> cosio::task<> {
    for (int i = 0;; ++i) {
      const std::string name = co_await user.once<std::string>("name");
      co_await user.emit("hello", name, i);
    }
  };
  io.on_connection(greet_for_ever, cosio::stops_with_client);
}

cosio::forwarding pass_requests_on(const cosio::server& io, std::string secret) {
  cosio::forwarding_options settings;
  settings.node = 2;  // of this server
  settings.nodes = {{1, "http://10.0.0.1:3000"}, {2, "http://10.0.0.2:3000"}};
  settings.secret = std::move(secret);  // 16 bytes or more, as `openssl rand -hex 32` makes them
  return cosio::forwarding(io.engine(), settings);
}

bool is_known(const std::string& token) { return token == "secret"; }

cosio::task<profile> find_profile(std::string token) {
  profile found;
  found.name = std::move(token);
  co_return found;
}

void note(const std::string&) {}

}  // namespace api
