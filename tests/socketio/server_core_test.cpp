// Namespaces by name, by pattern and by predicate.

#include "socketio/server_core.hpp"

#include <boost/json/serialize.hpp>

#include <cosio/cosio.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::next;
using cosio::task;

namespace {

std::string reply(sio_client& c, const std::string& connect) {
  c.send(connect);
  return c.receive();
}

std::set<std::string> names_of(const std::vector<cosio::nsp>& all) {
  std::set<std::string> out;
  for (const auto& nsp : all) out.insert(nsp.name());
  return out;
}

bool exists(const cosio::server& io, std::string_view name) { return io.internals()->find(name) != nullptr; }

}  // namespace

TEST_CASE("a namespace is made once, under a name with a leading slash", "[socketio][server_core]") {  // edge 205
  const cosio::server io(test_options());
  CHECK(io.of("").name() == "/");
  CHECK(io.of("/").internals() == io.sockets().internals());
  CHECK(io.of("abc").name() == "/abc");
  CHECK(io.of("abc").internals() == io.of("/abc").internals());
  CHECK(io.of("/abc").internals() != io.of("/ABC").internals());
}

TEST_CASE("every new namespace but / is told of, once", "[socketio][server_core]") {  // edge 206
  mailbox<> made;
  sio_server s;
  s.io.on_new_namespace([&](cosio::nsp n) { made.put(n.name()); });
  s.io.of("/");
  s.io.of("/static");
  s.io.of("static");
  s.io.of(cosio::pattern("/dynamic-{digits}"));
  const auto port = s.start();
  CHECK(made.take() == "/static");
  sio_client a(port);
  sio_client b(port);
  a.join("/dynamic-1");
  b.join("/dynamic-1");
  b.join("/dynamic-2");
  CHECK(made.take() == "/dynamic-1");
  CHECK(made.take() == "/dynamic-2");
  CHECK(made.empty());
}

TEST_CASE("a namespace whose on_new_namespace handler throws is not made: it may lack its middleware",
          "[socketio][server_core]") {
  const captured_log log;
  sio_server s;
  bool fails = true;
  s.io.on_new_namespace([&](cosio::nsp made) {
    if (fails) throw std::runtime_error("callback failed");
    made.use([](cosio::socket&, next) -> task<> { throw cosio::refusal("members only"); });
  });
  s.io.of(cosio::pattern("/d-{digits}"));
  CHECK_THROWS_WITH(s.io.of("/named"), "callback failed");
  CHECK_FALSE(exists(s.io, "/named"));
  sio_client c(s.start());
  CHECK(reply(c, "0/d-1,") == R"(4/d-1,{"message":"internal error"})");
  CHECK(log.count(cosio::log_level::error, "callback failed") == 1);
  fails = false;
  CHECK(reply(c, "0/d-1,") == R"(4/d-1,{"message":"members only"})");
}

TEST_CASE("a namespace made by a pattern has the middleware and handlers of its parent",
          "[socketio][server_core]") {  // edge 207
  mailbox<> steps;
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/dynamic-{digits}"));
  parent.use([&](cosio::socket& c, next go) -> task<> {
    steps.put("middleware of " + c.nsp().name());
    co_await go();
  });
  parent.on("connection", [&](cosio::socket c) { steps.put("connection to " + c.nsp().name()); });
  sio_client c(s.start());
  c.join("/dynamic-101");
  CHECK(steps.take() == "middleware of /dynamic-101");
  CHECK(steps.take() == "connection to /dynamic-101");
  CHECK(reply(c, "0/dynamic-x,") == R"(4/dynamic-x,{"message":"Invalid namespace"})");  // edge 208
  CHECK(names_of(parent.children()) == std::set<std::string>{"/dynamic-101"});
  CHECK_FALSE(exists(s.io, "/dynamic-x"));
}

TEST_CASE("what is registered on a parent counts for namespaces made later", "[socketio][server_core]") {
  mailbox<> steps;
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  sio_client c(s.start());
  c.join("/d-1");
  parent.on_connection([&](cosio::socket who) { steps.put(who.nsp().name()); });
  c.join("/d-2");
  CHECK(steps.take() == "/d-2");
  CHECK(steps.empty());
}

