// A client's socket: joining its namespace, and leaving it.

#include <string>

#include "client/fake_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

TEST_CASE("connect() ends when the server has let the socket in") {
  client_world w;
  const auto s = w.server.socket("/");
  CHECK_FALSE(s.active());
  w.run(s.connect());
  CHECK(s.connected());
  CHECK(s.active());
  CHECK(s.id() == "id1");
  CHECK(w.connection().texts == texts{"0"});
  CHECK(w.server.connected());
  CHECK(w.server.transport() == "websocket");
  w.run(s.connect());  // at once
  CHECK(w.source->made.size() == 1);
}

TEST_CASE("sockets of several namespaces share a connection") {
  client_world w;
  const auto a = w.server.socket("/a");
  const auto b = w.server.socket("b");
  w.run(a.connect());
  w.run(b.connect());
  CHECK(b.nsp() == "/b");
  CHECK(w.source->made.size() == 1);
  CHECK(w.connection().texts == texts{"0/a,", "0/b,"});
  CHECK(w.server.socket("/a") == a);

  w.run(a.disconnect());
  CHECK_FALSE(a.connected());
  CHECK(a.id().empty());
  CHECK(b.connected());
  CHECK(w.connection().texts.back() == "1/a,");
  CHECK_FALSE(w.connection().closed);
  w.run(b.disconnect());
  CHECK(w.connection().closed);
  CHECK_FALSE(w.server.connected());

  w.run(a.connect());  // with a new connection
  CHECK(a.connected());
  CHECK(w.source->made.size() == 2);
}

TEST_CASE("auth is sent as a value, and asked for at each connection as a function") {
  client_world w;
  int asked = 0;
  const auto value = w.server.socket("/value", {.auth = {{"token", "abc"}}});
  const auto function = w.server.socket("/function", {.auth = [&]() -> task<boost::json::value> {
                                          ++asked;
                                          co_return boost::json::value{{"n", asked}};
                                        }});
  w.run(value.connect());
  w.run(function.connect());
  CHECK(w.connection().texts == texts{R"(0/value,{"token":"abc"})", R"(0/function,{"n":1})"});
  w.connection().lose(reason::kind::transport_close);
  w.advance(1s);
  CHECK(function.connected());
  CHECK(w.connection().texts == texts{R"(0/function,{"n":2})", R"(0/value,{"token":"abc"})"});
}

TEST_CASE("auth that throws, or is no object, ends the attempt") {
  client_world w;
  const auto thrower =
      w.server.socket("/", {.auth = []() -> boost::json::value { throw std::runtime_error("no token"); }});
  try {
    w.run(thrower.connect());
    FAIL("nothing was thrown");
  } catch (const connect_error& e) {
    CHECK_FALSE(e.refused());
    CHECK(e.message().find("no token") != std::string::npos);
  }
  CHECK_FALSE(thrower.active());
  const auto number = w.server.socket("/number", {.auth = [] { return 1; }});
  CHECK_THROWS_AS(w.run(number.connect()), connect_error);
}

TEST_CASE("the server's refusal ends connect() with its text and data, and is told") {
  client_world w;
  w.source->answers_connect = false;
  const auto s = w.server.socket("/");
  std::string told;
  s.on_connect_error([&](connect_error e) { told = e.message(); });
  auto joined = w.start(s.connect());
  CHECK_FALSE(is_ready(joined));
  w.connection().deliver(R"(4{"message":"not you","data":{"why":1}})");
  w.settle();
  try {
    joined.get();
    FAIL("nothing was thrown");
  } catch (const connect_error& e) {
    CHECK(e.refused());
    CHECK(e.message() == "not you");
    CHECK(e.data().at("why") == 1);
    CHECK(e.code() == errc::disconnected);
  }
  CHECK(told == "not you");
  CHECK_FALSE(s.active());
  CHECK(w.connection().closed);  // no other socket
  w.advance(1min);
  CHECK(w.source->made.size() == 1);  // nobody tries again
}

TEST_CASE("connect() can be bounded, and cancelled by disconnect()") {
  client_world w;
  w.source->answers_connect = false;
  const auto s = w.server.socket("/");
  auto bounded = w.start(s.connect(2s));
  auto patient = w.start(s.connect());
  w.advance(2s);
  CHECK(code_of(bounded) == errc::timed_out);
  CHECK(s.active());
  CHECK_FALSE(is_ready(patient));
  w.run(s.disconnect());
  w.settle();
  CHECK(code_of(patient) == errc::disconnected);
  CHECK(w.connection().texts == texts{"0"});  // no DISCONNECT for a socket that is not in
}

