// Connections of a client to the servers of this library.

#include "client/engine_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cosio/error.hpp>

#include <string>
#include <tuple>
#include <vector>

#include "client/test_line.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

engine_client_options with(std::vector<std::string> transports, int revision = 4) {
  auto options = test_line::quick();
  options.transports = std::move(transports);
  options.revision = revision;
  return options;
}

std::string all_bytes() {
  std::string out;
  for (int i = 0; i < 256; ++i) out += static_cast<char>(i);
  return out;
}

}  // namespace

TEST_CASE("text and binary come back over each transport and revision, in order", "[client][engine]") {
  struct row {
    std::vector<std::string> transports;
    int revision;
    bool upgrades;
  };
  const row rows[] = {{{"polling", "websocket"}, 4, true}, {{"polling"}, 4, false}, {{"websocket"}, 4, false},
                      {{"polling", "websocket"}, 3, true}, {{"polling"}, 3, false}, {{"websocket"}, 3, false}};
  for (const row& r : rows) {
    CAPTURE(r.transports.front(), r.transports.size(), r.revision);
    echo_engine server;
    test_line line(server.port(), with(r.transports, r.revision));
    CHECK(line.client->transport().empty());
    line.send("before \xC3\xBC\xF0\x9F\x98\x80");
    REQUIRE(line.open());
    CHECK(line.client->transport() == r.transports.front());
    CHECK(line.heard->handshake.ping_interval == 25s);
    CHECK_FALSE(line.heard->handshake.sid.empty());
    line.client->send(message(binary(all_bytes())));
    REQUIRE(line.until_messages(2));
    if (r.upgrades) REQUIRE(line.until_upgraded());
    for (int i = 0; i < 50; ++i) line.send(std::to_string(i));
    line.client->send(message(binary(std::string())));
    REQUIRE(line.until_messages(53));
    CHECK(line.client->transport() == r.transports.back());
    CHECK(line.heard->text(0) == "before \xC3\xBC\xF0\x9F\x98\x80");
    CHECK(line.heard->messages[1].bytes().view() == all_bytes());
    for (std::size_t i = 0; i < 50; ++i) CHECK(line.heard->text(i + 2) == std::to_string(i));
    CHECK(line.heard->messages[52].is_binary());
    CHECK(line.until([&] { return line.client->waiting_bytes() == 0; }));
    CHECK(line.heard->drains > 0);
    CHECK(line.heard->ends.empty());
    CHECK_FALSE(line.heard->was_told_inside);
  }
}

TEST_CASE("messages that are sent all the time during an upgrade keep their order", "[client][engine]") {
  echo_engine server;
  test_line line(server.port());
  int sent = 0;
  line.heard->also = [&](std::string_view what) {
    if ((what == "message" || what == "open" || what == "upgrade") && sent < 300)
      for (int i = 0; i < 3; ++i) line.send(std::to_string(sent++));
  };
  REQUIRE(line.open());
  REQUIRE(line.until_upgraded());
  REQUIRE(line.until([&] { return line.heard->messages.size() >= 300; }));
  for (std::size_t i = 0; i < 300; ++i) REQUIRE(line.heard->text(i) == std::to_string(i));
}

TEST_CASE("what was sent before close() reaches the server", "[client][engine]") {
  for (const char* transport : {"polling", "websocket"}) {
    CAPTURE(transport);
    mailbox<> came;
    echo_engine server({}, [&](const engine_server& on) {
      on.on_connection([&](engine_session s) { s.on_message([&came](message m) { came.put(m.text()); }); });
    });
    test_line line(server.port(), with({transport}));
    REQUIRE(line.open());
    for (int i = 0; i < 20; ++i) line.send(std::to_string(i));
    line.client->close();
    line.send("dropped");
    line.client->close();
    const auto end = line.end();
    CHECK(end.why.text() == "forced close");
    CHECK_FALSE(end.error);
    for (int i = 0; i < 20; ++i) CHECK(came.take() == std::to_string(i));
    bool closed = false;
    CHECK(line.until([&] { return closed = closed || !server.nobody_closed(); }));
    CHECK(server.closed().text() == "transport close");
    CHECK(came.empty());
    line.w.settle();
    CHECK(line.heard->ends.size() == 1);
  }
}

