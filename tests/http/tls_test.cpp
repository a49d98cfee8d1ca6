// HTTPS on a port: certificates, who is let in, deadlines, and new certificates while it serves.

#include "http/tls.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <cosio/error.hpp>
#include <cosio/origins.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http/asked_password.hpp"
#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/tls_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using http::certificates;
using http::tls_options;

namespace {

tls_options of(const certificate_files& files) {
  return {.certificate_file = files.certificate(), .key_file = files.key()};
}

http::app_options on_loopback(tls_options tls) {
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.tls = std::move(tls);
  return options;
}

// A door behind TLS, reached by memory.
struct secure_door {
  explicit secure_door(tls_options options) : keys(std::move(options)) {}

  memory_tls_client connect(const tls_client_options& client = {}) {
    async::memory_streams pair;
    d.state->serve(keys.secure(std::move(pair.near)));
    d.w.settle();
    return memory_tls_client(d.w, std::move(pair.far), client);
  }

  certificates keys;
  door d;
};

std::string refusal_of(const tls_options& options) {
  try {
    const certificates refused(options);
  } catch (const error& e) {
    CHECK(e.code() == errc::bad_certificate);
    return e.detail();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a port with a certificate speaks HTTPS", "[http][tls]") {
  const certificate_files own("localhost");
  door d(on_loopback(of(own)));
  d.app.get("/secure", [](http::request r) { return http::response(200, r.secure() ? "yes" : "no"); });
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  tls_http_client client(port, {.authority = own.certificate()});
  CHECK(client.ask(get("/secure")).body == "yes");
  CHECK(client.ask(get("/hello")).body == "hello");
  CHECK(client.ask(post("/echo", std::string(90'000, 'e'))).body == std::string(90'000, 'e'));
  client.send(get("/hello", "Connection: close\r\n"));
  CHECK(client.read_answer().status == 200);
  CHECK(client.ends());
}

TEST_CASE("a page of the https origin is of the same origin", "[http][tls]") {
  const certificate_files own("localhost");
  secure_door house(of(own));
  memory_tls_client client = house.connect();
  const origin_policy policy;
  bool allowed = false;
  house.d.app.get("/origin", [&](http::request r) -> task<http::response> {
    const auto verdict = co_await policy.check(r);
    allowed = verdict.allowed();
    co_return http::response(200);
  });
  client.send(get("/origin", "Origin: https://localhost\r\n"));
  CHECK(client.answer()->status == 200);
  CHECK(allowed);
  client.send(get("/origin", "Origin: https://elsewhere\r\n"));
  CHECK(client.answer()->status == 200);
  CHECK_FALSE(allowed);
}

TEST_CASE("a handshake has the time of a request's head, in total", "[http][tls]") {
  const certificate_files own("localhost");
  secure_door house(of(own));
  SECTION("for those who say nothing") {
    async::memory_streams pair;
    house.d.state->serve(house.keys.secure(std::move(pair.near)));
    house.d.w.advance(9'900ms);
    CHECK(house.d.open() == 1);
    house.d.w.advance(200ms);
    CHECK(house.d.open() == 0);
  }
  SECTION("for those who say it slowly") {
    async::memory_streams pair;
    house.d.state->serve(house.keys.secure(std::move(pair.near)));
    tls_peer client;
    client.shake();
    const std::string hello = client.take_output();
    for (int i = 0; i < 99; ++i) {
      const iovec byte{const_cast<char*>(&hello[static_cast<std::size_t>(i)]), 1};
      boost::system::error_code ec;
      pair.far->write_some({&byte, 1}, ec);
      house.d.w.advance(100ms);
      REQUIRE(house.d.open() == 1);
    }
    house.d.w.advance(200ms);
    CHECK(house.d.open() == 0);
  }
  SECTION("for those who shake hands and ask nothing") {
    memory_tls_client client = house.connect();
    CHECK(client.peer().ready());
    house.d.w.advance(10'100ms);
    CHECK(client.ended());
    CHECK(client.peer().saw_close_notify());
    CHECK(house.d.open() == 0);
  }
}

TEST_CASE("handshakes that wait keep no thread from others", "[http][tls]") {
  const certificate_files own("localhost");
  door d(on_loopback(of(own)));
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());  // one thread
  std::vector<http_client> silent;
  for (int i = 0; i < 20; ++i) {
    silent.emplace_back(port);
    silent.back().send("\x16\x03\x01");
  }
  tls_http_client client(port);
  CHECK(client.ask(get("/hello")).body == "hello");
}

TEST_CASE("plain HTTP on a TLS port is closed, without a reset, and noted", "[http][tls]") {
  captured_log log;
  const certificate_files own("localhost");
  door d(on_loopback(of(own)));
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  http_client client(port);
  client.send(get("/hello"));
  std::string room(100, '\0');
  CHECK(::recv(client.fd(), room.data(), room.size(), 0) == 0);  // an end; -1 would be a reset
  CHECK(log.count(log_level::debug, "it speaks HTTP without TLS") == 1);
  CHECK(tls_http_client(port).ask(get("/hello")).status == 200);
}

TEST_CASE("above the limit of connections no handshake is begun", "[http][tls]") {
  const certificate_files own("localhost");
  auto options = on_loopback(of(own));
  options.max_connections = 1;
  door d(options);
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  tls_http_client first(port);
  CHECK(first.ask(get("/hello")).status == 200);
  http_client second(port);
  CHECK(second.ends());
  CHECK(first.ask(get("/hello")).status == 200);
}

TEST_CASE("certificates are changed while connections go on", "[http][tls]") {
  certificate_files own("first");
  door d(on_loopback(of(own)));
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  tls_http_client before(port);
  CHECK(before.peer().peer_name() == "first");
  CHECK(before.ask(get("/hello")).status == 200);

  own.renew("second");
  CHECK(tls_http_client(port).peer().peer_name() == "first");  // files are read when told
  d.app.reload_certificates();
  tls_http_client after(port, {.authority = own.certificate()});
  CHECK(after.peer().peer_name() == "second");
  CHECK(after.ask(get("/hello")).status == 200);
  CHECK(before.ask(get("/hello")).status == 200);
}

TEST_CASE("a broken file is refused and the old certificate stays", "[http][tls]") {
  certificate_files own("good");
  door d(on_loopback(of(own)));
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  const auto refused = [&](std::string_view because) {
    try {
      d.app.reload_certificates();
      FAIL("the certificate was taken");
    } catch (const error& e) {
      CHECK(e.code() == errc::bad_certificate);
      CAPTURE(e.detail());
      CHECK(e.detail().find(own.certificate()) != std::string::npos);
      CHECK(e.detail().find(because) != std::string::npos);
    }
    CHECK(tls_http_client(port).peer().peer_name() == "good");
  };
  SECTION("no certificate") {
    own.spoil_certificate();
    refused("cannot be read");
  }
  SECTION("the certificate of another key") {
    const certificate_files other("other");
    std::filesystem::copy_file(other.certificate(), own.certificate(),
                               std::filesystem::copy_options::overwrite_existing);
    refused("cannot be used with");
  }
}

TEST_CASE("reloading on one thread goes with handshakes on others", "[http][tls]") {
  const certificate_files own("localhost");
  door d(on_loopback(of(own)));
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context(), 2);
  std::atomic<bool> done{false};
  std::thread reloading([&] {
    while (!done) d.app.reload_certificates();
  });
  for (int i = 0; i < 20; ++i) CHECK(tls_http_client(port).ask(get("/hello")).status == 200);
  done = true;
  reloading.join();
}

TEST_CASE("without TLS there is nothing to reload", "[http][tls]") {
  door d;
  try {
    d.app.reload_certificates();
    FAIL("reloaded");
  } catch (const error& e) {
    CHECK(e.code() == errc::not_supported);
  }
}

TEST_CASE("before it listens, an application reads its certificates when it listens", "[http][tls]") {
  certificate_files own("early");
  door d(on_loopback(of(own)));
  own.renew("late");
  d.app.reload_certificates();
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  CHECK(tls_http_client(port).peer().peer_name() == "late");
}

TEST_CASE("files that cannot be used are named, with the reason", "[http][tls]") {
  const certificate_files own("localhost");
  const certificate_files other("other");
  const certificate_files locked("locked", nullptr, "open sesame");
  tls_options options = of(own);
  CHECK(refusal_of(options) == "accepted");
  options.certificate_file = "/nowhere/certificate.pem";
  CHECK(refusal_of(options).find("/nowhere/certificate.pem cannot be read") != std::string::npos);
  options = of(own);
  options.key_file = "/nowhere/key.pem";
  CHECK(refusal_of(options).find("/nowhere/key.pem") != std::string::npos);
  options.key_file = other.key();
  CHECK(refusal_of(options).find(other.key()) != std::string::npos);
  options = of(own);
  options.client_ca_file = "/nowhere/ca.pem";
  CHECK(refusal_of(options).find("/nowhere/ca.pem") != std::string::npos);

  door d(on_loopback({.certificate_file = "/nowhere/certificate.pem", .key_file = own.key()}));
  CHECK_THROWS_AS(d.app.listen(), error);
  CHECK_FALSE(d.app.listening());
}

TEST_CASE("an encrypted key needs its password, given or asked for", "[http][tls]") {
  const certificate_files locked("locked", nullptr, "open sesame");
  tls_options options = of(locked);
  CHECK(refusal_of(options).find(locked.key()) != std::string::npos);
  options.key_password = "wrong";
  CHECK(refusal_of(options).find(locked.key()) != std::string::npos);
  options.key_password = "open sesame";
  CHECK(refusal_of(options) == "accepted");
  options.key_password.clear();
  check_asked_password(options, "open sesame");
}

TEST_CASE("who is asked for the password may use the application meanwhile", "[http][tls]") {
  const certificate_files locked("locked", nullptr, "open sesame");
  http::app_options options = on_loopback(of(locked));
  std::optional<http::app> app;
  std::vector<bool> listening;
  options.tls->ask_key_password = [&] {
    listening.push_back(app->listening());
    return std::string("open sesame");
  };
  app.emplace(options);
  app->listen();
  CHECK(listening == std::vector<bool>{false});
  CHECK_THROWS_AS(app->listen(), error);  // nobody is asked again
  app->reload_certificates();
  CHECK(listening == std::vector<bool>{false, true});
}

TEST_CASE("a password has as many bytes as OpenSSL takes, and at least one", "[http][tls]") {
  const std::string most(1'024, 'p');
  const certificate_files locked("locked", nullptr, most);
  tls_options options = of(locked);
  options.key_password = most;
  CHECK(refusal_of(options) == "accepted");
  for (const std::size_t size : {std::size_t{1'025}, std::size_t{5'000}, std::size_t{100'000}}) {
    CAPTURE(size);
    options.key_password = std::string(size, 'p');
    CHECK(refusal_of(options).find(locked.key()) != std::string::npos);
  }
  options.key_password.clear();
  options.ask_key_password = [] { return std::string(); };
  CHECK(refusal_of(options).find(locked.key()) != std::string::npos);
}

TEST_CASE("versions below the minimum are refused", "[http][tls]") {
  const certificate_files own("localhost");
  struct row {
    http::tls_version minimum;
    int client;
    bool accepted;
  };
  const row rows[] = {
      {http::tls_version::tls_1_2, TLS1_1_VERSION, false}, {http::tls_version::tls_1_2, TLS1_2_VERSION, true},
      {http::tls_version::tls_1_2, TLS1_3_VERSION, true},  {http::tls_version::tls_1_3, TLS1_2_VERSION, false},
      {http::tls_version::tls_1_3, TLS1_3_VERSION, true},
  };
  for (const row& r : rows) {
    CAPTURE(r.client, static_cast<int>(r.minimum));
    tls_options options = of(own);
    options.minimum_version = r.minimum;
    secure_door house(options);
    memory_tls_client client = house.connect({.oldest = r.client, .newest = r.client});
    client.send(get("/hello"));
    CHECK(client.answer().has_value() == r.accepted);
    CHECK(client.ended() != r.accepted);
    if (!r.accepted) CHECK(client.peer().failure().find("protocol version") != std::string::npos);
  }
}

TEST_CASE("mutual TLS lets in who has a certificate of the right authority", "[http][tls]") {
  const certificate_files own("localhost");
  const certificate_files authority("authority");
  const certificate_files anna("anna", &authority);
  const certificate_files stranger("stranger");
  tls_options options = of(own);
  options.client_ca_file = authority.certificate();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    secure_door house(options);
    const auto asks = [&](const certificate_files* as) {
      tls_client_options client{.oldest = version, .newest = version};
      if (as != nullptr) client.certificate = as->certificate();
      if (as != nullptr) client.key = as->key();
      memory_tls_client made = house.connect(client);
      if (made.peer().ready()) made.send(get("/hello"));
      return made.answer() ? "served" : made.ended() ? "refused" : "left waiting";
    };
    CHECK(asks(&anna) == std::string("served"));
    CHECK(asks(nullptr) == std::string("refused"));
    CHECK(asks(&stranger) == std::string("refused"));
  }
}

TEST_CASE("of the offered protocols http/1.1 is chosen, and who does not offer it is refused", "[http][tls]") {
  const certificate_files own("localhost");
  secure_door house(of(own));
  memory_tls_client browser = house.connect({.protocols = "\x02h2\x08http/1.1"});
  CHECK(browser.peer().protocol() == "http/1.1");
  browser.send(get("/hello"));
  CHECK(browser.answer()->body == "hello");
  memory_tls_client modern = house.connect({.protocols = "\x02h2"});
  CHECK_FALSE(modern.peer().ready());
  CHECK(modern.ended());
  memory_tls_client plain = house.connect();
  CHECK(plain.peer().protocol().empty());
  CHECK(plain.peer().ready());
}

TEST_CASE("a request that is cut off by an end without close_notify is not served", "[http][tls]") {
  const certificate_files own("localhost");
  secure_door house(of(own));
  memory_tls_client client = house.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf");
  client.below().shutdown_send();
  house.d.w.settle();
  CHECK(house.d.open() == 0);
  CHECK_FALSE(client.answer());
}
