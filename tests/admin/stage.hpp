// A server in memory with a dashboard, and pages that look at it.

#pragma once
#include <cosio/admin.hpp>
#include <cosio/cosio.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socketio/timed_server.hpp"

namespace cosio::test {

inline admin_options open_dashboard(bool development = true) {
  admin_options opts;
  opts.open_to_everybody = true;
  opts.development = development;
  opts.server_id = "one";
  return opts;
}

struct admin_stage : timed_server {
  explicit admin_stage(admin_options opts = open_dashboard(), options server_opts = {})
      : timed_server(std::move(server_opts)), feed(watched(), std::move(opts)) {}

  /// A page that has connected. `config` is what it was told first.
  world_client page() {
    world_client made = open();
    made.join("/admin,");
    config = made.receive();
    return made;
  }
  /// The next event of a page with this name, as JSON text of its array; others are passed by. "(nothing)" when there
  /// is none.
  static std::string next(world_client& of, std::string_view name) {
    const std::string head = "2/admin,[\"" + std::string(name) + "\"";
    std::string packet = of.receive();
    while (packet != "(nothing)" && !packet.starts_with(head)) packet = of.receive();
    return packet == "(nothing)" ? packet : packet.substr(8);
  }
  static boost::json::value parsed(world_client& of, std::string_view name) {
    return boost::json::parse(next(of, name));
  }
  /// All that has come: the arrays without the date at their end.
  static std::vector<std::string> all(world_client& of) {
    std::vector<std::string> out;
    for (std::string packet = of.receive(); packet != "(nothing)"; packet = of.receive()) {
      if (!packet.starts_with("2/admin,")) {
        out.push_back(packet);
        continue;
      }
      auto list = boost::json::parse(packet.substr(8)).as_array();
      const auto* const last = list.back().if_string();
      if (last != nullptr && last->size() == 24 && last->ends_with("Z")) list.pop_back();
      out.push_back(boost::json::serialize(list));
    }
    return out;
  }
  /// Sends all that waits.
  void tick() { w.advance(std::chrono::milliseconds(100)); }

  std::vector<cosio::socket> sockets;
  std::string config;
  admin_feed feed;

 private:
  // Before the feed looks on.
  cosio::server& watched() {
    io.on_connection([this](cosio::socket who) { sockets.push_back(who); });
    return io;
  }
};

}  // namespace cosio::test
