// Clients of generation 2: Socket.IO protocol 4 on Engine.IO 3, as they are on the wire.

#include <boost/json/serialize.hpp>
#include <cosio/cosio.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;

namespace {

// Tells the test who joins what, with which auth.
struct old_world {
  old_world() {
    for (const char* name : {"/", "/chat", "/a/b"}) {
      s.io.of(name, [this](cosio::socket c) {
        joined.put(c.nsp().name() + " " + c.id() + " " + boost::json::serialize(c.handshake().auth().value()));
        c.on("echo", [c](cosio::arguments all) -> cosio::task<> { co_await c.emit("echo", all); });
      });
    }
    port = s.start();
  }

  mailbox<> joined;
  sio_server s;
  std::uint16_t port = 0;
};

}  // namespace

// edge 215, 218
TEST_CASE("a client of generation 2 is in the main namespace at once, under its session's id",
          "[socketio][protocol4]") {
  old_world w;
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    sio_client c(w.port, generation2(over));
    CHECK(c.receive() == "0");
    CHECK(w.joined.take() == "/ " + c.sid() + " {}");
    c.send("0/chat,");
    CHECK(c.receive() == "0/chat,");
    CHECK(w.joined.take() == "/chat /chat#" + c.sid() + " {}");
    c.send(R"(2/chat,["echo",1])");
    CHECK(c.receive() == R"(2/chat,["echo",1])");
    c.send("1/chat,");
    c.send("0/chat,");
    CHECK(c.receive() == "0/chat,");
    CHECK(w.joined.take() == "/chat /chat#" + c.sid() + " {}");
  }
}

// edge 216, 220
TEST_CASE("generation 2 names namespaces by URLs: with a query, a fragment, and dots", "[socketio][protocol4]") {
  old_world w;
  struct row {
    std::string_view sent;
    std::string_view joined;
    std::string_view auth;
  };
  const row rows[] = {{"0/chat?token=1%20a&x=y,", "/chat", R"({"token":"1 a","x":"y"})"},
                      {"0/chat?x=1&x=2", "/chat", R"({"x":"2"})"},
                      {R"(0/chat,{"token":"payload"})", "/chat", "{}"},
                      {"0/chat#part,", "/chat", "{}"},
                      {"0/chat?a=b#part,", "/chat", R"({"a":"b"})"},
                      {"0/nowhere/../chat,", "/chat", "{}"},
                      {"0/a/./b,", "/a/b", "{}"},
                      {"0//host/a/b,", "/a/b", "{}"}};
  for (const row& r : rows) {
    CAPTURE(r.sent);
    sio_client c(w.port, generation2());
    CHECK(c.receive() == "0");
    w.joined.take();
    c.send(std::string(r.sent));
    CHECK(c.receive() == "0" + std::string(r.joined) + ",");
    CHECK(w.joined.take() ==
          std::string(r.joined) + " " + std::string(r.joined) + "#" + c.sid() + " " + std::string(r.auth));
    const std::string query = r.sent.find('?') == std::string_view::npos ? "" : "?token=1";
    c.send("2" + std::string(r.joined) + query + R"(,["echo","x"])");
    CHECK(c.receive() == "2" + std::string(r.joined) + R"(,["echo","x"])");
  }
}

TEST_CASE("the query of a namespace is added to that of the request, for generation 2", "[socketio][protocol4]") {
  sio_server s;
  mailbox<> joined;
  const auto tell = [&](const cosio::handshake& h) {
    std::string all = std::string(h.query("token").value_or("none"));
    for (const auto& [name, value] : h.queries())
      if (name != "EIO" && name != "transport") all += " " + name + "=" + value;
    joined.put(all + " " + boost::json::serialize(h.to_json()["query"].as_object()["token"]));
  };
  s.io.on_connection([&](cosio::socket c) { tell(c.handshake()); });
  s.io.of([&](std::string, cosio::handshake h) -> cosio::task<bool> {
    tell(h);
    co_return true;
  });
  const auto port = s.start();
  sio_settings settings = generation2();
  settings.query = "&token=url&x=1";
  sio_client c(port, settings);
  c.receive();
  CHECK(joined.take() == "url token=url x=1 \"url\"");
  c.send("0/private?token=a%20b&y=2,");
  CHECK(joined.take() == "a b x=1 token=a b y=2 \"a b\"");
  c.send("0/plain,");
  CHECK(joined.take() == "url token=url x=1 \"url\"");
  settings.eio = 4;
  sio_client now(port, settings);
  now.send(R"(0/new,{"token":"payload"})");  // auth is no query
  CHECK(joined.take() == "url token=url x=1 \"url\"");
}

TEST_CASE("generation 2 joins the main namespace again only when it has left it", "[socketio][protocol4]") {
  old_world w;
  for (const char* again : {"0", "0/?a=b", "0//host"}) {
    CAPTURE(again);
    sio_client c(w.port, generation2(sio_settings::transport::polling));
    CHECK(c.receive() == "0");
    c.send(again);
    CHECK(c.ends());
    sio_client ws(w.port, generation2());
    CHECK(ws.receive() == "0");
    ws.send("2[\"x\"]");
    ws.send(again);
    CHECK(ws.ends());
  }
  sio_client c(w.port, generation2());
  CHECK(c.receive() == "0");
  c.send("1");
  c.send("0");
  CHECK(c.receive() == "0");
}

TEST_CASE("generation 2 hears of a namespace that is not there, and of a refusal, in ERROR packets",
          "[socketio][protocol4]") {
  old_world w;
  w.s.io.of("/closed").use([](cosio::socket&, cosio::next) -> cosio::task<> { throw cosio::refusal("no"); });
  w.s.io.of("/data").use([](cosio::socket&, cosio::next) -> cosio::task<> { throw cosio::refusal("no", 7); });
  sio_client c(w.port, generation2());
  CHECK(c.receive() == "0");
  c.send("0/nope?x=y,");
  CHECK(c.receive() == R"(4/nope,"Invalid namespace")");
  c.send("0/closed,");
  CHECK(c.receive() == R"(4/closed,"no")");
  c.send("0/data,");
  CHECK(c.receive() == "4/data,7");
  c.send(R"(2["echo","still here"])");
  CHECK(c.receive() == R"(2["echo","still here"])");
}

TEST_CASE("generation 2 gets a string for each refusal without data", "[socketio][protocol4]") {
  cosio::options opts = test_options();
  opts.max_namespaces_per_client = 2;
  sio_server s(opts);
  s.io.of("/a");
  s.io.of("/b");
  sio_client c(s.start(), generation2());
  CHECK(c.receive() == "0");
  c.send("0/a,");
  CHECK(c.receive() == "0/a,");
  c.send("0/b,");
  CHECK(c.receive() == R"(4/b,"too many namespaces")");
}

TEST_CASE("generation 2 may send a long query with a namespace, as tokens are", "[socketio][protocol4]") {
  old_world w;
  sio_client c(w.port, generation2());
  CHECK(c.receive() == "0");
  w.joined.take();
  const std::string token(2'000, 'x');
  c.send("0/chat?token=" + token + ",");
  CHECK(c.receive() == "0/chat,");
  CHECK(w.joined.take() == "/chat /chat#" + c.sid() + R"( {"token":")" + token + R"("})");
  c.send("0/a/b?token=" + std::string(20'000, 'x') + ",");
  CHECK(c.receive() == R"(4/a/b,"Invalid namespace")");
}