TEST_CASE("a parent hears of the errors of its namespaces", "[socketio][server_core]") {
  const captured_log log;
  mailbox<> said;
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  parent.on_error([&](cosio::socket who, const cosio::socket_error& wrong) {
    said.put(who.nsp().name() + " " + wrong.event() + ": " + wrong.message());
  });
  parent.on_connection([](cosio::socket user) { user.on("fail", [] { throw std::runtime_error("broken"); }); });
  sio_client c(s.start());
  c.join("/d-1");
  c.send(R"(2/d-1,["fail"])");
  CHECK(said.take() == "/d-1 fail: broken");
}

TEST_CASE("a predicate sees name, auth and query, and may take its time", "[socketio][server_core]") {  // edge 207
  mailbox<> asked;
  cosio::test::pause here;
  sio_server s;
  s.io.of([&](std::string name, cosio::handshake shaken) -> task<bool> {
    asked.put(name + " " + boost::json::serialize(shaken.auth().value()) + " " +
              std::string(shaken.query("q").value_or("-")));
    co_await here.wait();
    co_return shaken.auth().object().contains("ok");
  });
  sio_settings with_query;
  with_query.query = "&q=7";
  sio_client c(s.start(), with_query);
  c.send("0/any/name,{\"ok\":1}");
  CHECK(asked.take() == R"(/any/name {"ok":1} 7)");
  here.go();
  CHECK(c.receive().starts_with("0/any/name,{"));
  c.send("0/other,");
  CHECK(asked.take() == "/other {} 7");
  here.go();
  CHECK(c.receive() == R"(4/other,{"message":"Invalid namespace"})");
}

TEST_CASE("candidates are asked in the order of registration, and the first that allows wins",
          "[socketio][server_core]") {
  const captured_log log;
  mailbox<> asked;
  sio_server s;
  const auto predicate = [&](std::string label, bool answer) {
    return [&asked, label, answer](std::string, cosio::handshake) -> task<bool> {
      asked.put(label);
      co_return answer;
    };
  };
  s.io.of(predicate("no", false));
  s.io.of([&](std::string, cosio::handshake) -> task<bool> {
    asked.put("throws");
    throw std::runtime_error("predicate failed");
  });
  s.io.of(cosio::pattern("/a{digits}"));
  const auto winner = s.io.of(predicate("yes", true));
  s.io.of(predicate("too late", true));
  sio_client c(s.start());
  c.join("/b1");
  for (const char* label : {"no", "throws", "yes"}) CHECK(asked.take() == label);
  c.join("/a1");
  for (const char* label : {"no", "throws"}) CHECK(asked.take() == label);
  CHECK(asked.empty());
  CHECK(names_of(winner.children()) == std::set<std::string>{"/b1"});
  CHECK(log.count(cosio::log_level::error, "predicate failed") == 2);
}

TEST_CASE("a predicate that refuses speaks to the client, and one that fails does not, unless another rule allows",
          "[socketio][server_core]") {
  const captured_log log;
  sio_server s;
  s.io.of([](std::string name, cosio::handshake) -> task<bool> {
    if (name == "/refused") throw cosio::refusal("ask for an invitation", 402);
    if (name != "/no") throw std::runtime_error("10.0.0.7 is down");
    co_return false;
  });
  s.io.of(cosio::pattern("/a{digits}"));
  sio_client c(s.start());
  const auto reply = [&c](const std::string& name) {
    c.send("0" + name + ",");
    return c.receive();
  };
  CHECK(reply("/refused") == R"(4/refused,{"message":"ask for an invitation","data":402})");
  CHECK(reply("/failed") == R"(4/failed,{"message":"internal error"})");
  CHECK(reply("/no") == R"(4/no,{"message":"Invalid namespace"})");
  CHECK(log.count(cosio::log_level::error, "10.0.0.7 is down") == 1);
  CHECK(reply("/a1").starts_with("0/a1,{"));
  CHECK(log.count(cosio::log_level::error, "10.0.0.7 is down") == 2);
}

TEST_CASE("two clients that race for a namespace share one", "[socketio][server_core]") {  // edge 209
  cosio::test::pause here;
  mailbox<> made;
  sio_server s(test_options(2));
  s.io.on_new_namespace([&](cosio::nsp n) { made.put(n.name()); });
  const auto parent = s.io.of([&](std::string, cosio::handshake) -> task<bool> {
    co_await here.wait();
    co_return true;
  });
  const auto port = s.start();
  sio_client a(port);
  sio_client b(port);
  a.send("0/race,");
  b.send("0/race,");
  const auto first = here.arrival();
  here.go();
  first->end();
  CHECK(a.receive().starts_with("0/race,{"));
  CHECK(b.receive().starts_with("0/race,{"));
  CHECK(parent.children().size() == 1);
  CHECK(s.run(s.io.of("/race").clients()).size() == 2);
  CHECK(made.take() == "/race");
  CHECK(made.empty());
}

