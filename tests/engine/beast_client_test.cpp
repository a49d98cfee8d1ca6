// Boost.Beast's WebSocket client, which knows RFC 6455 and RFC 7692 independently of us: messages, fragments, control
// frames, ends, and compression with all its parameters.

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <cosio/engine.hpp>

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/world.hpp"

using namespace cosio;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

// Sends everything back.
void echo(const engine_server& on) {
  on.on_connection([](engine_session s) { s.on_message([s](message m) -> task<> { co_await s.send(std::move(m)); }); });
}

http::app_options on_loopback() {
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  return options;
}

// An echo on a port of its own.
struct beast_server {
  explicit beast_server(engine_options settings = {}) : engine(app, std::move(settings)) {
    echo(engine);
    engine.on_connection([this](engine_session s) { opened.put(s); });
    port = app.listen();
  }
  ~beast_server() { test::wait(test::start(io.get_executor(), engine.close())); }

  asio::io_context io;
  test::mailbox<engine_session> opened;
  http::app app{io.get_executor(), on_loopback()};
  engine_server engine;
  std::uint16_t port = 0;
  test::background running{io, 2};
};

struct beast_client {
  explicit beast_client(std::uint16_t port, const websocket::permessage_deflate& deflate = {}) {
    ws.next_layer().connect({asio::ip::address_v4::loopback(), port});
    ws.set_option(deflate);
    websocket::response_type response;
    ws.handshake(response, "127.0.0.1", "/engine.io/?EIO=4&transport=websocket");
    extensions = std::string(response["Sec-WebSocket-Extensions"]);
    open = read();
  }
  std::string read() {
    beast::flat_buffer buffer;
    ws.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  std::string ask(const std::string& message, bool text = true) {
    ws.text(text);
    ws.write(asio::buffer(message));
    return read();
  }

  asio::io_context io;
  websocket::stream<asio::ip::tcp::socket> ws{io};
  std::string extensions;
  std::string open;
};

std::string noise(std::size_t size) {
  std::string out;
  std::uint32_t seed = 1;
  while (out.size() < size) out += static_cast<char>((seed = seed * 1'664'525 + 1'013'904'223) >> 24U);
  return out;
}

}  // namespace

TEST_CASE("Beast's client and this server understand each other's compression", "[engine][message_deflate][beast]") {
  std::vector<deflate_options> servers(5);
  servers[0].threshold = 0;
  servers[1].server_context_takeover = servers[1].client_context_takeover = true;
  servers[2].server_max_window_bits = 9;
  servers[2].client_max_window_bits = 9;
  servers[3].threshold = 0;
  servers[3].client_context_takeover = true;
  servers[4].server_context_takeover = true;
  servers[4].level = 9;
  servers[4].memory_level = 1;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (const bool takeover : {false, true}) {
      CAPTURE(i, takeover);
      asio::io_context server_side;
      http::app app(server_side.get_executor(), on_loopback());
      engine_options settings;
      settings.per_message_deflate = servers[i];
      const engine_server engine(app, settings);
      echo(engine);
      const std::uint16_t port = app.listen();
      const test::background running(server_side);

      websocket::permessage_deflate deflate;
      deflate.client_enable = true;
      deflate.msg_size_threshold = 0;
      deflate.client_no_context_takeover = deflate.server_no_context_takeover = !takeover;
      beast_client client(port, deflate);
      CHECK(client.extensions.starts_with("permessage-deflate"));
      CHECK(client.open.starts_with("0{\"sid\""));
      std::string numbers;
      for (int n = 0; numbers.size() < 200'000; ++n) numbers += std::to_string(n * 7'919) + ",";
      for (int round = 0; round < 2; ++round) {
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, std::size_t{500}, std::size_t{5'000}, std::size_t{200'000}}) {
          const std::string text = "4" + numbers.substr(0, size);
          CHECK((client.ask(text) == text));
          const std::string bytes = noise(size);
          CHECK((client.ask(bytes, false) == bytes));
        }
      }
      boost::system::error_code ec;
      client.ws.close(websocket::close_code::normal, ec);
      CHECK_FALSE(ec);
    }
  }
}

