// Published vulnerabilities of Socket.IO servers and parsers, and the rules that this server draws from them: a test
// for each, on every transport and for clients of both protocols. docs/security.md has the table.

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/sid.hpp"
#include "socketio/sio_world.hpp"
#include "socketio/socket_core.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::task;

namespace {

thread_local bool counting_bytes = false;  // instead of random ones

}  // namespace

// The system's random source, so that a test may know what comes of it. What links this file calls this one.
extern "C" ssize_t getrandom(void* to, size_t size, unsigned flags) {
  if (!counting_bytes) return ::syscall(SYS_getrandom, to, size, flags);
  for (std::size_t i = 0; i < size; ++i) static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(i);
  return static_cast<ssize_t>(size);
}

namespace {

const std::string placeholder = R"({"_placeholder":true,"num":)";

// Sends messages that the server must survive and the client must not: its session ends, and no handler sees them.
void ends_session(sio_world& house, const way& how, const std::vector<std::string>& messages) {
  const std::size_t before = house.clients();
  const std::size_t heard = house.heard.size();
  visitor v = house.join(how);
  for (const std::string& m : messages) {
    if (m.starts_with("<")) {
      v.bytes(m.substr(1));
    } else {
      v.message(m);
    }
  }
  CHECK(v.let_go());
  CHECK(house.clients() == before);
  CHECK(house.heard.size() == heard);
}

}  // namespace

// ---------------------------------------------------------------- socket.io

TEST_CASE("CVE-2017-16031: ids come from the system's random source, and none comes twice", "[socketio][advisories]") {
  std::string known;
  std::string next;
  std::thread([&] {  // a thread of its own begins with an empty store
    counting_bytes = true;
    std::srand(1);
    known = cosio::base::new_sid();
    next = cosio::base::new_sid();
  })
      .join();
  CHECK(known == "AAECAwQFBgcICQoLDA0O");  // the bytes 0 to 14: nothing else goes in, 120 bits
  CHECK(next == "DxAREhMUFRYXGBkaGxwd");

  sio_world house;
  std::set<std::string> ids;
  std::size_t made = 0;
  for (const way& how : every_way) {
    for (int i = 0; i < 200; ++i) {
      const visitor v = house.join(how);
      const auto& socket = house.sockets.back();
      // The socket's id is told to others; the session's is a secret. Clients of protocol 4 know them as one.
      if (how.revision == 4) CHECK(socket.id() != socket.conn().id());
      ids.insert(socket.conn().id());
      ++made;
    }
  }
  CHECK(ids.size() == made);
}

TEST_CASE("CVE-2020-28481: a server that says nothing about origins serves its own pages alone",
          "[socketio][advisories]") {
  sio_world house;
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    for (const char* headers : {"Origin: http://evil.example\r\n", "Origin: null\r\n"}) {
      CAPTURE(headers);
      const http_answer no = house.knock(how).enter("", headers);
      CHECK(no.status == 403);
      CHECK_FALSE(no.has("access-control-allow-origin"));
      CHECK_FALSE(no.has("access-control-allow-credentials"));
    }
    if (how.over == way::kind::jsonp) {  // scripts are fetched without an Origin
      CHECK(house.knock(how).enter("", "Referer: http://evil.example/\r\n").status == 403);
      CHECK(house.knock(how).enter("", "Sec-Fetch-Site: cross-site\r\n").status == 403);
    }
    const http_answer own = house.knock(how).enter("", "Origin: http://localhost\r\n");
    CHECK(own.status == how.welcome());
    CHECK_FALSE(own.has("access-control-allow-origin"));
  }
  CHECK_THROWS_AS(cosio::origin_policy("*").credentials(), cosio::error);
  CHECK(quiet.fine());
}

