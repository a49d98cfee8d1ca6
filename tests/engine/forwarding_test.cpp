// Requests that reach another server than that of their session: two servers in one process, and servers that fail.

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cosio/error.hpp>
#include <cosio/forwarding.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/forward_mark.hpp"
#include "engine/make_request.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/error_of.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* secret = "sixteen bytes or more";

forwarding_options options_of(unsigned node) {
  forwarding_options settings;
  settings.node = node;
  settings.secret = secret;
  return settings;
}

std::string url_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

// A server with a number.
struct numbered {
  explicit numbered(forwarding_options settings, engine_options engine = {}, const echo_engine::setup& more = {})
      : server(std::move(engine), [&](const engine_server& e) {
          others.emplace(e, settings);
          e.use([this](http::request asked, http::response&) { address.put(std::string(asked.remote_address())); });
          if (more) more(e);
        }) {}

  ~numbered() { others.reset(); }  // before the io_context

  mailbox<std::string> address;  // of the clients, as each request of this server has it
  std::optional<forwarding> others;
  echo_engine server;
};

engine_options behind_proxy(engine_options settings) {
  settings.trusted_proxies = {"127.0.0.1"};
  return settings;
}

// Two of them. Sessions are opened at the first one, and their requests go to the second one.
struct two_servers {
  explicit two_servers(forwarding_options of_second = options_of(2), engine_options engine = {})
      : first(options_of(1), engine), second(std::move(of_second), behind_proxy(engine)) {
    const node_list list{{1, url_of(first.server.port())}, {2, url_of(second.server.port())}};
    first.others->nodes(list);
    second.others->nodes(list);
  }

  std::uint16_t wrong_port() const { return second.server.port(); }

  numbered first;
  numbered second;
};

// A port that nobody listens on any more.
std::uint16_t closed_port() {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor once(io, {boost::asio::ip::address_v4::loopback(), 0});
  return once.local_endpoint().port();
}

// A server that takes one connection, reads up to an empty line, and answers as it is told. Empty: not at all.
class odd_server {
 public:
  explicit odd_server(std::string answer) : answer_(std::move(answer)), thread_([this] { serve(); }) {}
  ~odd_server() {
    stop_.set_value();
    thread_.join();
  }
  std::string url() const { return url_of(acceptor_.local_endpoint().port()); }
  std::string head() { return wait(head_.get_future()); }

 private:
  void serve() {
    boost::asio::ip::tcp::socket peer(io_);
    acceptor_.accept(peer);
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      char some[512];
      boost::system::error_code ec;
      const auto n = peer.read_some(boost::asio::buffer(some), ec);
      if (ec) return head_.set_value(got);
      got.append(some, n);
    }
    head_.set_value(got);
    boost::system::error_code ec;
    if (!answer_.empty()) boost::asio::write(peer, boost::asio::buffer(answer_), ec);
    stop_.get_future().wait();
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  const std::string answer_;
  std::promise<std::string> head_;
  std::promise<void> stop_;
  std::thread thread_;
};

