// Serves the examples of docs/handlers.md for real: a client of polling talks to them and hears the answers. Exits 0
// when it did, and when two servers have met over the wire of docs/cluster.md.
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cosio/cosio.hpp>

#include "handlers.hpp"
#include "kitchen.hpp"
#include "own_wire.hpp"

#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

// One HTTP request on a connection of its own; the body of the answer.
cosio::task<std::string> ask(std::uint16_t port, std::string method, std::string query, std::string body) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket connection(executor);
  const tcp::endpoint server(asio::ip::address_v4::loopback(), port);
  co_await connection.async_connect(server, asio::use_awaitable);

  const std::string request = method + " /socket.io/?EIO=4&transport=polling" + query +
                              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  co_await asio::async_write(connection, asio::buffer(request), asio::use_awaitable);

  std::string answer;
  boost::system::error_code ended;
  co_await asio::async_read(connection, asio::dynamic_buffer(answer), asio::redirect_error(asio::use_awaitable, ended));
  const std::size_t head = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200") || head == std::string::npos) throw std::runtime_error("refused: " + answer);
  co_return answer.substr(head + 4);
}

// Polls until the server has said this. A server that stays silent ends the session, and with it the wait.
cosio::task<> hear(std::uint16_t port, std::string session, std::string wanted) {
  std::string heard;
  while (heard.find(wanted) == std::string::npos) {
    const std::string more = co_await ask(port, "GET", session, "");
    heard += more;
  }
}

struct step {
  std::string say;
  std::string hear;
};

cosio::task<> visit(cosio::server io, std::shared_ptr<int> status) {
  const std::vector<step> conversation = {
      {"40", "40{\"sid\":\""},
      {R"(427["add",1,2])", "437[3]"},
      {R"(428["order",{"dish":"soup","count":2},{"soup":1.5}])", "438[3"},
      {R"(42["tell"])", R"(42["present",1])"},
      {R"(42["divide",1,0])", R"(42["sorry","divide","division by zero"])"},
      {"40/room-7", R"(42/room-7,["you are in","/room-7"])"},
      {"40/kitchen", "40/kitchen,{\"sid\":\""},
      {R"(42/kitchen,["sit",7])"
       "\x1e"
       R"(42/kitchen,1["order",{"name":"soup","size":"large"}])",
       "43/kitchen,1[20]"},
      {R"(42/kitchen,2["menu"])", R"(43/kitchen,2[[{"name":"soup"},{"name":"tea"}]])"},
      {R"(42/kitchen,3["order",{"name":"tea"}])", R"(["what size?","tea"])"},
      {"40/admin", R"(44/admin,{"message":"not authorized","data":401})"},
  };
  try {
    const std::uint16_t port = io.port();
    const std::string open = co_await ask(port, "GET", "", "");
    if (!open.starts_with("0{\"sid\":\"")) throw std::runtime_error("no handshake: " + open);
    const std::string session = "&sid=" + open.substr(9, open.find('"', 9) - 9);
    for (const step& next : conversation) {
      co_await ask(port, "POST", session, next.say);
      co_await hear(port, session, next.hear);
    }
    *status = 0;
  } catch (const std::exception& failed) {
    std::cerr << failed.what() << '\n';
  }
  co_await io.close();
  io.stop();
}

// The build has printed the contract.
bool has_typescript() {
  std::ifstream file(KITCHEN_D_TS);
  std::string line;
  while (std::getline(file, line)) {
    if (line == "  order: (what: DishInput, callback: (minutes: number) => void) => void;") return true;
  }
  std::cerr << "no TypeScript in " << KITCHEN_D_TS << '\n';
  return false;
}

// Asks the other server over the wire of docs/cluster.md, until it is there.
cosio::task<> meet(cosio::http::app app, cosio::server io, std::shared_ptr<bool> met) {
  try {
    for (int i = 0; i < 1'000 && !*met; ++i) {
      const cosio::answers got = co_await io.server_side_emit_with_ack("who is there?");
      *met = got.responses().size() == 1 && got.responses().front().get<std::string>(0) == "the other";
    }
  } catch (const std::exception& failed) {
    std::cerr << failed.what() << '\n';
  }
  app.stop();
}

// Two servers on one port, with the broker in this process.
bool servers_meet() {
  cosio::http::app_options port;
  port.host = "127.0.0.1";
  port.port = 0;
  port.threads = 1;
  cosio::http::app app(port);
  const auto office = std::make_shared<post_office>();
  cosio::options one = with_own_wire(office);
  cosio::options other = with_own_wire(office);
  one.path = "/one/";
  other.path = "/other/";
  const cosio::server first(app, one);
  const cosio::server second(app, other);
  second.on_server_side("who is there?", [] { return std::string("the other"); });
  const auto met = std::make_shared<bool>(false);
  cosio::spawn(app.executor(), meet(app, first, met));
  app.run();
  if (!*met) std::cerr << "the servers did not meet over their own wire\n";
  return *met;
}

int main() {
  if (!has_typescript() || !servers_meet()) return 1;
  cosio::options options;
  options.host = "127.0.0.1";
  options.port = 0;
  cosio::server io(options);
  register_handlers(io);
  open_kitchen(io.of("/kitchen"));
  io.listen();
  const auto status = std::make_shared<int>(1);
  cosio::spawn(io.executor(), visit(io, status));
  io.run();
  return *status;
}