TEST_CASE("Beast's client: messages of all sizes, whole and in fragments", "[engine][beast]") {  // classes 1, 5, 9, 10
  engine_options settings;
  settings.max_payload = 16 * 1024 * 1024;
  settings.max_queued_bytes = 64 * 1024 * 1024;
  settings.ping_interval = std::chrono::minutes(10);  // however slow the machine is: a ping would come as an answer
  beast_server server(settings);
  beast_client client(server.port);
  client.ws.read_message_max(settings.max_payload + 1);
  for (const std::size_t size : {1, 125, 126, 127, 65'535, 65'536, 1'000'000, 16 * 1024 * 1024}) {
    for (const std::size_t fragment : {0, 1'300, 65'536}) {
      if (fragment != 0 && size / fragment >= 1'024) continue;
      CAPTURE(size, fragment);
      client.ws.auto_fragment(fragment != 0);
      client.ws.write_buffer_bytes(fragment != 0 ? fragment : 65'536);
      const std::string text = "4" + std::string(size - 1, '*');
      CHECK((client.ask(text) == text));
      const std::string bytes = noise(size);
      CHECK((client.ask(bytes, false) == bytes));
    }
  }
}

TEST_CASE("Beast's client: pings are answered, between fragments, too", "[engine][beast]") {  // classes 2, 5
  beast_server server;
  beast_client client(server.port);
  std::vector<std::string> pongs;
  client.ws.control_callback([&](websocket::frame_type what, beast::string_view data) {
    if (what == websocket::frame_type::pong) pongs.emplace_back(data);
  });
  client.ws.text(true);
  client.ws.ping("before");
  client.ws.pong("unsolicited");
  client.ws.write_some(false, asio::buffer("4Hel", 4));
  client.ws.ping("between");
  client.ws.write_some(false, asio::buffer("", 0));
  client.ws.ping(websocket::ping_data(std::string(125, '\xFE')));
  client.ws.write_some(true, asio::buffer("lo", 2));
  CHECK(client.read() == "4Hello");
  CHECK(pongs == std::vector<std::string>{"before", "between", std::string(125, '\xFE')});
}

TEST_CASE("Beast's client: codes come back, and what is wrong is told by one", "[engine][beast]") {  // classes 6, 7
  beast_server server;
  for (const int code : {1000, 1001, 1003, 1007, 1008, 1009, 1011, 3000, 4999}) {
    CAPTURE(code);
    beast_client client(server.port);
    client.ws.close(websocket::close_reason(static_cast<websocket::close_code>(code), "a reason of the client's"));
    CHECK(client.ws.reason().code == code);
    CHECK(client.ws.reason().reason.empty());
  }
  const auto refused = [&](const std::string& message, bool text) {
    beast_client client(server.port);
    client.ws.text(text);
    client.ws.write(asio::buffer(message));
    beast::flat_buffer buffer;
    boost::system::error_code ec;
    client.ws.read(buffer, ec);
    CHECK(ec == websocket::error::closed);
    return client.ws.reason().code;
  };
  CHECK(refused("4\xED\xA0\x80", true) == 1007);
  CHECK(refused(std::string(1'000'001, 'x'), false) == 1009);
  CHECK(refused("no packet", true) == websocket::close_code::none);
  test::wait(test::start(server.io.get_executor(), server.engine.close()));
}

TEST_CASE("Beast's client: a server that closes says so, and waits for the answer", "[engine][beast]") {  // class 7
  beast_server server;
  beast_client client(server.port);
  const engine_session s = server.opened.take();
  test::wait(test::start(server.io.get_executor(), s.send(std::string("last words"))));
  test::wait(test::start(server.io.get_executor(), s.close()));
  CHECK(client.read() == "4last words");
  beast::flat_buffer buffer;
  boost::system::error_code ec;
  client.ws.read(buffer, ec);
  CHECK(ec == websocket::error::closed);
  CHECK(client.ws.reason().code == websocket::close_code::none);
}

TEST_CASE("Beast's client: compression with every parameter that can be agreed on", "[engine][beast]") {
  // Classes 12 and 13: windows of both sides, contexts of both sides, sizes, and fragments of what is compressed.
  std::string words;
  for (int n = 0; words.size() < 140'000; ++n) words += "message " + std::to_string(n % 1'000) + " of the suite. ";
  for (const int window : {9, 10, 12, 15}) {
    for (const bool server_takeover : {false, true}) {
      for (const bool client_takeover : {false, true}) {
        CAPTURE(window, server_takeover, client_takeover);
        engine_options settings;
        settings.per_message_deflate.emplace();
        settings.per_message_deflate->threshold = 0;
        settings.per_message_deflate->server_context_takeover = true;
        settings.per_message_deflate->client_context_takeover = true;
        beast_server server(settings);
        websocket::permessage_deflate deflate;
        deflate.client_enable = true;
        deflate.msg_size_threshold = 0;
        deflate.server_max_window_bits = window;
        deflate.client_max_window_bits = window;
        deflate.server_no_context_takeover = !server_takeover;
        deflate.client_no_context_takeover = !client_takeover;
        beast_client client(server.port, deflate);
        CHECK(client.extensions.starts_with("permessage-deflate"));
        if (window < 15) {
          const std::string bits = "server_max_window_bits=" + std::to_string(window);
          CHECK(client.extensions.find(bits) != std::string::npos);
        }
        CHECK((client.extensions.find("server_no_context_takeover") != std::string::npos) == !server_takeover);
        CHECK((client.extensions.find("client_no_context_takeover") != std::string::npos) == !client_takeover);
        for (const bool fragments : {false, true}) {
          client.ws.auto_fragment(fragments);
          client.ws.write_buffer_bytes(fragments ? 1'000 : 65'536);
          for (const std::size_t size : {0, 16, 64, 256, 1'024, 4'096, 8'192, 16'384, 32'768, 65'536, 131'072}) {
            const std::string text = "4" + words.substr(0, size);
            CHECK((client.ask(text) == text));
            const std::string bytes = noise(size);
            CHECK((client.ask(bytes, false) == bytes));
          }
        }
        client.ws.close(websocket::close_code::normal);
      }
    }
  }
}