TEST_CASE("CVE-2024-38355: an event named error is an event, whoever listens", "[socketio][advisories]") {
  const captured_log log;  // of the listener that throws
  enum class listener { none, there, throws };
  for (const listener which : {listener::none, listener::there, listener::throws}) {
    sio_world house;
    std::size_t errors = 0;
    house.io.on_connection([&](cosio::socket c) {
      if (which == listener::none) return;
      c.on("error", [&](cosio::arguments) {
        ++errors;
        if (which == listener::throws) throw std::runtime_error("a listener failed");
      });
    });
    sio_bystanders quiet(house);
    for (const way& how : every_way) {
      CAPTURE(how.name);
      visitor v = house.join(how);
      const std::size_t left = house.left.size();
      const char* const packets[] = {R"(2["error"])",         R"(2["error",{"message":"x"}])", R"(21["error",null])",
                                     R"(2["error","x",[1]])", R"(2["uncaughtException"])",     R"(2["__proto__",1])"};
      errors = 0;
      for (const char* packet : packets) v.message(packet);
      CHECK(errors == (which == listener::none ? 0U : 4U));
      v.message(R"(2["say","still here"])");
      CHECK(house.heard.back() == "still here");
      CHECK_FALSE(v.let_go());
      CHECK(house.left.size() == left);
    }
    CHECK(quiet.fine());
  }
}

TEST_CASE("CVE-2024-38355: packets with any byte changed end one client at most", "[socketio][advisories]") {
  const std::string seeds[] = {R"(2["say","x"])",
                               R"(21["error",{"a":[1,"2"]}])",
                               R"(0/custom,{"token":"x"})",
                               R"(51-["bytes",)" + placeholder + "0}]",
                               R"(31["x"])",
                               R"(4{"message":"x"})",
                               "1/custom,"};
  const captured_log log;
  sio_world house;
  house.io.of("/custom");
  sio_bystanders quiet(house);
  std::uint32_t random = 1;
  const auto below = [&](std::size_t end) {
    random = random * 1'664'525 + 1'013'904'223;
    return (random >> 8) % end;
  };
  for (const way& how : every_way) {
    for (int i = 0; i < 400; ++i) {
      std::string packet = seeds[below(std::size(seeds))];
      for (std::size_t changes = 1 + below(3); changes > 0; --changes)
        packet[below(packet.size())] = static_cast<char>(' ' + below(95));
      visitor v = house.join(how);
      v.message(packet);
      v.bytes("\x01\x02");
      v.packet("1");
      CHECK(v.let_go());
    }
    CHECK(house.clients() == quiet.count());
    CHECK(quiet.fine());
  }
}

// ---------------------------------------------------------------- socket.io-parser

TEST_CASE("CVE-2020-36049: packets of megabytes are read in one pass", "[socketio][advisories]") {
  // With quadratic work each of these would run into the tests' time limit.
  constexpr std::size_t size = 4'000'000;
  std::string numbers = "2[\"say\"";
  while (numbers.size() < size) numbers += ",1234567";
  const std::string packets[] = {"2[\"say\",\"" + std::string(size, 'x') + "\"]",
                                 numbers + "]",
                                 "2[\"" + std::string(size, '\x7F') + "\"]",
                                 "2" + std::string(size, '1') + "[\"say\"]",
                                 "5" + std::string(size, '1') + "-[\"say\"]",
                                 "2/" + std::string(size, 'n') + ",[\"say\"]",
                                 "2[\"say\",\"" + std::string(size / 2 * 2, '\\') + "\"]",
                                 "2" + std::string(size, '['),
                                 "2" + std::string(size, ' ')};
  cosio::options opts;
  opts.max_payload = 40'000'000;
  sio_world house(opts);
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    if (how.over == way::kind::jsonp && how.revision == 4) continue;  // bodies three times as long, once is enough
    for (const std::string& packet : packets) {
      visitor v = house.join(how);
      v.message(packet);
      v.packet("1");
      CHECK(v.let_go());
      CHECK(house.clients() == quiet.count());
    }
  }
  CHECK(std::count_if(house.heard.begin(), house.heard.end(), [](const std::string& s) { return s.size() == size; }) >=
        5);
  CHECK(quiet.fine());
}