TEST_CASE("the end that the server makes is told once", "[client][engine]") {
  for (const char* transport : {"polling", "websocket"}) {
    CAPTURE(transport);
    echo_engine server;
    test_line line(server.port(), with({transport}));
    REQUIRE(line.open());
    const auto session = server.opened();
    auto closing = session.close();
    server.run(std::move(closing));
    CHECK(line.end().why.text() == "transport close");
    CHECK(line.client->transport().empty());
    line.w.settle();
    CHECK(line.heard->ends.size() == 1);
  }
}

TEST_CASE("a server that is not there is told with the system's error", "[client][engine]") {
  std::uint16_t port = 0;
  {
    echo_engine gone;
    port = gone.port();
  }
  for (const char* transport : {"polling", "websocket"}) {
    CAPTURE(transport);
    test_line line(port, with({transport}));
    CHECK_FALSE(line.open());
    const auto end = line.end();
    CHECK(end.why.text() == "transport error");
    CHECK(end.error == boost::asio::error::connection_refused);
    CHECK(end.status == 0);
  }
}

TEST_CASE("an answer that refuses is told with its status", "[client][engine]") {
  engine_options settings;
  settings.allow_request = [](http::request) { return false; };
  // As a server of Node: an upgrade that is refused gets 400, one of another path gets no answer.
  for (const auto& [transport, refused, unknown] :
       {std::tuple{"polling", 403U, 404U}, std::tuple{"websocket", 400U, 0U}}) {
    CAPTURE(transport);
    echo_engine server(settings);
    test_line line(server.port(), with({transport}));
    CHECK_FALSE(line.open());
    const auto end = line.end();
    CHECK(end.why.text() == "transport error");
    CHECK(end.status == refused);
    auto elsewhere = with({transport});
    elsewhere.path = "/nothing";
    test_line lost(server.port(), elsewhere);
    CHECK_FALSE(lost.open());
    CHECK(lost.end().status == unknown);
  }
}

TEST_CASE("the next transport is tried only if that is wanted", "[client][engine]") {
  engine_options settings;
  settings.transports = {"polling"};
  echo_engine server(settings);
  auto options = with({"websocket", "polling"});
  test_line one(server.port(), options);
  CHECK_FALSE(one.open());
  options.try_all_transports = true;
  test_line all(server.port(), options);
  REQUIRE(all.open());
  CHECK(all.client->transport() == "polling");
}

TEST_CASE("a WebSocket that worked is remembered if that is wanted", "[client][engine]") {
  echo_engine server;
  auto options = test_line::quick();
  options.remember_upgrade = true;
  test_line line(server.port(), options);
  REQUIRE(line.open());
  CHECK(line.client->transport() == "polling");
  REQUIRE(line.until_upgraded());
  line.again();
  REQUIRE(line.open());
  CHECK(line.client->transport() == "websocket");
}

TEST_CASE("without upgrade a connection stays with its first transport", "[client][engine]") {
  echo_engine server;
  auto options = test_line::quick();
  options.upgrade = false;
  test_line line(server.port(), options);
  REQUIRE(line.open());
  line.send("a");
  REQUIRE(line.until_messages(1));
  line.send("b");
  REQUIRE(line.until_messages(2));
  CHECK(line.heard->upgraded.empty());
  CHECK(line.client->transport() == "polling");
}