TEST_CASE("a client that leaves while a predicate thinks gets nothing, and the next one joins",
          "[socketio][server_core]") {
  cosio::test::pause here;
  sio_server s;
  s.io.of([&](std::string, cosio::handshake) -> task<bool> {
    co_await here.wait();
    co_return true;
  });
  const auto port = s.start();
  {
    sio_client a(port);
    a.send("0/x,");
    const auto waiting = here.arrival();
    a.drop();
    CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
    waiting->end();
  }
  sio_client b(port);
  b.send("0/x,");
  here.go();  // nobody had joined the namespace: it went again, and the predicate is asked again
  CHECK(b.receive().starts_with("0/x,{"));
  CHECK(s.run(s.io.of("/x").clients()).size() == 1);
}

TEST_CASE("a name made by hand belongs to the first pattern that it fits", "[socketio][server_core]") {  // edge 214
  mailbox<> steps;
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/dynamic-{digits}"));
  parent.on_connection([&](cosio::socket c) { steps.put("parent's for " + c.nsp().name()); });
  const auto by_hand = s.io.of("/dynamic-101");
  by_hand.on_connection([&](cosio::socket) { steps.put("its own"); });
  CHECK(names_of(parent.children()) == std::set<std::string>{"/dynamic-101"});
  sio_client c(s.start());
  c.join("/dynamic-101");
  CHECK(steps.take() == "parent's for /dynamic-101");
  CHECK(steps.take() == "its own");
}

TEST_CASE("a parent emits to all of its namespaces", "[socketio][server_core]") {  // edge 213
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  const auto port = s.start();
  sio_client a(port);
  sio_client b(port);
  a.join("/d-1");
  b.join("/d-2");
  b.join("/");
  const auto report = s.run(parent.emit("news", 1, cosio::binary(std::string("x"))));
  CHECK(report.queued == 2);
  CHECK(a.receive() == R"(51-/d-1,["news",1,{"_placeholder":true,"num":0}])");
  CHECK(b.receive() == R"(51-/d-2,["news",1,{"_placeholder":true,"num":0}])");
  CHECK_THROWS_AS(s.run(parent.emit("disconnect")), cosio::error);
}

// ---------------------------------------------------------------- cleaning up

TEST_CASE("an empty child namespace goes, if that is wanted, and comes again", "[socketio][server_core]") {  // edge 210
  cosio::options opts = test_options();
  const bool wanted = GENERATE(true, false);
  CAPTURE(wanted);
  opts.cleanup_empty_child_namespaces = wanted;
  mailbox<> made;
  sio_server s(opts);
  s.io.on_new_namespace([&](cosio::nsp n) { made.put(n.name()); });
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  parent.use([](cosio::socket& c, next go) -> task<> {
    if (c.handshake().auth().object().contains("no")) throw cosio::refusal("no");
    co_await go();
  });
  const auto port = s.start();
  sio_client a(port);
  bool goes = wanted;

  SECTION("the last client leaves") {
    sio_client b(port);
    a.join("/d-1");
    b.join("/d-1");
    a.send({"1/d-1", "0/none,"});
    a.receive();
    CHECK(exists(s.io, "/d-1"));
    b.send({"1/d-1", "0/none,"});
    b.receive();
    CHECK(eventually([&] { return exists(s.io, "/d-1") != wanted; }));  // the client may hear of it first
  }
  SECTION("the last client's connection is lost") {
    a.join("/d-1");
    a.drop();
    CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
    CHECK(eventually([&] { return exists(s.io, "/d-1") != wanted; }));  // the client may hear of it first
  }
  SECTION("the server disconnects it") {
    a.join("/d-1");
    s.run(s.io.of("/d-1").disconnect_sockets());
    CHECK(eventually([&] { return exists(s.io, "/d-1") != wanted; }));  // the client may hear of it first
  }
  SECTION("the only client is refused") {
    CHECK(reply(a, R"(0/d-1,{"no":1})") == R"(4/d-1,{"message":"no"})");
    goes = true;                                               // nobody has ever joined it
    CHECK(eventually([&] { return !exists(s.io, "/d-1"); }));  // the client may hear of it first
  }
  CHECK(made.take() == "/d-1");
  sio_client again(port);
  again.join("/d-1");
  CHECK(exists(s.io, "/d-1"));
  if (goes) CHECK(made.take() == "/d-1");
  CHECK(made.empty());
}