TEST_CASE("a socket that left before the answer to CONNECT leaves when it comes") {
  client_world w;
  const auto other = w.server.socket("/other");
  w.run(other.connect());
  w.source->answers_connect = false;
  const auto s = w.server.socket("/late");
  s.open();
  w.settle();
  w.run(s.disconnect());
  CHECK(w.connection().texts == texts{"0/other,", "0/late,"});
  SECTION("it is told that it leaves") {
    w.connection().deliver(R"(0/late,{"sid":"x"})");
    w.settle();
    CHECK(w.connection().texts.back() == "1/late,");
    CHECK_FALSE(s.connected());
  }
  SECTION("a second connect() waits for the first answer") {
    auto joined = w.start(s.connect());
    CHECK(w.connection().texts.size() == 2);
    w.connection().deliver(R"(0/late,{"sid":"x"})");
    w.settle();
    CHECK(code_of(joined) == boost::system::error_code());
    CHECK(s.id() == "x");
  }
}

TEST_CASE("the server disconnects a socket: it stays away until connect()") {
  client_world w;
  const auto s = w.server.socket("/");
  std::string why;
  s.on_disconnect([&](client_reason r) { why = r.text(); });
  w.run(s.connect());
  auto ended = w.start(s.disconnected());
  w.connection().deliver("1");
  w.settle();
  CHECK(why == "io server disconnect");
  CHECK(ended.get() == client_reason::kind::io_server_disconnect);
  CHECK_FALSE(s.active());
  w.advance(1min);
  CHECK(w.source->made.size() == 1);
  w.run(s.connect());
  CHECK(s.connected());
}

TEST_CASE("a handler of on_disconnect may connect again at once") {
  client_world w;
  const auto s = w.server.socket("/");
  s.on_disconnect([s](client_reason) { s.open(); });
  w.run(s.connect());
  w.connection().deliver("1");
  w.settle();
  CHECK(s.connected());
  CHECK(w.source->made.size() == 1);
  CHECK(s.id() == "id2");
}

TEST_CASE("events that come before the answer to CONNECT are handled after it") {
  client_world w;
  w.source->answers_connect = false;
  const auto s = w.server.socket("/");
  texts got;
  s.on_connect([&] { got.push_back("connect"); });
  s.on("early", [&](int n) { got.push_back("early " + std::to_string(n)); });
  s.open();
  w.settle();
  w.connection().deliver(R"(2["early",1])");
  w.settle();
  CHECK(got.empty());
  w.connection().deliver(R"(0{"sid":"x"})");
  w.settle();
  CHECK(got == texts{"early 1", "connect"});
}

TEST_CASE("protocol 4: the server lets the client into \"/\" by itself") {
  manager_options options = steady();
  options.protocol = 4;
  client_world w(std::move(options));
  w.source->answers_connect = false;
  const auto root = w.server.socket("/");
  const auto chat = w.server.socket("/chat", {.query = "token=abc"});
  auto joined = w.start(root.connect());
  auto joined_chat = w.start(chat.connect());
  CHECK(w.connection().texts == texts{"0/chat?token=abc,"});
  w.connection().deliver("0");
  w.connection().deliver("0/chat,");
  w.settle();
  CHECK(code_of(joined) == boost::system::error_code());
  CHECK(code_of(joined_chat) == boost::system::error_code());
  CHECK(root.id() == "session");
  CHECK(chat.id() == "/chat#session");
  const auto refused = w.server.socket("/no");
  auto failed = w.start(refused.connect());
  w.connection().deliver(R"(4/no,"Invalid namespace")");
  w.settle();
  try {
    failed.get();
    FAIL("nothing was thrown");
  } catch (const connect_error& e) {
    CHECK(e.message() == "Invalid namespace");
  }
}

TEST_CASE("protocol 5: a CONNECT without sid is a server of generation 2") {
  client_world w;
  w.source->answers_connect = false;
  const auto s = w.server.socket("/");
  auto joined = w.start(s.connect());
  w.connection().deliver("0");
  w.settle();
  CHECK(code_of(joined) == errc::disconnected);
}

TEST_CASE("the state of a connection is recovered: pid and offset go with CONNECT") {
  client_world w;
  w.source->more = R"(,"pid":"p1")";
  const auto s = w.server.socket("/", {.auth = {{"token", 1}}});
  w.run(s.connect());
  CHECK_FALSE(s.recovered());
  w.connection().deliver(R"(2["news",1,"offset7"])");
  w.settle();
  w.connection().lose(reason::kind::transport_error);
  w.advance(1s);
  CHECK(w.connection().texts == texts{R"(0{"pid":"p1","offset":"offset7","token":1})"});
  CHECK(s.recovered());
  w.source->more = R"(,"pid":"p2")";
  w.connection().lose(reason::kind::transport_error);
  w.advance(1s);
  CHECK(s.connected());
  CHECK_FALSE(s.recovered());
}

TEST_CASE("options that make no sense are refused") {
  const auto make = [](manager_options options) { client_world w(std::move(options)); };
  manager_options protocol;
  protocol.protocol = 3;
  CHECK_THROWS_AS(make(protocol), error);
  manager_options factor;
  factor.randomization_factor = 1.5;
  CHECK_THROWS_AS(make(factor), error);
  manager_options delay;
  delay.reconnection_delay = -1ms;
  CHECK_THROWS_AS(make(delay), error);
}
