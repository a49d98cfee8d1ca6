// Messages exchanged with Boost.Beast's WebSocket client, which knows RFC 6455 and RFC 7692 independently of us.

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <cosio/engine.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
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

struct beast_client {
  beast_client(std::uint16_t port, const websocket::permessage_deflate& deflate) {
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