TEST_CASE("a child namespace stays while somebody is in, and while somebody is on the way in",
          "[socketio][server_core]") {  // edge 211
  cosio::options opts = test_options();
  opts.cleanup_empty_child_namespaces = true;
  cosio::test::pause here;
  sio_server s(opts);
  s.io.of(cosio::pattern("/d-{digits}")).use([&](cosio::socket& c, next go) -> task<> {
    const bool refused = c.handshake().auth().object().contains("no");
    const bool slow = c.handshake().auth().object().contains("slow");
    if (slow) co_await here.wait();
    if (refused) throw cosio::refusal("no");
    co_await go();
  });
  const auto port = s.start();
  sio_client a(port);
  sio_client b(port);
  SECTION("in") {
    a.join("/d-1");
    CHECK(reply(b, R"(0/d-1,{"no":1})") == R"(4/d-1,{"message":"no"})");
    CHECK(exists(s.io, "/d-1"));
  }
  SECTION("on the way in") {
    a.send(R"(0/d-1,{"slow":1})");
    const auto waiting = here.arrival();
    CHECK(reply(b, R"(0/d-1,{"no":1})") == R"(4/d-1,{"message":"no"})");
    CHECK(exists(s.io, "/d-1"));
    waiting->end();
    CHECK(a.receive().starts_with("0/d-1,{"));
  }
  CHECK(s.run(s.io.of("/d-1").clients()).size() == 1);
}

TEST_CASE("a child namespace made for a client that has left meanwhile goes again", "[socketio][server_core]") {
  cosio::options opts = test_options();
  opts.cleanup_empty_child_namespaces = GENERATE(true, false);
  mailbox<> made;
  cosio::test::pause here;
  sio_server s(opts);
  s.io.on_new_namespace([&](cosio::nsp n) { made.put(n.name()); });
  s.io.of([&](std::string, cosio::handshake) -> task<bool> {
    co_await here.wait();
    co_return true;
  });
  sio_client c(s.start());
  c.send("0/asked,");
  const auto asking = here.arrival();
  c.drop();
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  asking->end();
  CHECK(made.take() == "/asked");
  CHECK(eventually([&] { return !exists(s.io, "/asked"); }));
}

TEST_CASE("a namespace that was made by name stays", "[socketio][server_core]") {  // edge 212
  cosio::options opts = test_options();
  opts.cleanup_empty_child_namespaces = true;
  sio_server s(opts);
  s.io.of("/static");
  sio_client c(s.start());
  c.join("/static");
  c.send({"1/static,", "0/none,"});
  c.receive();
  CHECK(exists(s.io, "/static"));
}

TEST_CASE("a namespace that clients leave and join at the same time is never one without a name",
          "[socketio][server_core]") {
  cosio::options opts = test_options(4);
  opts.cleanup_empty_child_namespaces = true;
  sio_server s(opts);
  s.io.of(cosio::pattern("/d-{digits}"));
  const auto port = s.start();
  std::vector<std::thread> threads;
  std::atomic<int> lost{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      sio_client c(port);
      for (int i = 0; i < 50; ++i) {
        const std::string id = c.join("/d-1");
        const auto found = s.io.internals()->find("/d-1");
        if (!found || !s.run(cosio::nsp(found).connected()).contains(id)) ++lost;
        c.send("1/d-1,");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(lost == 0);
}

TEST_CASE("an adapter of the application's serves every namespace, and may refuse to be made",
          "[socketio][server_core]") {
  mailbox<> made;
  cosio::options opts = test_options();
  opts.adapter = [&](cosio::adapter_host& host) -> std::shared_ptr<cosio::adapter> {
    made.put(host.name());
    throw std::runtime_error("no adapter for you");
  };
  CHECK_THROWS_WITH(cosio::server(opts), "no adapter for you");
  CHECK(made.take() == "/");
}