TEST_CASE("CVE-2022-2421: a placeholder names an attachment that is there, or the packet is refused",
          "[socketio][advisories]") {
  sio_world house;
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    for (const char* num : {"-1", "1", "0.5", "1e300", "18446744073709551616", "\"0\"", "\"splice\"", "\"__proto__\"",
                            "null", "true", "[0]", "{}"}) {
      CAPTURE(num);
      ends_session(house, how, {"51-[\"bytes\"," + placeholder + num + "}]", "<x"});
    }
    ends_session(house, how, {R"(51-["bytes",{"_placeholder":true}])", "<x"});
    ends_session(house, how, {"51-[\"say\",{\"deep\":[" + placeholder + "7}]}]", "<x"});
    ends_session(house, how, {"51-[\"bytes\"," + placeholder + "0}," + placeholder + "0}]", "<x"});  // named twice
    visitor v = house.join(how);
    v.message("51-[\"bytes\"," + placeholder + "0}]");
    v.bytes("good");
    CHECK(house.heard.back() == "<good>");
    v.packet("1");
  }
  CHECK(house.clients() == quiet.count());
  CHECK(quiet.fine());
}

TEST_CASE("CVE-2023-32695: an event's name is a string or a number", "[socketio][advisories]") {
  const captured_log log;
  sio_world house;
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    for (const char* packet : {"2", "2[]", "2{}", "2[{}]", "2[[]]", "2[null]", "2[true]", "2\"say\"", "2null", "21",
                               R"(2[{"toString":"x"}])", R"(2["connect"])", R"(2["disconnect"])", R"(2["newListener"])",
                               R"(2["disconnecting"])"}) {
      CAPTURE(packet);
      ends_session(house, how, {packet});
    }
    ends_session(house, how, {"51-[" + placeholder + "0}]", "<say"});  // a name that is binary
    visitor v = house.join(how);
    v.message("2[1,2]");
    v.message(R"(2["say","still here"])");
    CHECK(house.heard.back() == "still here");
    v.packet("1");
  }
  CHECK(quiet.fine());
}

TEST_CASE("CVE-2026-33151: announced attachments are limited in number, those that come in bytes",
          "[socketio][advisories]") {
  cosio::options opts;
  opts.max_packet_bytes = 10'000;
  sio_world house(opts);
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    for (const char* count : {"11", "5999999999", "18446744073709551615", "18446744073709551617",
                              "99999999999999999999999999999999999999"}) {
      CAPTURE(count);
      ends_session(house, how, {"5" + std::string(count) + "-[\"say\",\"x\"]"});  // refused before any attachment
      ends_session(house, how, {"6" + std::string(count) + "-[\"say\",\"x\"]"});
    }
    const std::string attachment = "<" + std::string(4'000, 'x');
    ends_session(house, how, {"510-[\"say\",\"x\"]", attachment, attachment, attachment});
  }
  CHECK(quiet.fine());
}

TEST_CASE("CVE-2026-69185: zero announced attachments open nothing that could be filled", "[socketio][advisories]") {
  sio_world house;
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    ends_session(house, how, {"50-[\"say\",\"x\"]", "<filled"});
    ends_session(house, how, {"60-1[\"say\",\"x\"]", "<filled"});
    ends_session(house, how, {"500-[\"say\",\"x\"]"});
    ends_session(house, how, {"<of nothing"});  // binary that belongs to no packet
    // The same behind a packet that was complete.
    visitor v = house.join(how);
    v.message("51-[\"bytes\"," + placeholder + "0}]");
    v.bytes("one");
    CHECK(house.heard.back() == "<one>");
    v.bytes("two");
    CHECK(v.let_go());
    CHECK(house.heard.back() == "<one>");
  }
  CHECK(house.clients() == quiet.count());
  CHECK(quiet.fine());
}

// ---------------------------------------------------------------- ws

