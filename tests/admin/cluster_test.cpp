// The dashboard of several servers: one page shows all of them.

#include <cosio/admin.hpp>
#include <cosio/cluster.hpp>
#include <cosio/cosio.hpp>
#include <cosio/process_wire.hpp>

#include <boost/json/parse.hpp>

#include <memory>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;

namespace {

namespace json = boost::json;

cosio::options on_bus(const std::shared_ptr<cosio::process_bus>& bus) {
  cosio::options opts = test_options();
  opts.adapter = cosio::cluster_adapter(cosio::process_wire(bus));
  return opts;
}

cosio::admin_options named(const std::string& name) {
  cosio::admin_options opts;
  opts.open_to_everybody = true;
  opts.development = true;
  opts.server_id = name;
  return opts;
}

// The ids of sockets that a page was told of so far, and the servers that have told it numbers.
struct page_state {
  std::set<std::string> sockets;
  std::set<std::string> servers;

  void take(const std::string& packet) {
    const std::string head = "2/admin,";
    if (!packet.starts_with(head)) return;
    const auto list = json::parse(packet.substr(head.size())).as_array();
    const std::string name(list.at(0).as_string());
    if (name == "all_sockets") {
      sockets.clear();
      for (const auto& one : list.at(1).as_array()) sockets.insert(std::string(one.at("id").as_string()));
    } else if (name == "socket_connected") {
      sockets.insert(std::string(list.at(1).at("id").as_string()));
    } else if (name == "socket_disconnected") {
      sockets.erase(std::string(list.at(2).as_string()));
    } else if (name == "server_stats") {
      servers.insert(std::string(list.at(1).at("serverId").as_string()));
    }
  }
};

}  // namespace

TEST_CASE("a page shows the sockets and numbers of all servers of a cluster", "[admin][cluster]") {
  const auto bus = cosio::make_process_bus();
  sio_server one(on_bus(bus));
  sio_server two(on_bus(bus));
  const cosio::admin_feed here(one.io, named("one"));
  const cosio::admin_feed there(two.io, named("two"));
  const auto port_one = one.start();
  const auto port_two = two.start();

  sio_client a(port_one);
  const std::string id_a = a.join();
  sio_client b(port_two);
  const std::string id_b = b.join();  // before the page
  sio_client page(port_one);
  page.join("/admin");
  page_state seen;
  while (!seen.sockets.contains(id_a) || !seen.sockets.contains(id_b) || seen.servers.size() < 2)
    seen.take(page.receive());
  CHECK(seen.servers == std::set<std::string>{"one", "two"});

  sio_client c(port_two);
  const std::string id_c = c.join();
  while (!seen.sockets.contains(id_c)) seen.take(page.receive());

  // A command acts on all servers.
  page.send("2/admin,[\"_disconnect\",\"/\",false,\"" + id_b + "\"]");
  CHECK(b.receive() == "1");
  while (seen.sockets.contains(id_b)) seen.take(page.receive());
  CHECK(seen.sockets.contains(id_a));
  CHECK(seen.sockets.contains(id_c));
}
