// One connection: requests in, answers out in order, time limits, upgrades, the end.

#include "http/connection.hpp"

#include <cosio/error.hpp>

#include <string>

#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string upgrade_headers = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

}  // namespace

TEST_CASE("a connection answers one request after the other", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  for (int i = 0; i < 3; ++i) {
    const http_answer answer = client.ask(get("/hello"));
    CHECK(answer.status == 200);
    CHECK(answer.reason == "OK");
    CHECK(answer.body == "hello");
    CHECK(answer.header("content-length") == "5");
    CHECK_FALSE(answer.has("connection"));
  }
  CHECK_FALSE(client.ended());
  CHECK(d.open() == 1);
  client.close();
  CHECK(d.open() == 0);
}

TEST_CASE("a request may come byte by byte", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send_slowly(post("/echo", "body") + get("/hello"));
  CHECK(client.answer()->body == "body");
  CHECK(client.answer()->body == "hello");
}

TEST_CASE("pipelined requests are answered in their order", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(post("/echo", "1") + get("/nothing") + post("/echo", "3") + get("/hello"));
  CHECK(client.answer()->body == "1");
  CHECK(client.answer()->status == 404);
  CHECK(client.answer()->body == "3");
  CHECK(client.answer()->body == "hello");
}

TEST_CASE("HTTP/1.0 is answered and closed, unless it asks to stay", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  CHECK(client.answer()->header("connection") == "keep-alive");
  const http_answer last = client.ask("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(last.body == "hello");
  CHECK(last.header("connection") == "close");
  CHECK(client.ended());
}

TEST_CASE("after Connection: close nothing more is answered", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/hello", "Connection: close\r\n") + get("/hello"));
  CHECK(client.answer()->header("connection") == "close");
  CHECK(client.ended());
  CHECK(client.received().empty());
  client.close();
  CHECK(d.open() == 0);
}

TEST_CASE("a handler may close the connection behind its answer", "[http][connection]") {
  door d;
  d.app.get("/bye", [](http::request) { return http::response(200, "bye").set("Connection", "close"); });
  memory_client client = d.connect();
  const http_answer answer = client.ask(get("/bye"));
  CHECK(answer.header("connection") == "close");
  CHECK(client.ended());
}

TEST_CASE("HEAD is answered like GET, without the body", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  const auto head = client.answer(true);
  CHECK(head->status == 200);
  CHECK(head->header("content-length") == "5");
  CHECK(client.answer()->body == "hello");
}

TEST_CASE("a status without body is sent without one, whatever the handler gave", "[http][connection]") {
  door d;
  d.app.get("/none", [](http::request) { return http::response(204, "ignored"); });
  d.app.get("/same", [](http::request) { return http::response(304, "ignored"); });
  memory_client client = d.connect();
  client.send(get("/none") + get("/same") + get("/hello"));
  CHECK_FALSE(client.answer()->has("content-length"));
  CHECK(client.answer()->status == 304);
  CHECK(client.answer()->body == "hello");
}

TEST_CASE("what a handler throws is answered with 500 and logged", "[http][connection]") {
  captured_log log;
  door d;
  d.app.get("/now", [](http::request) -> http::response { throw std::runtime_error("no luck"); });
  d.app.get("/later", [](http::request) -> task<http::response> {
    co_await boost::asio::this_coro::executor;
    throw std::runtime_error("no luck at all");
  });
  memory_client client = d.connect();
  CHECK(client.ask(get("/now")).status == 500);
  const http_answer later = client.ask(get("/later"));
  CHECK(later.status == 500);
  CHECK(later.body.empty());
  CHECK(log.count(log_level::error, "no luck") == 2);
  CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE("a handler that throws is logged with the method and the path, and without the query", "[http][connection]") {
  const captured_log log;
  door d;
  d.app.get("/:name", [](http::request) -> http::response { throw std::runtime_error("no luck"); });
  memory_client client = d.connect();
  CHECK(client.ask(get("/now?token=secret")).status == 500);
  CHECK(log.count(log_level::error, R"(the handler of GET "/now" threw: no luck)") == 1);
  CHECK(log.count(log_level::error, "secret") == 0);
  const std::string start = "/" + std::string(63, 'a');
  CHECK(client.ask(get(start + "bbbb")).status == 500);
  CHECK(log.count(log_level::error, "the handler of GET \"" + start + "…\" threw: no luck") == 1);
}

TEST_CASE("a body is limited, by its length before it is read", "[http][connection]") {
  http::app_options options;
  options.max_body = 10;
  door d(options);
  memory_client client = d.connect();
  CHECK(client.ask(post("/echo", "0123456789")).body == "0123456789");
  CHECK(client.ask(post("/echo", "0123456789A")).status == 413);
  CHECK(client.ask(get("/hello")).status == 200);  // the little that was too much has been skipped
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  const auto refused = client.answer();
  REQUIRE(refused);
  CHECK(refused->status == 413);
  CHECK(refused->header("connection") == "close");
}

TEST_CASE("a chunked body is limited while it is read", "[http][connection]") {
  http::app_options options;
  options.max_body = 10;
  door d(options);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  memory_client client = d.connect();
  client.send_slowly(head + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n");
  CHECK(client.answer()->body == "0123456789");
  const http_answer refused = client.ask(head + "B\r\n0123456789A\r\n");
  CHECK(refused.status == 413);
  CHECK(refused.header("connection") == "close");
  CHECK(client.ended());
}

TEST_CASE("a refused client that goes on sending can read why", "[http][connection]") {
  http::app_options options;
  options.max_body = 10;
  door d(options);
  memory_client client = d.connect(4096);
  client.send(post("/echo", std::string(1'000'000, 'x')));
  const auto answer = client.answer();
  REQUIRE(answer);
  CHECK(answer->status == 413);
  CHECK(client.ended());
  CHECK(d.open() == 1);  // the client has not closed yet
  d.w.advance(2s);
  CHECK(d.open() == 0);
}

TEST_CASE("a body nobody reads is skipped when it is small, else the connection ends", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(post("/nothing", std::string(65'536, 'x')) + get("/hello"));
  CHECK(client.answer()->status == 404);
  CHECK(client.answer()->status == 200);
  client.send(post("/nothing", std::string(65'537, 'x')) + get("/hello"));
  const auto refused = client.answer();
  CHECK(refused->status == 404);
  CHECK(refused->header("connection") == "close");
  CHECK(client.ended());
  memory_client chunked = d.connect();
  chunked.send("POST /nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" +
               get("/hello"));
  CHECK(chunked.answer()->header("connection") == "close");
  CHECK(chunked.ended());
}

TEST_CASE("a client that waits for 100 Continue gets it once its body is wanted", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");
  CHECK(client.received() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.ask("body").body == "body");
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
  CHECK(client.answer()->body == "body");  // it did not wait: no interim answer
}

TEST_CASE("a client that waits for 100 Continue in vain gets the answer, and the connection ends",
          "[http][connection]") {
  door d;
  memory_client client = d.connect();
  const http_answer answer =
      client.ask("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(answer.status == 404);
  CHECK(answer.header("connection") == "close");
  CHECK(client.ended());
  memory_client other = d.connect();
  CHECK(other.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: the-moon\r\n\r\n").status == 417);
  CHECK(other.ended());
}

TEST_CASE("what is no request is refused, and the connection ends", "[http][connection]") {
  struct row {
    const char* why;
    std::string bytes;
    unsigned status;
  };
  const row rows[] = {
      {"a bare line feed", "GET / HTTP/1.1\n\n", 400},
      {"a TLS hello", "\x16\x03\x01", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 400},
      {"length and chunked", "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"a long head", "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", 431}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    door d;
    memory_client client = d.connect();
    client.send(r.bytes + get("/hello"));
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == r.status);
    CHECK(answer->header("connection") == "close");
    CHECK(answer->body.empty());
    CHECK(client.ended());
    CHECK(client.received().empty());
  }
}

TEST_CASE("a bad chunk ends the request with 400", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  const http_answer answer =
      client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n" + get("/hello"));
  CHECK(answer.status == 400);
  CHECK(client.ended());
}

TEST_CASE("too many header fields are refused", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: 1\r\n";
  CHECK(client.ask("GET / HTTP/1.1\r\n" + fields + "\r\n").status == 431);
}

TEST_CASE("a head that does not come is given up after its time", "[http][connection]") {
  door d;
  memory_client silent = d.connect();
  memory_client slow = d.connect();
  slow.send("GET /hello HTTP/1.1\r\nHost:");
  d.w.advance(9'999ms);
  CHECK_FALSE(silent.ended());
  CHECK_FALSE(slow.ended());
  d.w.advance(1ms);
  CHECK(silent.ended());
  CHECK(silent.received().empty());
  CHECK(slow.answer()->status == 408);
  CHECK(slow.ended());
}

TEST_CASE("bytes that trickle in do not move the deadline of a head", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  for (int second = 0; second < 10; ++second) {
    client.send("x");
    d.w.advance(1s);
  }
  CHECK(client.answer()->status == 408);
}

TEST_CASE("an idle connection is closed after its time, which every answer begins anew", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  for (int i = 0; i < 3; ++i) {
    CHECK(client.ask(get("/hello")).status == 200);
    d.w.advance(64s);
    CHECK_FALSE(client.ended());
  }
  d.w.advance(1s);
  CHECK(client.ended());
  CHECK(client.received().empty());
  CHECK(d.open() == 0);
}

TEST_CASE("a body that does not come is given up after its time", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  d.w.advance(29'999ms);
  CHECK_FALSE(client.ended());
  d.w.advance(1ms);
  CHECK(client.answer()->status == 408);
  CHECK(client.ended());
}

TEST_CASE("a body may come slowly, but has ten times that time in all", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n");
  for (int i = 0; i < 10; ++i) {
    d.w.advance(29'999ms);
    client.send("a");
  }
  SECTION("the rest comes before the end of it") {
    d.w.advance(9ms);
    client.send("bcdefghijk");
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "aaaaaaaaaabcdefghijk");
  }
  SECTION("the rest does not") {
    d.w.advance(9ms);
    CHECK_FALSE(client.ended());
    d.w.advance(1ms);
    CHECK(client.answer()->status == 408);
    CHECK(client.ended());
  }
}

TEST_CASE("a client that does not read its answer is given up after a time", "[http][connection]") {
  door d;
  d.app.get("/large", [](http::request) { return http::response(200, std::string(100'000, 'x')); });
  memory_client client = d.connect(1000);
  client.send(get("/large"));
  d.w.advance(29s);
  CHECK(d.open() == 1);
  d.w.advance(1s);
  CHECK(d.open() == 0);
}

TEST_CASE("a large answer goes out as the client takes it, and the next request waits", "[http][connection]") {
  door d;
  d.app.get("/large", [](http::request) { return http::response(200, std::string(100'000, 'x')); });
  memory_client client = d.connect(1000);
  client.send(get("/large") + get("/hello"));
  const auto large = client.answer();
  REQUIRE(large);
  CHECK(large->body == std::string(100'000, 'x'));
  CHECK(client.answer()->body == "hello");
}

TEST_CASE("a client may end its direction and still read its answers", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/hello") + get("/hello"));
  client.shutdown_send();
  CHECK(client.answer()->body == "hello");
  CHECK(client.answer()->body == "hello");
  CHECK(client.ended());
  CHECK(d.open() == 0);
}

TEST_CASE("a held answer goes out when it is there", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1"));
  d.w.advance(10min);  // no time limit while it is held
  CHECK_FALSE(client.answer());
  CHECK_FALSE(client.ended());
  d.held->release("/held/1", http::response(200, "at last"));
  CHECK(client.answer()->body == "at last");
  CHECK(d.held->gone.empty());
  d.w.advance(64s);
  CHECK_FALSE(client.ended());
  d.w.advance(1s);
  CHECK(client.ended());  // the idle time began with the answer
}

TEST_CASE("requests behind a held one are read and handled, their answers wait", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1") + post("/held/post", "now") + get("/hello"));
  CHECK(d.held->asked == std::vector<std::string>{"GET /held/1", "POST /held/post"});
  CHECK(client.received().empty());
  d.held->release("/held/1", http::response(200, "first"));
  CHECK(client.answer()->body == "first");
  CHECK(client.answer()->body == "posted now");
  CHECK(client.answer()->body == "hello");
}

TEST_CASE("held answers that are ready in another order go out in the order of their requests", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1") + get("/held/2") + get("/held/3"));
  d.held->release("/held/3", http::response(200, "three"));
  d.held->release("/held/2", http::response(200, "two"));
  CHECK(client.received().empty());
  d.held->release("/held/1", http::response(200, "one"));
  CHECK(client.answer()->body == "one");
  CHECK(client.answer()->body == "two");
  CHECK(client.answer()->body == "three");
}

TEST_CASE("at most eight answers are outstanding", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += get("/held/" + std::to_string(i));
  client.send(requests);
  CHECK(d.held->asked.size() == 8);
  d.held->release("/held/0", http::response(200, "0"));
  CHECK(client.answer()->body == "0");
  CHECK(d.held->asked.size() == 9);
  for (int i = 1; i < 10; ++i) {
    d.held->release("/held/" + std::to_string(i), http::response(200, std::to_string(i)));
    CHECK(client.answer()->body == std::to_string(i));
  }
}

TEST_CASE("a service is told when its client leaves while it holds an answer", "[http][connection]") {
  door d;
  memory_client ends = d.connect();
  memory_client resets = d.connect();
  memory_client closes = d.connect();
  ends.send(get("/held/end"));
  resets.send(get("/held/reset"));
  closes.send(get("/held/close", "Connection: close\r\n"));
  CHECK(d.held->gone.empty());
  ends.shutdown_send();
  CHECK(d.held->gone == std::vector<std::string>{"/held/end"});
  resets.reset();
  CHECK(d.held->gone == std::vector<std::string>{"/held/end", "/held/reset"});
  closes.close();
  CHECK(d.held->gone == std::vector<std::string>{"/held/end", "/held/reset", "/held/close"});
  CHECK(d.open() == 0);
  d.held->release("/held/end", http::response(200, "too late"));
  CHECK(ends.ended());
  CHECK(ends.received().empty());
  CHECK(d.held->gone.size() == 3);
}

TEST_CASE("an answer that was complete goes out although the client of the next one left", "[http][connection]") {
  door d;
  d.app.get("/large", [](http::request) { return http::response(200, std::string(5'000, 'x')); });
  memory_client client = d.connect(1000);
  client.send(get("/large") + get("/held/1"));
  client.shutdown_send();
  const auto large = client.answer();
  REQUIRE(large);
  CHECK(large->body.size() == 5'000);
  CHECK(client.ended());
  CHECK(d.held->gone == std::vector<std::string>{"/held/1"});
}

TEST_CASE("an abort callback can be taken away, and is not called after the answer", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1"));
  d.held->exchanges["/held/1"]->on_abort({});
  client.close();
  CHECK(d.held->gone.empty());
  CHECK(d.open() == 0);
}

TEST_CASE("a service may end the connection instead of answering", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1") + get("/held/2"));
  d.held->watch = false;
  const auto x = d.held->exchanges["/held/2"];
  x->abort();
  CHECK(client.ended());
  CHECK(client.received().empty());
  CHECK(d.held->gone == std::vector<std::string>{"/held/1", "/held/2"});
  x->abort();  // once more is nothing
  d.w.settle();
}

TEST_CASE("destroy is nothing once the answer is there", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1"));
  const auto x = d.held->exchanges["/held/1"];
  d.held->release("/held/1", http::response(200, "there"));
  CHECK(client.answer()->body == "there");
  x->abort();
  CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE("a body that nobody needs any more is not waited for, and its rest is skipped", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("POST /held/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  const auto x = d.held->exchanges.at("/held/1");
  CHECK_FALSE(client.answer());
  x->drop_body();
  d.w.settle();
  CHECK(client.answer()->status == 400);
  client.send("dy" + get("/hello"));
  CHECK(client.answer()->status == 200);
  x->drop_body();  // once more is nothing
  d.w.settle();
  CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE("a body of which nobody has said that he needs it no more is read to its end", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("POST /held/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(client.answer()->body == "posted body");
  client.send("POST /held/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  client.send("dy");
  CHECK(client.answer()->body == "posted body");
}

TEST_CASE("a request that may be held can have a body, which is read first", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send("GET /held/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  CHECK(d.held->asked.empty());
  client.send("dy" + get("/hello"));
  REQUIRE(d.held->asked.size() == 1);
  const auto body = d.w.run(d.held->exchanges["/held/1"]->body(100));
  CHECK(body.value() == "body");
  d.held->release("/held/1", http::response(200, "1"));
  CHECK(client.answer()->body == "1");
  CHECK(client.answer()->body == "hello");
  CHECK(client.ask("GET /held/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n").status == 413);
}

TEST_CASE("a body can be read once, and not behind the answer", "[http][connection]") {
  door d;
  std::shared_ptr<http::exchange> kept;
  memory_client client = d.connect();
  client.send(get("/held/1"));
  kept = d.held->exchanges["/held/1"];
  CHECK(d.w.run(kept->body(10)).value().empty());
  client.close();
}

TEST_CASE("an upgrade takes the stream, and what came behind the request", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/ws", upgrade_headers) + "frames");
  REQUIRE(d.held->taken);
  CHECK(d.held->taken->leftover == "frames");
  REQUIRE(d.held->taken->stream);
  CHECK(client.received().empty());
  CHECK(d.open() == 0);
  boost::system::error_code ec;
  std::string out = "101";
  const iovec piece{out.data(), out.size()};
  d.held->taken->stream->write_some({&piece, 1}, ec);
  CHECK(client.received() == "101");
  d.held->taken.reset();
  CHECK(client.ended());
}

TEST_CASE("a refused upgrade is answered and closed", "[http][connection]") {
  door d;
  d.held->refuse_upgrade = http::response(400, "Bad request", "text/html");
  memory_client client = d.connect();
  client.send(get("/held/ws", upgrade_headers));
  CHECK(client.received() ==
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nBad "
        "request");
  CHECK(client.ended());
}

TEST_CASE("an upgrade that is neither taken nor refused ends the connection", "[http][connection]") {
  door d;
  d.held->take = false;
  memory_client client = d.connect();
  client.send(get("/held/ws", upgrade_headers));
  CHECK(client.ended());
  CHECK(client.received().empty());
  CHECK(d.open() == 0);
}

TEST_CASE("an upgrade waits until earlier answers are out", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/held/1") + get("/held/ws", upgrade_headers) + "frames");
  CHECK_FALSE(d.held->taken);
  d.held->release("/held/1", http::response(200, "first"));
  CHECK(client.answer()->body == "first");
  REQUIRE(d.held->taken);
  CHECK(d.held->taken->leftover == "frames");
}

TEST_CASE("a route answers a request that would also like another protocol", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  CHECK(client.ask(get("/hello", "Connection: Upgrade\r\nUpgrade: IRC/6.9\r\n")).body == "hello");
  CHECK(client.ask(post("/echo", "body", "Connection: Upgrade\r\nUpgrade: foo\r\n")).body == "body");
  CHECK(client.ask(get("/hello")).body == "hello");
}

TEST_CASE("a target in absolute form is a target", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  CHECK(client.ask(get("http://a.example/hello")).body == "hello");
}

TEST_CASE("HTTP/1.1 without a host, or with an impossible one, gets 400 and an end", "[http][connection]") {
  for (const char* fields : {"", "Host: a b\r\n", "Host: a/../b@c\r\n"}) {
    CAPTURE(fields);
    door d;
    memory_client client = d.connect();
    CHECK(client.ask("GET /hello HTTP/1.1\r\n" + std::string(fields) + "\r\n").status == 400);
    CHECK(client.ended());
  }
  door d;
  memory_client old = d.connect();
  CHECK(old.ask("GET /hello HTTP/1.0\r\n\r\n").body == "hello");
}

TEST_CASE("an upgrade that is nobody's gets no byte and is closed after a second", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  client.send(get("/hello", upgrade_headers) + get("/hello"));
  d.w.advance(999ms);
  CHECK_FALSE(client.ended());
  d.w.advance(1ms);
  CHECK(client.ended());
  CHECK(client.received().empty());
  CHECK(d.open() == 0);
}

TEST_CASE("an upgrade with a body is refused", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  CHECK(client.ask(post("/held/ws", "body", upgrade_headers)).status == 400);
  CHECK(client.ended());
  CHECK_FALSE(d.held->taken);
}

TEST_CASE("an upgrade to h2c is ignored, as clients that send it always expect", "[http][connection]") {
  door d;
  memory_client client = d.connect();
  CHECK(
      client.ask(get("/hello", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n")).body ==
      "hello");
}

TEST_CASE("requests know where they came from", "[http][connection]") {
  door d;
  std::string seen;
  d.app.get("/who", [&](http::request r) {
    seen = std::string(r.remote_address()) + (r.secure() ? " secure" : " plain");
    return http::response(200);
  });
  async::memory_streams pair;
  pair.near->remote_address("192.0.2.7");
  pair.near->secure(true);
  d.state->serve(std::move(pair.near));
  memory_client client(d.w, std::move(pair.far));
  client.ask(get("/who"));
  CHECK(seen == "192.0.2.7 secure");
}

TEST_CASE("closing ends idle connections and lets busy ones finish", "[http][connection]") {
  door d;
  memory_client idle = d.connect();
  memory_client used = d.connect();
  memory_client busy = d.connect();
  used.ask(get("/hello"));
  busy.send(get("/held/1"));
  bool closed = false;
  boost::asio::co_spawn(d.w.context(), d.app.close(), [&](std::exception_ptr e) { closed = !e; });
  d.w.settle();
  CHECK(d.held->closed);
  CHECK(idle.ended());
  CHECK(used.ended());
  CHECK_FALSE(busy.ended());
  CHECK_FALSE(closed);
  d.held->release("/held/1", http::response(200, "finished"));
  const auto answer = busy.answer();
  REQUIRE(answer);
  CHECK(answer->body == "finished");
  CHECK(answer->header("connection") == "close");
  CHECK(busy.ended());
  busy.close();
  CHECK(closed);
}

TEST_CASE("a world that ends with connections in every state leaks nothing", "[http][connection]") {
  // The leak checker does the check here: nothing owns itself.
  door d;
  memory_client idle = d.connect();
  memory_client halfway = d.connect();
  memory_client body = d.connect();
  memory_client held = d.connect();
  memory_client stalled = d.connect(10);
  memory_client foreign = d.connect();
  memory_client lingering = d.connect();
  halfway.send("GET /he");
  body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  held.send(get("/held/1") + get("/held/2"));
  stalled.send(get("/hello"));
  foreign.send(get("/x", upgrade_headers));
  lingering.send(get("/hello", "Connection: close\r\n"));
  CHECK(d.open() == 7);
}

TEST_CASE("while a large answer is written, other connections get their turn", "[http][connection]") {
  constexpr std::size_t size = 16 << 20;
  door d;
  d.app.get("/large", [](http::request) { return http::response(200, std::string(size, 'x')); });
  async::memory_streams one(2 * size);
  async::memory_streams two;
  d.state->serve(std::move(one.near));
  d.state->serve(std::move(two.near));
  d.w.settle();
  const auto ask = [](async::memory_stream& on, std::string request) {
    const iovec piece{request.data(), request.size()};
    boost::system::error_code ec;
    on.write_some({&piece, 1}, ec);
  };
  std::string room(2 * size, '\0');
  const auto come = [&](async::memory_stream& from) {
    boost::system::error_code ec;
    return from.read_some(room, ec);
  };
  ask(*one.far, get("/large"));
  ask(*two.far, get("/hello"));
  std::size_t of_large = 0;
  std::size_t of_other = 0;
  while (of_large < size) {
    d.w.context().restart();
    REQUIRE(d.w.context().poll_one() == 1);
    of_large += come(*one.far);
    if (of_other == 0) of_other = come(*two.far);
    if (of_other == 0) CHECK(of_large < size / 4);
  }
  CHECK(of_other > 0);
}