TEST_CASE("CVE-2021-32640: names of namespaces are limited before any pattern or predicate sees them",
          "[socketio][advisories]") {
  sio_world house;
  std::size_t longest = 0;
  house.io.of([&](std::string name, cosio::handshake) -> task<bool> {
    longest = std::max(longest, name.size());
    co_return true;
  });
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    visitor v = house.join(how);
    v.message("0/" + std::string(200'000, 'n') + ",");
    CHECK_FALSE(v.let_go());  // it is told that there is no such namespace
  }
  CHECK(longest == 0);
  CHECK(quiet.fine());
}

// ---------------------------------------------------------------- python-socketio

TEST_CASE("CVE-2026-48804: before a namespace is joined nothing but CONNECT is taken, and nothing is kept",
          "[socketio][advisories]") {
  sio_world house;
  house.io.of("/custom");
  house.io.use([](cosio::socket& c, cosio::next go) -> task<> {
    if (c.handshake().query("wait")) throw std::runtime_error("not you");  // so that generation 2 is nowhere, too
    co_await go();
  });
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    const std::string nsp = how.revision == 4 ? "" : "/custom,";  // generation 2 is in "/" already
    for (const std::string& packet :
         {"51-" + nsp + "[\"say\"," + placeholder + "0}]", "564-" + nsp + "[\"say\",\"x\"]",
          "2" + nsp + "[\"say\",\"x\"]", "3" + nsp + "1[]", "61-" + nsp + "1[" + placeholder + "0}]", "1" + nsp}) {
      CAPTURE(packet);
      visitor v = house.knock(how);
      REQUIRE(v.enter("&wait=1").status == how.welcome());
      v.message(packet);
      for (int i = 0; i < 64 && packet[0] >= '5'; ++i) v.bytes(std::string(1'000, 'x'));
      CHECK(v.let_go());
      CHECK(house.clients() == quiet.count());
    }
    visitor v = house.knock(how);
    REQUIRE(v.enter("&wait=1").status == how.welcome());
    v.bytes("of nothing");
    CHECK(v.let_go());
  }
  CHECK(house.clients() == quiet.count());
  CHECK(quiet.fine());
}

// ---------------------------------------------------------------- other servers

TEST_CASE("socketioxide 357: binary packets cut off or malformed anywhere come to an end", "[socketio][advisories]") {
  const std::string whole = "52-/custom,12[\"bytes\"," + placeholder + "0}," + placeholder + "1}]";
  const captured_log log;
  sio_world house;
  house.io.of("/custom");
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(how.name, size);
      visitor v = house.join(how);
      v.message("0/custom,");
      v.message(whole.substr(0, size));
      CHECK(v.let_go());
    }
    for (const char* packet :
         {"5-", "6-", "5", "6", "5--1[]", "51-", "51-/", "51-/a", "51-/a,", "51-1", "51-[", "51-[]x"}) {
      CAPTURE(how.name, packet);
      ends_session(house, how, {packet, "<x"});
    }
  }
  CHECK(house.clients() == quiet.count());
  CHECK(quiet.fine());
}

TEST_CASE("socketioxide 399: nothing of a client is kept when it has left, whatever it was doing",
          "[socketio][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    sio_world house;
    house.io.on_connection([](cosio::socket c) {
      c.on("ask", [c]() -> task<> { co_await c.emit_with_ack("question"); });
      c.on("wait", [c]() -> task<> { co_await c.once("never"); });
      c.on("join", [c]() -> task<> { co_await c.join("room"); });
    });
    std::vector<std::weak_ptr<cosio::socketio::socket_core>> all;
    for (int i = 0; i < 20; ++i) {
      visitor v = house.join(how);
      for (const char* event : {"ask", "wait", "join"}) v.message("2[\"" + std::string(event) + "\"]");
      v.message("52-[\"bytes\"," + placeholder + "0}]");  // its attachments never come
      v.bytes("one");
      all.push_back(house.sockets.back().internals());
      house.sockets.clear();
      if (i % 2 == 0) {
        v.packet("1");
      } else {
        v.line().reset();
      }
    }
    for (int i = 0; i < 10; ++i) house.w.advance(30s);  // those that vanished while they polled
    CHECK(house.left.size() == 20);
    CHECK(house.clients() == 0);
    CHECK(house.state->http_connections() == 0);
    CHECK(std::all_of(all.begin(), all.end(), [](const auto& weak) { return weak.expired(); }));
  }
}

