// A server that owns a TLS port, and compression as its options ask for it.

#include <cosio/cosio.hpp>

#include <stdexcept>
#include <string>

#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/polling_client.hpp"
#include "support/sio_server.hpp"
#include "support/tls_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

cosio::options secure(const certificate_files& own) {
  cosio::options opts = test_options();
  // The port speaks HTTPS and WSS.
  opts.tls.emplace();
  opts.tls->certificate_file = own.certificate();  // the server's, then those that lead to the root; PEM
  opts.tls->key_file = own.key();
  return opts;
}

constexpr const char* handshake_target = "/socket.io/?EIO=4&transport=polling";

}  // namespace

TEST_CASE("handlers of a TLS server see that the connection is secure", "[socketio][tls]") {
  const certificate_files own("localhost");
  mailbox<> seen;
  sio_server s(secure(own));
  s.io.on_connection([&](cosio::socket c) { seen.put(c.handshake().secure() ? "secure" : "open to all"); });
  const std::uint16_t port = s.start();
  tls_http_client client(port, {.authority = own.certificate()});
  const std::string open = client.ask(get(handshake_target)).body;
  REQUIRE(open.starts_with("0{\"sid\":"));
  const std::string target = std::string(handshake_target) + "&sid=" + text_member(open, "sid");
  CHECK(client.ask(post(target, "40")).body == "ok");
  CHECK(seen.take() == "secure");

  tls_http_client socket(port);
  socket.send(websocket_request("/socket.io/?EIO=4&transport=websocket"));
  CHECK(socket.read_answer().status == 101);
  socket.send(text_frame("40"));
  CHECK(seen.take() == "secure");
}

TEST_CASE("a server takes new certificates while it serves", "[socketio][tls]") {
  certificate_files own("before");
  sio_server s(secure(own));
  const std::uint16_t port = s.start();
  tls_http_client first(port);
  CHECK(first.peer().peer_name() == "before");
  own.renew("after");
  s.io.reload_certificates();
  CHECK(tls_http_client(port).peer().peer_name() == "after");
  own.spoil_certificate();
  try {
    s.io.reload_certificates();
    FAIL("taken");
  } catch (const cosio::error& refused) {
    CHECK(refused.code() == errc::bad_certificate);
  }
  CHECK(tls_http_client(port).peer().peer_name() == "after");
  CHECK(first.ask(get(handshake_target)).status == 200);
}

TEST_CASE("a server that shares a port leaves certificates to it", "[socketio][tls]") {
  http::app app;
  const cosio::server io(app, test_options());
  CHECK_THROWS_AS(io.reload_certificates(), cosio::error);
  const cosio::server plain(test_options());
  CHECK_THROWS_AS(plain.reload_certificates(), cosio::error);
}

// edge 86
TEST_CASE("an emission with compress(false) is sent as it is", "[socketio][compression]") {
  mailbox<> joined;
  cosio::options opts = test_options();
  // With clients that offer it, messages of 1,024 bytes and more are compressed.
  opts.per_message_deflate.emplace();
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) -> task<> {
    c.on("ask",
         [c](bool compress) -> task<> { co_await c.compress(compress).emit("answer", std::string(5'000, 'a')); });
    joined.put("joined");
    co_return;
  });
  websocket_client client(s.start(), "/socket.io/?EIO=4&transport=websocket",
                          "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  CHECK(client.text().starts_with("0{"));
  client.send_text("40");
  CHECK(client.text().starts_with("40{"));
  CHECK(joined.take() == "joined");
  client.send_text(R"(42["ask",false])");
  CHECK(client.text() == R"(42["answer",")" + std::string(5'000, 'a') + "\"]");
  client.send_text(R"(42["ask",true])");
  try {
    client.text();
    FAIL("not compressed");
  } catch (const std::runtime_error& refused) {  // a plain client cannot read it
    CHECK(std::string(refused.what()).find("reserved bits") != std::string::npos);
  }
}
