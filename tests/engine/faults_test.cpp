// Connections that end at the worst moment: at every step of handshake, poll, post, upgrade and close, by a reset, a
// half-close or an end. Nobody else is disturbed, nothing is left, and the log says why, once.

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bystanders.hpp"
#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/sio_server.hpp"
#include "support/visitor.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

enum class ending { reset, half_close, close };
constexpr ending endings[] = {ending::reset, ending::half_close, ending::close};

// The last step of a client before its connection ended. Those of polling come first.
enum class step {
  nothing,
  half_handshake,
  handshake,
  half_get,
  held_get,
  half_post_head,
  half_post_body,
  post,
  half_close_packet,
  server_closes,
  half_upgrade,
  upgrade,
  half_probe,
  probe,
  half_switch,
  switched,
  half_frame,
  half_close_frame,
  close_frame,
  server_closes_websocket,
};
constexpr int steps = static_cast<int>(step::server_closes_websocket) + 1;

std::string half(const std::string& whole) { return whole.substr(0, whole.size() / 2); }

// Whether a client of this kind comes to that step.
bool comes_to(const way& how, step at) {
  if (!how.is_websocket()) return true;
  return at <= step::handshake || at >= step::half_frame;
}

// Walks to the step, and gives the connection that is to end there.
memory_client walk(engine_world& house, visitor& v, step at) {
  memory_client line = house.connect();
  if (at == step::nothing) return line;
  if (at == step::half_handshake) {
    line.send(half(v.handshake()));
    return line;
  }
  v.enter();
  if (at == step::handshake) return std::move(v.line());
  const bool polls = !v.how().is_websocket();
  const std::string body = v.body_of("4hello");
  const auto send = [&](const std::string& bytes) { line.send(bytes); };
  if (at == step::half_get) send(half(get(v.target())));
  if (at == step::held_get) send(get(v.target()));
  if (at == step::half_post_head) send(half(get(v.target())).replace(0, 3, "POST"));
  if (at == step::half_post_body) send(half(post(v.target(), std::string(2'000, 'x'))));
  if (at == step::post) send(post(v.target(), body));
  if (at == step::half_close_packet) {
    const std::string whole = post(v.target(), v.body_of("1"));
    send(whole.substr(0, whole.size() - 1));
  }
  if (at == step::server_closes) {
    send(get(v.target()));
    house.w.run(house.sessions.back().close());
    return line;
  }
  if (at < step::half_upgrade) return line;
  if (polls) {
    const std::string request = websocket_request(v.target("websocket"));
    if (at == step::half_upgrade) return send(half(request)), std::move(line);
    send(request);
    if (at == step::half_probe) send(half(text_frame("2probe")));
    if (at >= step::probe) send(text_frame("2probe"));
    if (at == step::half_switch) send(half(text_frame("5")));
    if (at >= step::switched) send(text_frame("5"));
  }
  memory_client& ws = polls ? line : v.line();
  if (at == step::half_frame) ws.send(half(text_frame("4hello")));
  if (at == step::half_close_frame) ws.send(half(close_frame_of_client(1000)));
  if (at == step::close_frame) ws.send(close_frame_of_client(1000));
  if (at == step::server_closes_websocket) house.w.run(house.sessions.back().close());
  return std::move(ws);
}

void strike(memory_client& line, ending how) {
  if (how == ending::reset) line.reset();
  if (how == ending::half_close) line.shutdown_send();
  if (how == ending::close) line.close();
}

}  // namespace

TEST_CASE("a connection that ends at any step disturbs nobody, leaves nothing, and is told of once",
          "[engine][faults]") {
  for (const way& how : every_way) {
    for (int at = 0; at < steps; ++at) {
      if (!comes_to(how, static_cast<step>(at))) continue;
      for (const ending which : endings) {
        CAPTURE(how.name, at, static_cast<int>(which));
        const captured_log log;
        engine_world house;
        bystanders quiet(house);
        visitor v(how, house.w, [&] { return house.connect(); });
        memory_client line = walk(house, v, static_cast<step>(at));
        const std::size_t told = house.sessions.size() - quiet.count();
        strike(line, which);
        CHECK(quiet.fine());
        CHECK(house.engine.clients_count() <= quiet.count() + 1);
        // Whoever is silent is given up by and by; the bystanders answer no pings either.
        for (int i = 0; i < 6; ++i) house.w.advance(30s);
        CHECK(house.engine.clients_count() == 0);
        CHECK(house.state->http_connections() == 0);
        CHECK(house.closed.size() == quiet.count() + told);
        if (told == 1) {
          const std::string sid = house.sessions.back().id().substr(0, 6);
          CHECK(log.count(log_level::debug, "session " + sid + "…: closed, ") == 1);
        }
        CHECK(log.count(log_level::error) == 0);
        CHECK(log.count(log_level::warn) == 0);
        house.w.run(house.engine.close());  // waits for every WebSocket connection: none is left
      }
    }
  }
}

TEST_CASE("a connection that ends under what the server sends ends its session alone", "[engine][faults]") {
  for (const way& how : every_way) {
    for (const ending which : endings) {
      CAPTURE(how.name, static_cast<int>(which));
      engine_world house;
      bystanders quiet(house);
      visitor v(how, house.w, [&] { return house.connect(1'000); });  // has room for little
      REQUIRE(v.enter().status == how.welcome());
      memory_client gets = house.connect(1'000);
      memory_client& line = how.is_websocket() ? v.line() : gets;
      if (!how.is_websocket()) line.send(get(v.target()));
      for (int i = 0; i < 10; ++i) house.w.run(house.sessions.back().send(std::string(10'000, 'x')));
      house.w.settle();
      strike(line, which);
      CHECK(quiet.fine());
      for (int i = 0; i < 6; ++i) house.w.advance(30s);
      CHECK(house.engine.clients_count() == 0);
      CHECK(house.state->http_connections() == 0);
      CHECK(house.closed.size() == quiet.count() + 1);
      house.w.run(house.engine.close());
    }
  }
}

TEST_CASE("what the system has no memory to send ends its session alone, and the log says why, once",
          "[engine][faults]") {
  for (const int code : {ENOBUFS, ENOMEM}) {
    for (const way& how : every_way) {
      CAPTURE(how.name, code);
      const captured_log log;
      engine_world house;
      bystanders quiet(house);
      visitor v(how, house.w, [&] { return house.connect(); });
      REQUIRE(v.enter().status == how.welcome());
      memory_client gets = house.connect();
      memory_client& line = how.is_websocket() ? v.line() : gets;
      if (!how.is_websocket()) line.send(get(v.target()));
      const boost::system::error_code refused(code, boost::system::system_category());
      line.stream().refuse_writes(refused);
      house.w.run(house.sessions.back().send("news"));
      house.w.settle();
      CHECK(line.ended());
      CHECK(quiet.fine());
      if (how.is_websocket()) {  // a polling client may come back with another GET
        CHECK(house.engine.clients_count() == quiet.count());
        const std::string sid = house.sessions.back().id().substr(0, 6);
        const std::string why = "the connection was lost while sending: " + refused.message();
        CHECK(log.count(log_level::debug, "session " + sid + "…: closed, transport close: " + why) == 1);
      }
      for (int i = 0; i < 6; ++i) house.w.advance(30s);
      CHECK(house.engine.clients_count() == 0);
      CHECK(house.state->http_connections() == 0);
      CHECK(house.closed.size() == quiet.count() + 1);
      house.w.run(house.engine.close());
    }
  }
}

// As on a machine that has slept. Clients of revision 4 are pinged; those of revision 3 should have pinged in time.
TEST_CASE("a clock that jumps ahead ends who is silent by ping timeout, and who answers stays", "[engine][faults]") {
  for (const std::chrono::hours jump : {1h, 24h * 3'650}) {
    CAPTURE(jump.count());
    const captured_log log;
    engine_world house;
    std::vector<visitor> answering;
    std::vector<visitor> silent;
    for (const way& how : every_way) {
      for (auto* group : {&answering, &silent}) {
        group->emplace_back(how, house.w, [&] { return house.connect(); });
        REQUIRE(group->back().enter().status == how.welcome());
        group->back().hear();
      }
    }
    memory_client half_head = house.connect();
    half_head.send("GET /engine.io/?EIO=4");
    house.w.advance(jump);
    CHECK(half_head.ended());
    std::size_t staying = 0;
    for (visitor& v : answering) {
      CAPTURE(v.how().name);
      if (v.how().revision == 3) {
        CHECK(v.let_go());
        continue;
      }
      ++staying;
      CHECK(v.hear().find('2') != std::string::npos);
      v.packet("3");
    }
    house.w.advance(engine_options().ping_timeout + 1s);
    CHECK(house.engine.clients_count() == staying);
    CHECK(house.closed.size() == answering.size() + silent.size() - staying);
    for (const reason& why : house.closed) CHECK(why.what() == reason::kind::ping_timeout);
    for (visitor& v : answering) {
      if (v.how().revision == 3) continue;
      v.message(v.sid());
      CHECK(std::find(house.messages.begin(), house.messages.end(), v.sid()) != house.messages.end());
    }
    CHECK(log.count(log_level::debug, "closed, ping timeout") == house.closed.size());
    CHECK(log.count(log_level::error) == 0);
  }
}

TEST_CASE("real connections that are reset at any step leave nothing", "[engine][faults]") {
  engine_options settings;
  settings.ping_interval = 100ms;  // so that sessions whose client never comes back end soon
  settings.ping_timeout = 100ms;
  settings.ping_timeout_eio3 = 200ms;
  settings.upgrade_timeout = 100ms;
  echo_engine server(settings);
  const auto strike_real = [](http_client& line, bool hard) {
    if (hard) {
      line.reset();
    } else {
      line.shutdown_send();
    }
  };
  for (const std::string eio : {"EIO=4", "EIO=3"}) {
    for (const bool hard : {true, false}) {
      for (int at = 0; at < 9; ++at) {
        CAPTURE(eio, hard, at);
        http_client line(server.port());
        const std::string target = "/engine.io/?" + eio + "&transport=";
        if (at == 1) line.send(half(get(target + "polling")));
        if (at == 2) line.send(get(target + "polling"));
        if (at == 3) line.send(half(websocket_request(target + "websocket")));
        if (at == 4) line.send(websocket_request(target + "websocket"));
        if (at == 5) line.send(websocket_request(target + "websocket") + half(text_frame("4hello")));
        if (at == 6)
          line.send(websocket_request(target + "websocket") + text_frame("4hello") + close_frame_of_client());
        if (at >= 7) {
          const polling_client known(server.port(), eio);
          if (at == 7) line.send(half(post(known.target(), std::string(2'000, 'x'))));
          if (at == 8) line.send(websocket_request(known.target("websocket")) + text_frame("2probe"));
        }
        strike_real(line, hard);
      }
    }
  }
  CHECK(eventually([&] { return server.engine().clients_count() == 0; }));
  CHECK(eventually([&] { return server.app().internals()->connections() == 0; }));
  CHECK(polling_client(server.port()).opened().status == 200);  // the server goes on
}
