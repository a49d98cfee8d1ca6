// Clients that mean harm by HTTP/1.1: requests inside requests, bodies that end twice, heads without end, bytes that
// trickle. Each gets a defined answer and a clean end, and what was hidden in it is never answered.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "http/door.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string hidden = "GET /secret HTTP/1.1\r\nHost: a\r\n\r\n";

// A door that counts who asks for what only the one behind a proxy may ask for.
struct guarded_door : door {
  explicit guarded_door(http::app_options options = {}) : door(std::move(options)) {
    app.get("/secret", [this](http::request) {
      ++secrets;
      return http::response(200, "secret");
    });
  }
  int secrets = 0;
};

std::string chunked(std::string_view fields, std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (; times > 0; --times) all += text;
  return all;
}

// Sends it all, whole or byte by byte.
void send(memory_client& client, std::string_view bytes, bool slowly) {
  if (slowly) {
    client.send_slowly(bytes);
  } else {
    client.send(bytes);
  }
}

}  // namespace

TEST_CASE("a request whose end two servers could see in different places is refused, and nothing behind it is read",
          "[http][hostile]") {
  const std::string size = std::to_string(hidden.size() + 5);
  const std::string te = "Transfer-Encoding: chunked\r\n";
  struct row {
    const char* why;
    std::string bytes;
  };
  const row rows[] = {
      {"CL.TE", chunked("Content-Length: " + size + "\r\n" + te, "0\r\n\r\n" + hidden)},
      {"TE.CL", chunked(te + "Content-Length: 4\r\n", "21\r\n" + hidden + "\r\n0\r\n\r\n")},
      {"CL.CL", chunked("Content-Length: 0\r\nContent-Length: " + size + "\r\n", hidden)},
      {"CL.CL in a list", chunked("Content-Length: 0, " + size + "\r\n", hidden)},
      {"a coding that is not known", chunked("Transfer-Encoding: xchunked\r\n", hidden)},
      {"identity", chunked("Transfer-Encoding: identity\r\n", hidden)},
      {"chunked and identity", chunked(te + "Transfer-Encoding: identity\r\n", "0\r\n\r\n" + hidden)},
      {"identity and chunked", chunked("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n" + hidden)},
      {"chunked in quotes", chunked("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n" + hidden)},
      {"chunked with a parameter", chunked("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n" + hidden)},
      {"a space in front of the colon", chunked("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + hidden)},
      {"a tab in front of the colon", chunked("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n" + hidden)},
      {"a vertical tab behind the colon", chunked("Transfer-Encoding:\x0B"
                                                  "chunked\r\n",
                                                  "0\r\n\r\n" + hidden)},
      {"a name in two lines", chunked("Transfer-Encoding\r\n : chunked\r\n", "0\r\n\r\n" + hidden)},
      {"a value in two lines", chunked("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + hidden)},
      {"hidden behind a folded line", chunked("X: y\r\n Transfer-Encoding: chunked\r\n", hidden)},
      {"hidden behind a bare line feed", chunked("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden)},
      {"hidden behind a bare carriage return", chunked("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden)},
      {"hidden behind a zero byte", chunked(std::string("X: \0\r\n", 6) + te, "0\r\n\r\n" + hidden)},
      {"a length with a sign", chunked("Content-Length: +0\r\n", hidden)},
      {"a negative length", chunked("Content-Length: -1\r\n", hidden)},
      {"a hexadecimal length", chunked("Content-Length: 0x0\r\n", hidden)},
      {"a length in two words", chunked("Content-Length: 0 0\r\n", hidden)},
      {"a length with a letter behind it", chunked("Content-Length: 0a\r\n", hidden)},
      {"no length at all behind the colon", chunked("Content-Length:\r\n", hidden)},
      {"a length beyond 64 bits", chunked("Content-Length: 18446744073709551616\r\n", hidden)},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\n" + te + "\r\n0\r\n\r\n" + hidden},
      {"a head that ends with bare line feeds", "GET /hello HTTP/1.1\nHost: a\n\n" + hidden},
      {"a request line in two lines", "GET /hello\r\n HTTP/1.1\r\nHost: a\r\n\r\n" + hidden},
      {"a request without a version", "GET /hello\r\n\r\n" + hidden},
      {"a space at the end of the line", "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n" + hidden},
      {"a target in two words", "GET /hello /x HTTP/1.1\r\nHost: a\r\n\r\n" + hidden},
      {"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + hidden},
  };
  for (const row& r : rows) {
    for (const bool slowly : {false, true}) {
      CAPTURE(r.why, slowly);
      guarded_door d;
      memory_client client = d.connect();
      send(client, r.bytes + hidden, slowly);
      const auto answer = client.answer();
      REQUIRE(answer);
      CHECK(answer->status == 400);
      CHECK(answer->header("connection") == "close");
      CHECK(client.received().empty());
      CHECK(client.ended());
      CHECK(d.secrets == 0);
      client.close();
      CHECK(d.open() == 0);
    }
  }
}

TEST_CASE("a chunked body that breaks the rules ends the connection behind its 400", "[http][hostile]") {
  const char* const bodies[] = {
      "5\r\nabcdefg\r\n0\r\n\r\n",  // longer than it says
      "5\r\nabc\r\n0\r\n\r\n",      // shorter
      "5\nabcde\r\n0\r\n\r\n",      // a bare line feed behind the size
      "5\r\nabcde\n0\r\n\r\n",      // behind the data
      "5;x\nabcde\r\n0\r\n\r\n",    // behind an extension
      "5\rabcde\r\n0\r\n\r\n",      // a bare carriage return
      "0x5\r\nabcde\r\n0\r\n\r\n",  // sizes that are none
      "+5\r\nabcde\r\n0\r\n\r\n",
      "-5\r\nabcde\r\n0\r\n\r\n",
      " 5\r\nabcde\r\n0\r\n\r\n",
      "5 5\r\nabcde\r\n0\r\n\r\n",
      "g\r\nabcde\r\n0\r\n\r\n",
      "\r\nabcde\r\n0\r\n\r\n",
      "10000000000000000\r\nabcde",  // beyond 64 bits
      "FFFFFFFFFFFFFFFFF\r\nabcde",
      "0\r\nX: y\n\r\n",  // trailers
      "0\r\n X: folded\r\n\r\n",
      "0\r\nno field\r\n\r\n",
  };
  for (const char* body : bodies) {
    for (const bool slowly : {false, true}) {
      CAPTURE(body, slowly);
      guarded_door d;
      memory_client client = d.connect();
      send(client, chunked("Transfer-Encoding: chunked\r\n", body) + hidden, slowly);
      const auto answer = client.answer();
      REQUIRE(answer);
      CHECK(answer->status == 400);
      CHECK(answer->header("connection") == "close");
      CHECK(client.ended());
      CHECK(client.received().empty());
      CHECK(d.secrets == 0);
    }
  }
}

TEST_CASE("a body that looks like a request is a body", "[http][hostile]") {
  const std::string length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n\r\n";
  for (const bool slowly : {false, true}) {
    guarded_door d;
    memory_client client = d.connect();
    send(client, "POST /echo HTTP/1.1\r\nHost: a\r\n" + length + hidden, slowly);
    CHECK(client.answer().value().body == hidden);
    send(client, "GET /hello HTTP/1.1\r\nHost: a\r\n" + length + hidden, slowly);  // of a route that reads none
    CHECK(client.answer().value().body == "hello");
    send(client, "HEAD /hello HTTP/1.1\r\nHost: a\r\n" + length + hidden, slowly);
    CHECK(client.answer(true).value().status == 200);
    send(client, "DELETE /nothing HTTP/1.1\r\nHost: a\r\n" + length + hidden, slowly);
    CHECK(client.answer().value().status == 404);
    send(client, chunked("Transfer-Encoding: chunked\r\n", "21\r\n" + hidden + "\r\n0\r\n\r\n"), slowly);
    CHECK(client.answer().value().body == hidden);
    CHECK(client.ask(get("/hello")).body == "hello");
    CHECK(d.secrets == 0);
  }
}

TEST_CASE("targets in other forms are routed nowhere, and leave the connection in order", "[http][hostile]") {
  guarded_door d;
  memory_client client = d.connect();
  for (const char* line : {"GET ftp://localhost/secret HTTP/1.1", "GET httpx://localhost/secret HTTP/1.1",
                           "GET //localhost/secret HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT localhost:80 HTTP/1.1",
                           "GET localhost:80 HTTP/1.1", "GET ../secret HTTP/1.1", "GET /x/../secret HTTP/1.1",
                           "GET /SECRET HTTP/1.1", "GET ?/secret HTTP/1.1", "TRACE /secret HTTP/1.1"}) {
    CAPTURE(line);
    const http_answer answer = client.ask(std::string(line) + "\r\nHost: localhost\r\n\r\n");
    CHECK(answer.status == 404);
    CHECK(answer.body.find("localhost") == std::string::npos);  // nothing of the request comes back
  }
  CHECK(client.ask(get("/hello")).body == "hello");
  CHECK(d.secrets == 0);
}

TEST_CASE("heads that are too long or have too many fields are refused while they come", "[http][hostile]") {
  const std::string line = "GET /hello HTTP/1.1\r\nHost: a\r\n";
  struct row {
    const char* why;
    std::string bytes;  // without an end
    unsigned status;
  };
  const row rows[] = {{"a long target", "GET /" + std::string(20'000, 'x'), 431},
                      {"a long method", std::string(20'000, 'X'), 431},
                      {"one long field", line + "X: " + std::string(20'000, 'y'), 431},
                      {"a long name", line + std::string(20'000, 'y'), 431},
                      {"many fields", line + repeated("X: y\r\n", 3'000), 431},
                      {"empty lines in front", repeated("\r\n", 10'000), 431},
                      {"white space", line + "X:" + std::string(20'000, ' '), 431}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    guarded_door d;
    memory_client client = d.connect();
    client.send(r.bytes);
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == r.status);
    CHECK(client.ended());
    client.close();
    CHECK(d.open() == 0);
  }
  guarded_door d;
  memory_client client = d.connect();
  const std::string most = line + repeated("X: y\r\n", 99) + "\r\n";  // 100 fields with Host
  CHECK(client.ask(most).status == 200);
  std::string exact = line + "X: ";
  exact += std::string(16'384 - exact.size() - 4, 'y') + "\r\n\r\n";
  CHECK(client.ask(exact).status == 200);
  CHECK(client.ask("y" + exact).status == 431);
  CHECK(client.ended());
}

TEST_CASE("extensions and trailers of chunks are limited, however small each is", "[http][hostile]") {
  const std::string te = "Transfer-Encoding: chunked\r\n";
  struct row {
    std::string body;
    unsigned status;
  };
  const row endless[] = {{"1;" + std::string(100'000, 'x'), 400},       {repeated("1;x\r\na\r\n", 200'000), 413},
                         {repeated("1\r\na\r\n", 200'000), 413},        {"0\r\nX: " + std::string(100'000, 'y'), 400},
                         {"0\r\n" + repeated("X: y\r\n", 20'000), 400}, {std::string(100'000, '0'), 400}};
  for (const auto& [body, status] : endless) {
    CAPTURE(body.substr(0, 20));
    http::app_options options;
    options.max_body = 10'000;
    guarded_door d(options);
    memory_client client = d.connect();
    client.send(chunked(te, body));
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == status);
    CHECK(client.ended());
  }
}

TEST_CASE("every phase has its own time, and trickling bytes stretch that of a body alone, to ten times",
          "[http][hostile]") {
  guarded_door d;
  const auto trickle = [&](memory_client& client, std::string_view bytes, std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      CHECK_FALSE(client.answer());
      CHECK_FALSE(client.ended());
      client.send(bytes);
      d.w.advance(1s);
    }
  };
  {  // the head of the first request
    memory_client client = d.connect();
    trickle(client, "x", 10s);
    CHECK(client.answer().value().status == 408);
    CHECK(client.ended());
  }
  {  // the head of a later one: its time begins with its first byte, not with the connection
    memory_client client = d.connect();
    CHECK(client.ask(get("/hello")).status == 200);
    d.w.advance(60s);
    trickle(client, "x", 10s);
    CHECK(client.answer().value().status == 408);
  }
  {  // a body
    memory_client client = d.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    trickle(client, "x", 300s);
    CHECK(client.answer().value().status == 408);
    CHECK(client.ended());
  }
  {  // a chunked one
    memory_client client = d.connect();
    client.send(chunked("Transfer-Encoding: chunked\r\n", ""));
    trickle(client, "1\r\nx\r\n", 300s);
    CHECK(client.answer().value().status == 408);
    CHECK(client.ended());
  }
  {  // a body that nobody wants: answered at once, then read for the sake of the connection, but not for ever
    memory_client client = d.connect();
    client.send("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    CHECK(client.answer().value().status == 404);
    trickle(client, "x", 30s);
    CHECK(client.ended());
  }
  {  // empty lines between requests are no head: the time of an idle connection goes on
    memory_client client = d.connect();
    CHECK(client.ask(get("/hello")).status == 200);
    for (int i = 0; i < 70 && !client.ended(); ++i) {
      client.send("\r\n");
      d.w.advance(1s);
    }
    CHECK(client.ended());
  }
  d.w.advance(2s);
  CHECK(d.open() == 0);
}

TEST_CASE("half a request behind a held answer has its time, too, and is refused behind that answer",
          "[http][hostile]") {
  guarded_door d;
  memory_client client = d.connect();
  client.send(get("/held/1") + "GET /hel");
  d.w.advance(10s);
  CHECK(client.received().empty());
  d.held->release("/held/1", http::response(200, "first"));
  CHECK(client.answer().value().body == "first");
  CHECK(client.answer().value().status == 408);
  CHECK(client.ended());
}

TEST_CASE("what is wrong behind held answers is refused in its turn", "[http][hostile]") {
  guarded_door d;
  memory_client client = d.connect();
  client.send(get("/held/1") + get("/held/2") + "GET / HTTP/9.9\r\n\r\n" + hidden);
  CHECK(client.received().empty());
  d.held->release("/held/2", http::response(200, "second"));
  d.held->release("/held/1", http::response(200, "first"));
  CHECK(client.answer().value().body == "first");
  CHECK(client.answer().value().body == "second");
  CHECK(client.answer().value().status == 400);
  CHECK(client.ended());
  CHECK(d.secrets == 0);
}

TEST_CASE("an expectation is met once, refused when unknown, and not asked for of HTTP/1.0", "[http][hostile]") {
  guarded_door d;
  {
    memory_client client = d.connect();
    client.send(chunked("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", ""));
    CHECK(client.received() == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(client.ask("4\r\nbody\r\n0\r\n\r\n").body == "body");
  }
  {  // too large: the answer comes in place of 100, and nothing of the body is read as a request
    memory_client client = d.connect();
    client.send(chunked("Content-Length: 100000000\r\nExpect: 100-continue\r\n", hidden));
    CHECK(client.answer().value().status == 413);
    CHECK(client.ended());
  }
  {
    memory_client client = d.connect();
    CHECK(client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue, x\r\n\r\n" + hidden)
              .status == 417);
    CHECK(client.ended());
  }
  {
    memory_client client = d.connect();
    client.send("POST /echo HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.received().empty());
    CHECK(client.ask("body").body == "body");
  }
  CHECK(d.secrets == 0);
}

TEST_CASE("good requests mean the same wherever the network cuts them", "[http][hostile]") {
  const std::string bytes = post("/echo", "1") +
                            chunked("Transfer-Encoding: chunked\r\n", "1\r\n2\r\n1;x=y\r\n3\r\n0\r\nT: t\r\n\r\n") +
                            "\r\n" + get("/hello") + get("/nothing", "Connection: close\r\n");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    guarded_door d;
    memory_client client = d.connect();
    client.send(bytes.substr(0, cut));
    client.send(bytes.substr(cut));
    REQUIRE(client.answer().value().body == "1");
    REQUIRE(client.answer().value().body == "23");
    REQUIRE(client.answer().value().body == "hello");
    REQUIRE(client.answer().value().status == 404);
    REQUIRE(client.ended());
  }
}