// A hop that takes one line of each head away, as some load balancers do, and passes the rest on.
class stripping_hop {
 public:
  stripping_hop(std::string line, std::uint16_t to) : line_(std::move(line)), to_(to), thread_([this] { serve(); }) {}
  ~stripping_hop() {
    stops_ = true;
    const http_client last(port());  // ends accept()
    thread_.join();
    for (std::thread& one : passing_) one.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  using tcp = boost::asio::ip::tcp;

  void serve() {
    while (true) {
      auto peer = std::make_shared<tcp::socket>(io_);
      acceptor_.accept(*peer);
      if (stops_) return;
      passing_.emplace_back([this, peer] { pass(*peer); });
    }
  }
  // One request, and its answer up to the end of the connection.
  void pass(tcp::socket& peer) const {
    boost::system::error_code ec;
    std::string head;
    boost::asio::read_until(peer, boost::asio::dynamic_buffer(head), "\r\n\r\n", ec);
    const auto at = head.find(line_);
    if (at != std::string::npos) head.erase(at, head.find("\r\n", at) + 2 - at);
    head.insert(head.find("\r\n") + 2, "Connection: close\r\n");
    http_client next(to_);
    next.send(head);
    const std::string answer = next.read_to_end();
    boost::asio::write(peer, boost::asio::buffer(answer), ec);
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  const std::string line_;
  const std::uint16_t to_;
  std::atomic<bool> stops_{false};
  std::vector<std::thread> passing_;
  std::thread thread_;
};

constexpr const char* target_of_1 = "/engine.io/?EIO=4&transport=polling&sid=ABxxxxxxxxxxxxxxxxxxxx";

}  // namespace

TEST_CASE("polling works at the wrong server", "[engine][forward]") {
  two_servers both;
  const int revision = GENERATE(4, 3);
  const std::string query = "EIO=" + std::to_string(revision);
  const polling_client c(both.first.server.port(), query);
  CHECK(c.sid().size() == (revision == 4 ? 22 : 20));
  CHECK(c.sid().substr(0, 2) == "AB");
  const bool is_old = revision == 3;

  http_client posts(both.wrong_port());
  http_client gets(both.wrong_port());
  for (int i = 0; i < 100; ++i) {
    const std::string text = "4" + std::to_string(1'000 + i);
    const std::string payload = is_old ? "5:" + text : text;
    CHECK(posts.ask(post(c.target(), payload)).body == "ok");
    const http_answer got = gets.ask(get(c.target()));
    CHECK(got.status == 200);
    CHECK(got.body == payload);
  }
  CHECK(both.second.others->counts().requests == 200);
  CHECK(both.second.others->counts().failed == 0);
  CHECK(both.first.others->counts().requests == 0);
}

TEST_CASE("an upgrade at the wrong server becomes a tunnel", "[engine][forward]") {
  two_servers both;
  polling_client c(both.first.server.port());
  {
    websocket_client ws(both.wrong_port(), c.target("websocket"), "", text_frame("2probe"));
    CHECK(ws.accepted().status == 101);
    CHECK(ws.text() == "3probe");
    ws.send_text("5");
    const std::string large(100'000, 'x');
    for (int i = 0; i < 20; ++i) {
      ws.send_text("4" + large);
      ws.send_binary("bytes");
    }
    for (int i = 0; i < 20; ++i) {
      CHECK(ws.text() == "4" + large);
      CHECK(ws.binary() == "bytes");
    }
    CHECK(both.second.others->counts().tunnels == 1);
    CHECK(both.second.others->counts().upgrades == 1);
  }
  CHECK(both.first.server.closed().text() == "transport close");
}

TEST_CASE("the end of a session ends its tunnel", "[engine][forward]") {
  two_servers both;
  polling_client c(both.first.server.port());
  const engine_session s = both.first.server.opened();
  websocket_client ws(both.wrong_port(), c.target("websocket"), "", text_frame("2probe"));
  CHECK(ws.text() == "3probe");
  ws.send_text("5");
  ws.send_text("4there");
  CHECK(ws.text() == "4there");
  both.first.server.run(s.close());
  ws.send_close();
  while (ws.next()) continue;
  ws.close();
  while (both.second.others->counts().tunnels != 0) std::this_thread::yield();
  CHECK(both.second.others->counts().bytes > 0);
}

TEST_CASE("the owner of a session sees its client's address, and believes nobody else", "[engine][forward]") {
  two_servers both;
  const polling_client c(both.first.server.port());
  CHECK(both.first.address.take() == "127.0.0.1");
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(post(c.target(), "4a", "X-Forwarded-For: 203.0.113.7\r\n")).status == 200);
  CHECK(both.first.address.take() == "203.0.113.7");

  // A mark that is not proven changes nothing at the server of the session, and is not passed on by others.
  const std::string forged = "x-cosio-forward: 2;2;1;1;198.51.100.1;http;" + std::string(64, '0') + "\r\n";
  http_client right(both.first.server.port());
  CHECK(right.ask(post(c.target(), "4b", forged)).status == 200);
  CHECK(both.first.address.take() == "127.0.0.1");
  CHECK(wrong.ask(post(c.target(), "4c", forged)).status == 400);
  CHECK(both.second.others->counts().requests == 1);
}

TEST_CASE("a request that was recorded is one of a client, and is not passed on", "[engine][forward]") {
  two_servers both;
  const polling_client c(both.first.server.port());
  CHECK(both.first.address.take() == "127.0.0.1");
  const auto asked = [&](const std::string& body, std::int64_t late) {
    static std::int64_t ago = 0;
    ago = late;
    const engine::mark_keeper other(secret, 60, [] { return engine::seconds_of_marks() - ago; });
    const std::string mark = other.make(2, 1, make_request("POST", c.target()));
    return post(c.target(), body, "x-cosio-forward: " + mark + "\r\n");
  };
  const captured_log log;
  set_log_level(log_level::error);  // else every look at the request writes the line
  http_client right(both.first.server.port());
  CHECK(right.ask(asked("4a", 0)).status == 200);
  CHECK(both.first.address.take() == "192.0.2.1");
  CHECK(right.ask(asked("4b", 3'600)).status == 200);
  CHECK(both.first.address.take() == "127.0.0.1");
  CHECK(log.count(log_level::error, "server 2 has passed on a request with a time that is 360") == 1);
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(asked("4c", 3'600)).status == 400);
  CHECK(both.second.others->counts().requests == 0);
}

TEST_CASE("lines that any client can cause are written once in a minute", "[engine][forward]") {
  auto settings = options_of(2);
  settings.max_requests = 1;
  two_servers both(settings);
  const captured_log log;
  set_log_level(log_level::warn);
  const polling_client c(both.first.server.port());
  http_client right(both.first.server.port());
  for (int i = 0; i < 20; ++i) CHECK(right.ask(post(c.target(), "4a", "x-cosio-forward: forged\r\n")).status == 200);
  CHECK(log.count(log_level::warn, "says that another server has passed it on") == 1);

  const polling_client d(both.first.server.port());
  http_client held(both.wrong_port());
  held.send(get(d.target()));
  while (both.second.others->counts().under_way == 0) std::this_thread::yield();
  http_client wrong(both.wrong_port());
  for (int i = 0; i < 20; ++i) CHECK(wrong.ask(post(d.target(), "4a")).status == 503);
  CHECK(log.count(log_level::warn, "too many requests or tunnels to server 1 at once") == 1);
  CHECK(both.second.others->counts().refused == 20);
}

TEST_CASE("CORS, preflights and cookies work at the wrong server", "[engine][forward]") {
  engine_options engine;
  engine.origins = "https://app.example";
  engine.cookie.emplace();
  two_servers both(options_of(2), engine);
  const std::string page = "Origin: https://app.example\r\n";
  const polling_client c(both.first.server.port(), "EIO=4", page);
  CHECK(c.opened().header("set-cookie").starts_with("io=" + c.sid()));
  http_client wrong(both.wrong_port());
  const auto posted = wrong.ask(post(c.target(), "4a", page));
  CHECK(posted.status == 200);
  CHECK(posted.header("access-control-allow-origin") == "https://app.example");
  CHECK(wrong.ask(get(c.target(), "Origin: https://evil.example\r\n")).status == 403);
  const auto preflight = wrong.ask("OPTIONS " + c.target() + " HTTP/1.1\r\nHost: a\r\n" + page +
                                   "Access-Control-Request-Method: POST\r\n\r\n");
  CHECK(preflight.status == 204);
  CHECK(preflight.header("access-control-allow-origin") == "https://app.example");
  CHECK(both.second.others->counts().requests == 2);
}

TEST_CASE("JSONP works at the wrong server", "[engine][forward]") {
  two_servers both;
  http_client right(both.first.server.port());
  std::string target = "/engine.io/?EIO=3&j=0&b64=1&transport=polling";
  std::string opened = right.ask(get(target)).body;
  std::erase(opened, '\\');
  target += "&sid=" + text_member(opened, "sid");
  http_client wrong(both.wrong_port());
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  CHECK(wrong.ask(post(target, "d=6%3A4hello", form)).body == "ok");
  CHECK(wrong.ask(get(target)).body == R"(___eio[0]("6:4hello");)");
  CHECK(both.second.others->counts().requests == 2);
}

TEST_CASE("ids of this server, of unknown ones and of none are refused here", "[engine][forward]") {
  two_servers both;
  http_client wrong(both.wrong_port());
  for (const char* sid : {"ACxxxxxxxxxxxxxxxxxxxx", "A9xxxxxxxxxxxxxxxxxxxx", "AB", "!!xxxxxxxxxxxxxxxxxxxx"}) {
    const auto got = wrong.ask(get(std::string("/engine.io/?EIO=4&transport=polling&sid=") + sid));
    CHECK(got.status == 400);
    CHECK(got.body == R"({"code":1,"message":"Session ID unknown"})");
  }
  CHECK(both.second.others->counts().requests == 0);
  // The id of a session that has ended is refused by its own server.
  const auto got = wrong.ask(get(target_of_1));
  CHECK(got.status == 400);
  CHECK(got.body == R"({"code":1,"message":"Session ID unknown"})");
  CHECK(both.second.others->counts().requests == 1);
}

TEST_CASE("a request is passed on once, whatever the lists say", "[engine][forward]") {
  two_servers both;
  const captured_log log;
  // The second server takes itself for the first one.
  both.second.others->nodes({{1, url_of(both.second.server.port())}});
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(get(target_of_1)).status == 400);
  CHECK(both.second.others->counts().requests == 1);
  CHECK(log.count(log_level::error, "under a wrong number") == 1);
}

TEST_CASE("a request whose mark was made with another secret is not passed on", "[engine][forward]") {
  auto settings = options_of(3);
  settings.secret = "another secret of this one";
  numbered other(settings);
  two_servers both;
  // To the other one the second server is the first, and to the second one the other is.
  both.second.others->nodes({{1, url_of(other.server.port())}});
  other.others->nodes({{1, url_of(both.wrong_port())}});
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(get(target_of_1)).status == 400);
  CHECK(both.second.others->counts().requests == 1);
  CHECK(other.others->counts().requests == 0);
}

TEST_CASE("a request that comes back without its mark is not passed on for ever", "[engine][forward]") {
  two_servers both;
  const captured_log log;
  const stripping_hop hop("x-cosio-forward", both.wrong_port());
  both.second.others->nodes({{1, url_of(hop.port())}});
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(get(target_of_1)).status == 503);
  CHECK(both.second.others->counts().requests == 8);
  CHECK(both.second.others->counts().refused == 1);
  CHECK(log.count(log_level::warn, "requests of one session are under way to server 1") == 1);
  // Nothing of it is left.
  CHECK(wrong.ask(get(target_of_1)).status == 503);
  CHECK(both.second.others->counts().requests == 16);
}

TEST_CASE("a server that cannot be reached is answered for at once", "[engine][forward]") {
  two_servers both;
  const captured_log log;
  both.second.others->nodes({{1, url_of(closed_port())}});
  http_client wrong(both.wrong_port());
  for (int i = 0; i < 10; ++i) {
    const auto got = wrong.ask(get(target_of_1));
    CHECK(got.status == 503);
    CHECK(got.body == "the server of this session cannot be reached\n");
    CHECK(got.header("retry-after") == "1");
  }
  CHECK(both.second.others->counts().failed == 10);
  CHECK(log.count(log_level::error, "cannot be reached") == 1);
  http_client upgrading(both.wrong_port());
  CHECK(upgrading.ask(websocket_request(target_of_1)).status == 503);
}

TEST_CASE("only headers of the client's request are passed on, not those of its connection", "[engine][forward]") {
  two_servers both;
  odd_server odd("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: yes\r\nX-Hop: no\r\nConnection: x-hop\r\n\r\nok");
  both.second.others->nodes({{1, odd.url()}});
  http_client wrong(both.wrong_port());
  const auto got = wrong.ask(post(target_of_1, "4body",
                                  "Cookie: a=b\r\nX-Secret: 1\r\nConnection: keep-alive, x-secret\r\nTE: trailers\r\n"
                                  "Keep-Alive: 5\r\nProxy-Authorization: x\r\n"
                                  "Expect: 100-continue\r\n"));
  const std::string head = odd.head();
  CHECK(head.find("POST " + std::string(target_of_1) + " HTTP/1.1\r\n") == 0);
  CHECK(head.find("ookie: a=b\r\n") != std::string::npos);
  CHECK(head.find("ontent-Length: 5\r\n") != std::string::npos);
  CHECK(head.find("x-cosio-forward: 2;2;1;") != std::string::npos);
  CHECK(head.find(";127.0.0.1;http;") != std::string::npos);
  for (const char* gone : {"ecret", "railers", "eep-", "roxy-", "xpect"}) CHECK(head.find(gone) == std::string::npos);
  CHECK(got.status == 200);
  CHECK(got.header("x-own") == "yes");
  CHECK_FALSE(got.has("x-hop"));
}

TEST_CASE("a server that does not answer, or answers with something else, harms nobody", "[engine][forward]") {
  auto settings = options_of(2);
  settings.answer_timeout = 50ms;
  two_servers both(settings);
  const captured_log log;
  const auto ask_odd = [&](std::string answer) {
    odd_server odd(std::move(answer));
    both.second.others->nodes({{1, odd.url()}});
    http_client wrong(both.wrong_port());
    return wrong.ask(post(target_of_1, "4body")).status;
  };
  CHECK(ask_odd("") == 504);
  CHECK(ask_odd("this is no HTTP\r\n\r\n") == 502);
  CHECK(ask_odd("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n") == 502);
  CHECK(ask_odd("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsome") == 504);
  CHECK(ask_odd("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n") == 502);
  CHECK(both.second.others->counts().failed == 5);
  CHECK(both.second.others->counts().under_way == 0);
  CHECK(both.second.others->counts().kept_bytes == 0);
}

TEST_CASE("answers that clients have not read have a limit", "[engine][forward]") {
  auto settings = options_of(2);
  settings.max_kept_bytes = 1'000;
  two_servers both(settings);
  odd_server odd("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1'001, 'x'));
  both.second.others->nodes({{1, odd.url()}});
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(post(target_of_1, "4body")).status == 503);
  CHECK(both.second.others->counts().refused == 1);
  CHECK(both.second.others->counts().kept_bytes == 0);
}

TEST_CASE("of requests for other servers that are slow the oldest makes room", "[engine][forward]") {
  auto settings = options_of(2);
  settings.max_kept_bytes = 1'500;
  two_servers both(settings);
  const polling_client c(both.first.server.port());
  const std::string head = "POST " + c.target() + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
  http_client slow(both.wrong_port());
  slow.send(head + "4" + std::string(799, 'x'));
  while (both.second.others->counts().kept_bytes != 800) std::this_thread::yield();
  http_client second(both.wrong_port());
  second.send(head + "4" + std::string(799, 'x'));
  CHECK(slow.read_answer().status == 503);
  CHECK(both.second.others->counts().refused == 1);
  second.send(std::string(200, 'x'));
  CHECK(second.read_answer().status == 200);
  while (both.second.others->counts().kept_bytes != 0) std::this_thread::yield();
}

TEST_CASE("heads that announce a body take no room from requests for other servers", "[engine][forward]") {
  auto settings = options_of(2);
  settings.max_kept_bytes = 1'500;
  two_servers both(settings);
  const polling_client c(both.first.server.port());
  const auto head = [](const std::string& target) {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
  };
  const auto invented = [](int i) {
    return "/engine.io/?EIO=4&transport=polling&sid=ABxxxxxxxxxxxxxxxxxx" + std::to_string(10 + i);
  };
  http_client honest(both.wrong_port());
  honest.send(head(c.target()));
  std::vector<std::unique_ptr<http_client>> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(std::make_unique<http_client>(both.wrong_port()));
    others.back()->send(head(invented(i)));
  }
  // Those that hold bytes give way to each other.
  http_client first_holder(both.wrong_port());
  first_holder.send(head(invented(20)) + "4" + std::string(799, 'x'));
  while (both.second.others->counts().kept_bytes != 800) std::this_thread::yield();
  http_client second_holder(both.wrong_port());
  second_holder.send(head(invented(21)) + "4" + std::string(799, 'x'));
  CHECK(first_holder.read_answer().status == 503);
  honest.send("4" + std::string(999, 'x'));
  CHECK(honest.read_answer().status == 200);
  CHECK(both.second.others->counts().refused == 1);
}

TEST_CASE("a body above max_payload does not reach the other server", "[engine][forward]") {
  two_servers both;
  const polling_client c(both.first.server.port());
  http_client wrong(both.wrong_port());
  CHECK(wrong.ask(post(c.target(), std::string(1'000'001, 'x'))).status == 413);
  CHECK(both.second.others->counts().requests == 0);
}

TEST_CASE("requests and tunnels to one server have limits", "[engine][forward]") {
  auto settings = options_of(2);
  settings.max_requests = 1;
  settings.max_tunnels = 1;
  two_servers both(settings);
  polling_client c(both.first.server.port());
  polling_client d(both.first.server.port());
  http_client held(both.wrong_port());
  held.send(get(c.target()));
  while (both.second.others->counts().under_way == 0) std::this_thread::yield();
  http_client wrong(both.wrong_port());
  const auto refused = wrong.ask(post(c.target(), "4a"));
  CHECK(refused.status == 503);
  CHECK(refused.body == "the server of this session has too many requests to take this one\n");
  CHECK(c.post("4b").status == 200);
  CHECK(held.read_answer().body == "4b");
  while (both.second.others->counts().under_way != 0) std::this_thread::yield();

  websocket_client ws(both.wrong_port(), c.target("websocket"), "", text_frame("2probe"));
  CHECK(ws.text() == "3probe");
  http_client upgrading(both.wrong_port());
  CHECK(upgrading.ask(websocket_request(d.target("websocket"))).status == 503);
  CHECK(both.second.others->counts().refused == 2);
}

TEST_CASE("a client that leaves ends its request at the other server, too", "[engine][forward]") {
  two_servers both;
  polling_client c(both.first.server.port());
  http_client held(both.wrong_port());
  held.send(get(c.target()));
  for (int request = 0; request < 2; ++request) both.first.address.take();  // the handshake, and this one
  held.close();
  CHECK(both.first.server.closed().text() == "transport error");
}

TEST_CASE("a server that closes ends what it has passed on", "[engine][forward]") {
  two_servers both;
  polling_client c(both.first.server.port());
  polling_client d(both.first.server.port());
  websocket_client ws(both.wrong_port(), d.target("websocket"), "", text_frame("2probe"));
  CHECK(ws.text() == "3probe");
  http_client held(both.wrong_port());
  held.send(get(c.target()));
  for (int request = 0; request < 4; ++request) both.first.address.take();  // two handshakes, the upgrade, this one
  both.second.server.run(both.second.server.engine().close());
  CHECK(held.read_answer().status == 502);
  CHECK(ws.ends());
  CHECK(both.second.others->counts().tunnels == 0);
  http_client late(both.wrong_port());
  CHECK(late.ask(get(c.target())).status == 503);
}

TEST_CASE("options of forwarding that cannot be meant are refused", "[engine][forward]") {
  const auto problem = [](auto change) {
    auto settings = options_of(1);
    settings.nodes = {{1, "http://127.0.0.1:1"}};
    change(settings);
    try {
      validate(settings);
    } catch (const error& e) {
      return e.detail();
    }
    return std::string();
  };
  CHECK(problem([](forwarding_options&) {}).empty());
  CHECK(problem([](auto& o) { o.node = 0; }).find("forwarding_options.node is 0") != std::string::npos);
  CHECK_FALSE(problem([](auto& o) { o.node = 4'096; }).empty());
  CHECK_FALSE(problem([](auto& o) { o.nodes[0] = "http://127.0.0.1:2"; }).empty());
  CHECK(problem([](auto& o) {
          o.nodes[2] = "http://127.0.0.1:1/";
        }).find("one address, 127.0.0.1:1, for the servers") != std::string::npos);
  CHECK(problem([](auto& o) { o.nodes = {{2, "http://127.0.0.1:2"}}; }).find("without server 1") != std::string::npos);
  CHECK(problem([](auto& o) { o.nodes = {}; }).empty());
  CHECK_FALSE(problem([](auto& o) { o.max_clock_skew = 0ms; }).empty());
  CHECK(problem([](auto& o) { o.secret = "fifteen letters"; }).find("fifteen") == std::string::npos);
  CHECK_FALSE(problem([](auto& o) { o.secret = "fifteen letters"; }).empty());
  CHECK(problem([](auto& o) { o.nodes[2] = "https://10.0.0.1"; }).find("http only") != std::string::npos);
  for (const char* url : {"", "10.0.0.1:3000", "http://", "ftp://a", "http://a/path", "http://u@a", "http://a?b",
                          "http://a:99999", "http://a:0"})
    CHECK_FALSE(problem([url](auto& o) { o.nodes[2] = url; }).empty());
  CHECK_FALSE(problem([](auto& o) { o.answer_timeout = 0ms; }).empty());

  const numbered one(options_of(1));
  CHECK_THROWS_AS(forwarding(one.server.engine(), options_of(2)), error);
  CHECK_THROWS_AS(one.others->nodes({{1, "nonsense"}}), error);
  one.others->nodes({{7, "http://[::1]:80"}});
  CHECK(one.others->nodes() == node_list{{7, "http://[::1]:80"}});
}
