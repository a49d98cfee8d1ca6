// expect: compiles

#include <cosio/cosio.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

struct room {
  void say(std::string text) { last = std::move(text); }
  std::string last;
};
std::string join(int count, cosio::arguments rest) { return std::to_string(rest.size() + std::size_t(count)); }

void listen(const cosio::socket& user, room& place) {
  user.on("draw", [](const stroke& line, std::vector<stroke>&& others) { return std::make_tuple(line, others); });
  user.on("say", cosio::method(&room::say, &place));
  user.on("join", join);
  user.on("bound", std::bind([](int count, const cosio::arguments& all) { return all.size() > std::size_t(count); }, 1,
                             std::placeholders::_1));
  user.on("job", [](std::optional<stroke>, cosio::ack accept) -> cosio::task<> { co_await accept("later", 1); });
  user.on("early",
          [](std::string, cosio::arguments rest, cosio::ack) -> cosio::task<cosio::arguments> { co_return rest; });
  user.on_any([](std::string, cosio::arguments, cosio::ack) {});
  user.on_disconnect([](const cosio::reason&) -> cosio::task<> { co_return; });
  user.use([](cosio::packet&, cosio::next go) -> cosio::task<> { co_await go(); });
  user.use([](cosio::packet& event) -> cosio::task<> {
    if (event.args().size() > 10) throw cosio::refusal("too many arguments");
    co_return;
  });
}

void serve(const cosio::server& io) {
  io.use([](cosio::socket, cosio::next go) { return go(); });
  io.use([](const cosio::socket& user) {
    if (user.handshake().auth()["token"] != "secret") throw cosio::refusal("who are you?");
  });
  io.engine().use([](cosio::http::request, cosio::http::response& head) { head.set("X-Served-By", "node 7"); });
  io.on_error([](cosio::socket who, cosio::socket_error wrong) -> cosio::task<> {
    co_await who.emit("sorry", wrong.message());
  });
  io.on_connection([](const cosio::socket& user) { return user.join("lobby"); });
  io.on_connection([once = std::make_unique<int>(1)](cosio::socket user) -> cosio::task<> { co_await user.join("a"); });
  io.on("connection", [](auto user) { user.on_error([](cosio::socket_error) {}); });
}

void answer(cosio::http::app& web) {
  web.get("/plain", [](const cosio::http::request&) { return cosio::http::response(200, "ok"); });
  web.post("/later", [](cosio::http::request) -> cosio::task<cosio::http::response> {
    cosio::http::response done(204);
    co_return done;
  });
}

void tell(const cosio::nsp& where) {
  where.async_emit([](std::exception_ptr, auto) {}, "news", 1);
  where.async_sockets_join([](std::exception_ptr) {}, "lobby");
}
