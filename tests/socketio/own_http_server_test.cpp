// Applications with sockets of their own, or with a whole HTTP server made with Boost.Beast, which hand the requests of
// Socket.IO to us.

#include <cosio/beast.hpp>
#include <cosio/cosio.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <cstdio>
#include <exception>
#include <future>
#include <initializer_list>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/polling_client.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/websocket_client.hpp"
#include "support/world.hpp"

using namespace cosio::test;

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using beast_request = beast::http::request<beast::http::string_body>;
using beast_response = beast::http::response<beast::http::string_body>;

namespace {

void serve_echo(const cosio::server& io) {
  io.on_connection(
      [](cosio::socket c) { c.on("echo", [c](std::string text) -> cosio::task<> { co_await c.emit("back", text); }); });
}

beast_response page(const beast_request& asked) {
  beast_response answer(asked.target() == "/" ? beast::http::status::ok : beast::http::status::not_found,
                        asked.version());
  answer.set(beast::http::field::server, "my own");
  answer.body() = "my own page";
  answer.keep_alive(asked.keep_alive());
  answer.prepare_payload();
  return answer;
}

cosio::task<> serve_connection(cosio::server io, tcp::socket socket) {
  beast::flat_buffer buffer;
  error_code ec;
  const std::string address = socket.remote_endpoint(ec).address().to_string();
  while (!ec) {
    beast_request asked;
    co_await beast::http::async_read(socket, buffer, asked, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) break;
    beast_response answer;
    if (io.owns({asked.target().data(), asked.target().size()})) {
      cosio::http::request ours = cosio::http::from_beast(asked, address);
      if (beast::websocket::is_upgrade(asked)) {
        std::string rest = cosio::http::rest_of(buffer);
        co_await io.serve(std::move(socket), std::move(ours), std::move(rest));
        co_return;
      }
      const cosio::http::response said = co_await io.answer(std::move(ours));
      answer = cosio::http::to_beast(said, asked);
    } else {
      answer = page(asked);
    }
    co_await beast::http::async_write(socket, answer, asio::redirect_error(asio::use_awaitable, ec));
    if (!answer.keep_alive()) break;
  }
  socket.shutdown(tcp::socket::shutdown_send, ec);
}

// Everything is handed over, the first bytes unread: only the acceptor is the application's.
cosio::task<> hand_over(cosio::server io, tcp::socket socket) { co_await io.serve(std::move(socket)); }

using connection_server = cosio::task<> (*)(cosio::server, tcp::socket);

cosio::task<> accept_all(tcp::acceptor& acceptor, cosio::server io, connection_server serve) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(io, std::move(socket)), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
  }
}

// An application with its own acceptor; the server has no port.
struct own_server {
  explicit own_server(connection_server serve, cosio::options opts = test_options())
      : io(context.get_executor(), std::move(opts)),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    serve_echo(io);
    asio::co_spawn(context, accept_all(acceptor, io, serve), [](std::exception_ptr) {});
  }
  own_server(const own_server&) = delete;
  own_server& operator=(const own_server&) = delete;
  ~own_server() {
    try {
      run(io.close());
    } catch (const std::exception& e) {
      std::fprintf(stderr, "own_server: closing failed: %s\n", e.what());
    }
  }
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }
  template <class T>
  T run(cosio::task<T> work) {
    return wait(start(context.get_executor(), std::move(work)));
  }
  // Closes the server. Its clients see the close frame and leave, as honest ones do: nobody waits for close_timeout.
  void close(std::initializer_list<websocket_client*> clients) {
    auto closing = start(context.get_executor(), io.close());
    for (websocket_client* ws : clients) {
      CHECK(ws->close_code() == 1005);
      ws->close();
    }
    wait(std::move(closing));
  }

  asio::io_context context;
  cosio::server io;
  tcp::acceptor acceptor;
  background threads{context};
};

void check_echo(websocket_client& ws) {
  ws.send_text(R"(42["echo","hello"])");
  CHECK(ws.text() == R"(42["back","hello"])");
}

}  // namespace

TEST_CASE("a Beast server serves its own pages and hands polling and upgrades to us", "[socketio][own_http_server]") {
  own_server house(serve_connection);
  // One connection for a page, a handshake, a POST, another page: it stays the application's.
  http_client one(house.port());
  const http_answer home = one.ask(get("/"));
  CHECK(home.body == "my own page");
  CHECK(home.header("server") == "my own");
  const http_answer opened = one.ask(get("/socket.io/?EIO=4&transport=polling"));
  CHECK(opened.status == 200);
  CHECK(opened.header("cache-control") == "no-store");
  const std::string target = "/socket.io/?EIO=4&transport=polling&sid=" + text_member(opened.body, "sid");
  CHECK(one.ask(post(target, "40")).body == "ok");
  CHECK(one.ask(get("/elsewhere")).status == 404);
  CHECK(one.ask(get(target)).body.starts_with("40{\"sid\":"));

  // A GET that is held is answered by what comes in elsewhere.
  http_client held(house.port());
  held.send(get(target));
  CHECK(one.ask(post(target, R"(42["echo","hello"])")).body == "ok");
  CHECK(held.read_answer().body == R"(42["back","hello"])");
  CHECK(one.ask(get("/socket.io/?EIO=4&transport=nothing")).body == R"({"code":0,"message":"Transport unknown"})");

  // The session moves to a WebSocket that was handed over.
  websocket_client ws(house.port(), "/socket.io/?EIO=4&transport=websocket&sid=" + text_member(opened.body, "sid"));
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  ws.send_text("5");
  check_echo(ws);
  CHECK(one.ask(get("/")).body == "my own page");

  websocket_client direct(house.port(), "/socket.io/?EIO=4&transport=websocket");
  CHECK(direct.text().starts_with("0{"));
  direct.send_text("40");
  CHECK(direct.text().starts_with("40{"));
  check_echo(direct);
  CHECK(house.io.engine().clients_count() == 2);
  house.close({&ws, &direct});
}