TEST_CASE("a server that does not answer is given up in time", "[client][engine]") {
  boost::asio::io_context other;
  boost::asio::ip::tcp::acceptor silent(other, {boost::asio::ip::make_address("127.0.0.1"), 0});
  for (const char* transport : {"polling", "websocket"}) {
    CAPTURE(transport);
    test_line line(silent.local_endpoint().port(), with({transport}));
    line.client->open();
    line.w.settle();
    line.w.advance(19'999ms);
    CHECK(line.heard->ends.empty());
    line.w.advance(1ms);
    REQUIRE(line.heard->ends.size() == 1);
    CHECK(line.heard->ends[0].error == boost::asio::error::timed_out);
  }
}

TEST_CASE("a server whose heartbeat stays out is gone", "[client][engine]") {
  engine_options settings;
  settings.ping_interval = 10s;
  settings.ping_timeout = 5s;
  for (const int revision : {4, 3}) {
    CAPTURE(revision);
    echo_engine server(settings);
    test_line line(server.port(), with({"websocket"}, revision));
    REQUIRE(line.open());
    // The server's clock is that of the system: it says nothing in this time. Revision 3 pings, and is answered.
    if (revision == 3) {
      line.w.advance(10s);
      line.send("x");
      REQUIRE(line.until_messages(1));
      line.w.advance(15s);
      CHECK(line.until([&] { return line.heard->ends.size() == 1; }));
      continue;
    }
    line.w.advance(14'999ms);
    CHECK(line.heard->ends.empty());
    CHECK_FALSE(line.client->is_overdue());
    line.w.advance(2ms);
    REQUIRE(line.heard->ends.size() == 1);
    CHECK(line.heard->ends[0].why.text() == "ping timeout");
  }
}

TEST_CASE("a connection whose heartbeat was due while the machine slept ends at the next look", "[client][engine]") {
  echo_engine server;
  test_line line(server.port(), with({"websocket"}));
  REQUIRE(line.open());
  line.suspended = 44s;
  line.w.advance(900ms);
  CHECK_FALSE(line.client->is_overdue());
  line.suspended = 1h;
  CHECK(line.client->is_overdue());
  CHECK(line.heard->ends.empty());
  line.w.advance(5s);
  REQUIRE(line.heard->ends.size() == 1);
  CHECK(line.heard->ends[0].why.text() == "ping timeout");
}

TEST_CASE("pings of the server are answered while much is sent", "[client][engine]") {
  engine_options settings;
  settings.ping_interval = 50ms;
  settings.ping_timeout = 2s;
  for (const char* transport : {"polling", "websocket"}) {
    CAPTURE(transport);
    echo_engine server(settings);
    test_line line(server.port(), with({transport}));
    REQUIRE(line.open());
    for (int i = 0; i < 100; ++i) line.send(std::string(10'000, 'x'));
    CHECK(line.until([&] { return line.heard->pings >= 5 && line.heard->messages.size() == 100; }));
    CHECK(line.heard->ends.empty());
  }
}

TEST_CASE("a message above the limit ends the connection", "[client][engine]") {
  for (const char* transport : {"polling", "websocket"}) {
    for (const bool deflate : {false, true}) {
      CAPTURE(transport, deflate);
      engine_options settings;
      settings.per_message_deflate = deflate_options();
      echo_engine server(settings);
      auto options = with({transport});
      options.max_message_bytes = 10'000;
      options.per_message_deflate = deflate;
      test_line line(server.port(), options);
      REQUIRE(line.open());
      line.send(std::string(9'000, 'x'));
      REQUIRE(line.until_messages(1));
      CHECK(line.heard->text(0) == std::string(9'000, 'x'));
      line.send(std::string(20'000, 'x'));
      const auto end = line.end();
      CHECK(end.why.text() == "transport error");
      CHECK(end.why.detail().find("max_message_bytes") != std::string::npos);
      CHECK(line.heard->messages.size() == 1);
    }
  }
}

TEST_CASE("bodies of polling are no larger than the server takes", "[client][engine]") {
  engine_options settings;
  settings.max_payload = 1'000;
  echo_engine server(settings);
  test_line line(server.port(), with({"polling"}));
  REQUIRE(line.open());
  CHECK(line.heard->handshake.max_payload == 1'000);
  for (int i = 0; i < 100; ++i) line.send(std::string(99, 'x'));
  line.client->send(message(binary(std::string(700, 'y'))));
  REQUIRE(line.until_messages(101));
  CHECK(line.heard->ends.empty());
}

TEST_CASE("query, fields and credentials go with every request", "[client][engine]") {
  mailbox<> seen;
  engine_options settings;
  settings.allow_request = [&](http::request r) {
    seen.put(std::string(r.header("x-token")) + ' ' + std::string(r.header("authorization")));
    return r.target().find("a=b&token=1%202") != std::string_view::npos;
  };
  echo_engine server(settings);
  auto options = test_line::quick();
  options.extra_headers = {{"X-Token", "abc"}};
  options.query = {{"token", "1 2"}};
  test_line line("http://user:word@127.0.0.1:" + std::to_string(server.port()) + "/chat?a=b", options);
  REQUIRE(line.open());
  REQUIRE(line.until_upgraded());
  CHECK(seen.take() == "abc Basic dXNlcjp3b3Jk");
}

TEST_CASE("cookies are sent back only if that is wanted", "[client][engine]") {
  engine_options settings;
  settings.cookie = cookie_options();
  for (const bool wanted : {false, true}) {
    CAPTURE(wanted);
    mailbox<> seen;
    settings.allow_request = [&](http::request r) {
      seen.put(std::string(r.header("cookie")));
      return true;
    };
    echo_engine server(settings);
    auto options = test_line::quick();
    options.with_credentials = wanted;
    options.upgrade = false;
    test_line line(server.port(), options);
    REQUIRE(line.open());
    CHECK(seen.take().empty());
    const std::string sid = line.heard->handshake.sid;
    line.again();
    REQUIRE(line.open());
    CHECK(seen.take() == (wanted ? "io=" + sid : ""));
  }
}

TEST_CASE("options that cannot be used are refused", "[client][engine]") {
  const auto refused = [](auto change) {
    world w;
    auto options = test_line::quick();
    change(options);
    try {
      clients::make_engine_source(w.take_runtime(), "https://127.0.0.1", options);
    } catch (const error& e) {
      return e.code() == errc::bad_argument || e.code() == errc::bad_certificate;
    }
    return false;
  };
  CHECK_FALSE(refused([](auto&) {}));
  CHECK(refused([](auto& o) { o.revision = 2; }));
  CHECK(refused([](auto& o) { o.transports.clear(); }));
  CHECK(refused([](auto& o) { o.transports = {"webtransport"}; }));
  CHECK(refused([](auto& o) { o.connect_timeout = 0ms; }));
  CHECK(refused([](auto& o) { o.max_message_bytes = 0; }));
  CHECK(refused([](auto& o) { o.extra_headers = {{"a b", "c"}}; }));
  CHECK(refused([](auto& o) { o.extra_headers = {{"a", "b\r\nc: d"}}; }));
  CHECK(refused([](auto& o) { o.extra_headers = {{"Content-Length", "1"}}; }));
  CHECK(refused([](auto& o) { o.extra_headers = {{"Sec-WebSocket-Key", "1"}}; }));
  CHECK(refused([](auto& o) { o.proxy = "ftp://a"; }));
  CHECK(refused([](auto& o) { o.tls.ca_file = "/nothing"; }));
  CHECK(refused([](auto& o) { o.tls.certificate_file = "/nothing"; }));
  CHECK(refused([](auto& o) { o.tls.pinned_keys = {"sha256//abc"}; }));
}

TEST_CASE("a connection that has ended does not keep the io_context running", "[client][engine]") {
  const bool is_closed = GENERATE(true, false);
  CAPTURE(is_closed);
  echo_engine server;
  boost::asio::io_context context;
  const auto where = std::make_shared<async::runtime>(context.get_executor());
  auto options = test_line::quick();
  options.connect_timeout = 1h;
  const auto source =
      clients::make_engine_source(where, "http://127.0.0.1:" + std::to_string(server.port()), std::move(options));
  const auto heard = std::make_shared<heard_events>();
  const auto client = source->make(where->make_strand(), heard);
  heard->also = [&](std::string_view what) {
    if (what != "upgrade") return;
    if (is_closed) return client->close();
    client->drop();
  };
  client->open();
  context.run_for(10s);
  CHECK(context.stopped());
  CHECK(heard->upgraded == "websocket");
  CHECK(heard->ends.size() == (is_closed ? 1U : 0U));
}
