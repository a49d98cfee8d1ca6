// A server with a dashboard: the page of the package @socket.io/admin-ui, and one of our own at /overview/.
//
// The environment names what differs: PORT (3000; 0 picks a free one), ADMIN_UI (the folder ui/dist of the package,
// which is served at /admin-ui/), ADMIN_PASSWORD_HASH (bcrypt; without it everybody may look), ADMIN_MODE
// ("production", or else development), ADMIN_READONLY ("yes"), ADMIN_SWITCH ("yes": two requests turn it on and off).

#include <chrono>
#include <cosio/admin.hpp>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

std::string setting(const char* name, const char* otherwise = "") {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

cosio::admin_options dashboard_options() {
  cosio::admin_options opts;
  if (const std::string hash = setting("ADMIN_PASSWORD_HASH"); !hash.empty()) {
    opts.login = cosio::admin_login("admin", hash);
  } else {
    opts.open_to_everybody = true;
  }
  opts.development = setting("ADMIN_MODE") != "production";
  opts.readonly = setting("ADMIN_READONLY") == "yes";
  return opts;
}

// People in rooms say something: the dashboard shows it.
void serve_people(const cosio::server& io) {
  io.on_connection([&io](cosio::socket user) {
    user.on("join", [user](std::string room) -> cosio::task<bool> {
      co_await user.join(room);
      co_return true;
    });
    user.on("say",
            [&io](std::string room, std::string text) -> cosio::task<> { co_await io.to(room).emit("said", text); });
    user.on("call me", [user](std::string name) {
      boost::json::object data{{"name", name}};
      user.data(data);
      return true;
    });
  });
  io.of("/news");
}

// Turns the dashboard on and off while the server runs. An application would ask who wants that.
void add_switch(cosio::http::app& web, const cosio::admin_feed& feed) {
  web.post("/dashboard/on", [feed](cosio::http::request) {
    feed.on();
    return cosio::http::response(204);
  });
  web.post("/dashboard/off", [feed](cosio::http::request) {
    feed.off();
    return cosio::http::response(204);
  });
}

void serve(std::uint16_t port) {
  cosio::http::app_options ports;
  ports.host = "127.0.0.1";
  ports.port = port;
  cosio::http::app web(ports);
  cosio::server io(web);
  serve_people(io);
  const cosio::admin_feed feed(io, dashboard_options());
  web.files("/overview", DASHBOARD_PAGE);
  if (const std::string official = setting("ADMIN_UI"); !official.empty()) web.files("/admin-ui", official);
  if (setting("ADMIN_SWITCH") == "yes") add_switch(web, feed);
  std::cout << "listening on http://127.0.0.1:" << web.listen() << std::endl;
  io.run_until_signal(2s);
}

}  // namespace

int main() {
  try {
    serve(static_cast<std::uint16_t>(std::stoul(setting("PORT", "3000"))));
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "dashboard: " << failed.what() << '\n';
    return 1;
  }
}