TEST_CASE("frames that came with an upgrade are handed over with it", "[socketio][own_http_server]") {
  own_server house(serve_connection);
  websocket_client ws(house.port(), "/socket.io/?EIO=4&transport=websocket", "",
                      text_frame("40") + text_frame(R"(42["echo","early"])"));
  CHECK(ws.text().starts_with("0{"));
  // Joining takes a moment: an event in front of its answer breaks the protocol, as it does over any connection.
  const auto next = ws.next();
  REQUIRE(next);
  CHECK((next->is_close() || next->payload.starts_with("40{")));
}

TEST_CASE("the address of a peer is known, whoever has read its request", "[socketio][own_http_server]") {
  own_server house(serve_connection);
  mailbox<std::string> addresses;
  house.io.engine().on_connection([&](cosio::engine_session s) { addresses.put(std::string(s.remote_address())); });
  http_client polling(house.port());
  CHECK(polling.ask(get("/socket.io/?EIO=4&transport=polling")).status == 200);
  CHECK(addresses.take() == "127.0.0.1");
  websocket_client ws(house.port(), "/socket.io/?EIO=4&transport=websocket");
  CHECK(addresses.take() == "127.0.0.1");
}

TEST_CASE("an application may own no more than its acceptor", "[socketio][own_http_server]") {
  own_server house(hand_over);
  polling_client client(house.port(), "EIO=4", "", "/socket.io/");
  CHECK(client.post("40").body == "ok");
  CHECK(client.poll().body.starts_with("40{"));
  websocket_client ws(house.port(), client.target("websocket"));
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  ws.send_text("5");
  check_echo(ws);
  http_client other(house.port());
  CHECK(other.ask(get("/elsewhere")).status == 404);
  house.close({&ws});
}

TEST_CASE("who waits for the end of a connection does not keep its server", "[socketio][own_http_server]") {
  asio::io_context application;
  tcp::acceptor acceptor(application, {asio::ip::address_v4::loopback(), 0});
  http_client client(acceptor.local_endpoint().port());
  tcp::socket socket = acceptor.accept();
  background threads(application);
  std::future<void> served;
  {
    sio_server house;  // has an io_context of its own
    house.start();
    served = start(application.get_executor(), house.io.serve(std::move(socket)));
    CHECK(client.ask(get("/elsewhere")).status == 404);
  }
  wait(std::move(served));
  CHECK(client.ends());
}

TEST_CASE("a server tells which requests are its own", "[socketio][own_http_server]") {
  cosio::options opts = test_options();
  opts.serve_client = true;
  const cosio::server io(opts);
  CHECK(io.owns("/socket.io/?EIO=4"));
  CHECK(io.owns("/socket.io/socket.io.js"));
  CHECK_FALSE(io.owns("/"));
  CHECK_FALSE(io.owns("/socket.iofoo"));
}

TEST_CASE("a poll whose asker gives up ends the session", "[socketio][own_http_server]") {
  own_server house(serve_connection);
  const cosio::http::request handshake =
      cosio::http::request_builder("GET", "/socket.io/?EIO=4&transport=polling").build();
  const cosio::http::response opened = house.run(house.io.answer(handshake));
  const std::string sid = text_member(opened.body(), "sid");
  const auto poll = cosio::http::request_builder("GET", "/socket.io/?EIO=4&transport=polling&sid=" + sid).build();
  asio::cancellation_signal gives_up;
  std::promise<void> ended;
  const auto strand = asio::make_strand(house.context);
  asio::co_spawn(strand, house.io.answer(poll),
                 asio::bind_cancellation_slot(gives_up.slot(),
                                              [&](std::exception_ptr, cosio::http::response) { ended.set_value(); }));
  asio::post(strand, [&] { gives_up.emit(asio::cancellation_type::terminal); });
  wait(ended.get_future());
  CHECK(eventually([&] { return house.io.engine().clients_count() == 0; }));
}

TEST_CASE("Beast's requests and responses become ours and theirs", "[socketio][own_http_server]") {
  beast_request asked(beast::http::verb::post, "/a?b=1", 10);
  asked.set("X-One", "1");
  asked.insert("X-One", "2");
  asked.body() = "said";
  const cosio::http::request ours = cosio::http::from_beast(asked, "192.0.2.1", true);
  CHECK(ours.method() == "POST");
  CHECK(ours.query("b") == "1");
  CHECK(ours.header("x-one") == "1, 2");
  CHECK(ours.header("connection") == "close");  // HTTP/1.0
  CHECK(ours.body() == "said");
  CHECK(ours.secure());
  cosio::http::response said(200, "answer", "text/html");
  said.add("Set-Cookie", "a=1").add("Set-Cookie", "b=2");
  const beast_response theirs = cosio::http::to_beast(said, asked);
  CHECK(theirs.version() == 10);
  CHECK(theirs.result_int() == 200);
  CHECK(theirs.body() == "answer");
  CHECK(theirs["content-length"] == "6");
  CHECK(theirs.count("set-cookie") == 2);
  CHECK_FALSE(theirs.keep_alive());
}