TEST_CASE("socketioxide 0.18.3: an acknowledgement counts once, and not when its time is over",
          "[socketio][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    sio_world house;
    std::vector<std::string> got;
    house.io.on_connection([&](cosio::socket c) {
      c.on("ask", [&got, c]() -> task<> {
        std::string answer = "none";
        try {
          answer = co_await c.timeout(1s).emit_with_ack<std::string>("question");
        } catch (const cosio::error&) {
          answer = "too late";
        }
        got.push_back(answer);
      });
    });
    visitor v = house.join(how);
    v.hear();
    v.message("2[\"ask\"]");
    const std::string question = v.hear();
    const auto mark = question.find("[\"question\"]");
    REQUIRE(mark != std::string::npos);
    REQUIRE(question.substr(mark - 2, 2) == "20");
    v.message("30[\"first\"]");
    v.message("30[\"second\"]");
    CHECK(got == std::vector<std::string>{"first"});
    v.message("2[\"ask\"]");
    house.w.advance(1s);
    v.message("31[\"late\"]");
    v.message("399[\"of nothing\"]");
    CHECK(got == std::vector<std::string>{"first", "too late"});
    v.message(R"(2["say","still here"])");
    CHECK(house.has_heard("still here"));
  }
}

TEST_CASE("netty-socketio 945: a count of attachments reserves no memory", "[socketio][advisories]") {
  cosio::options opts;
  opts.max_attachments = 4'000'000'000;  // as if it were not limited
  sio_world house(opts);
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    std::vector<visitor> many;
    for (int i = 0; i < 100; ++i) {
      many.push_back(house.join(how));
      many.back().message("53999999999-[\"say\",\"x\"]");  // a hundred of these would be 400 GB of pointers
    }
    CHECK(quiet.fine());
    for (visitor& v : many) v.packet("1");
    CHECK(house.clients() == quiet.count());
  }
}

TEST_CASE("zishang520/socket.io: a zero count does not keep the decoder open for the next client's packets",
          "[socketio][advisories]") {
  sio_world house;
  sio_bystanders quiet(house);
  for (const way& how : every_way) {
    CAPTURE(how.name);
    visitor v = house.join(how);
    v.message("50-[\"bytes\"]");
    v.message("51-[\"bytes\"," + placeholder + "0}]");
    v.bytes("x");
    CHECK(v.let_go());
    CHECK_FALSE(house.has_heard("<x>"));
    visitor next = house.join(how);
    next.message("51-[\"bytes\"," + placeholder + "0}]");
    next.bytes(how.name);
    CHECK(house.heard.back() == "<" + std::string(how.name) + ">");
    next.packet("1");
  }
  CHECK(house.clients() == quiet.count());
  CHECK(quiet.fine());
}

TEST_CASE("socket.io-serverpp: text stays text, whatever it looks like", "[socketio][advisories]") {
  for (const way& how : every_way) {
    if (how.over == way::kind::jsonp) continue;  // scripts are escaped once more; see jsonp_test.cpp
    CAPTURE(how.name);
    sio_world house;
    house.io.on_connection([](cosio::socket c) {
      c.on("echo", [c](std::string name, std::string text) -> task<> { co_await c.emit(name, text); });
    });
    visitor v = house.join(how);
    v.hear();
    v.message(R"(2["echo","a\",\"b","\"],42[\"evil\",1]\u001e42[\"evil\"]\u0000\n"])");
    const std::string heard = v.hear();
    CHECK(heard.find(R"(2["a\",\"b","\"],42[\"evil\",1]\u001e42[\"evil\"]\u0000\n"])") != std::string::npos);
    CHECK(heard.find('\x1e') == std::string::npos);
  }
}
