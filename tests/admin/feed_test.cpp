// The dashboard as its pages see it: on a server in memory, with time that moves when told.

#include <cosio/admin.hpp>
#include <cosio/cosio.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "admin/stage.hpp"
#include "socketio/server_core.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::admin_options;
using cosio::errc;

namespace {

namespace json = boost::json;

std::size_t count_of(const std::vector<std::string>& all, std::string_view head) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const std::string& one) { return one.starts_with(head); }));
}

}  // namespace

TEST_CASE("a page is told what the dashboard can do", "[admin][feed]") {
  const auto told = [](bool development, bool readonly) {
    admin_options opts = open_dashboard(development);
    opts.readonly = readonly;
    admin_stage s(opts);
    s.page();
    return s.config;
  };
  const std::string commands = R"("EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT",)";
  const std::string head = R"(2/admin,["config",{"supportedFeatures":[)";
  CHECK(told(true, false) == head + commands + R"("AGGREGATED_EVENTS","ALL_EVENTS"]}])");
  CHECK(told(false, false) == head + commands + R"("AGGREGATED_EVENTS"]}])");
  CHECK(told(true, true) == head + R"("AGGREGATED_EVENTS","ALL_EVENTS"]}])");
  CHECK(told(false, true) == head + R"("AGGREGATED_EVENTS"]}])");
}

TEST_CASE("a page gets the list of all sockets", "[admin][feed]") {
  admin_stage s;
  auto user = s.open();
  user.join();
  s.w.run(s.sockets.at(0).join("a"));
  s.sockets.at(0).data(json::object{{"name", "ann"}, {"_admin", 1}});
  auto page = s.page();
  s.tick();
  const auto list = admin_stage::parsed(page, "all_sockets").at(1).as_array();
  REQUIRE(list.size() == 2);
  const auto at = std::find_if(list.begin(), list.end(), [](const auto& one) { return one.at("nsp") == "/"; });
  REQUIRE(at != list.end());
  const json::object& one = at->as_object();
  CHECK(one.at("id").as_string() == s.sockets.at(0).id());
  CHECK(one.at("clientId").as_string() == s.sockets.at(0).conn().id().substr(0, 12));
  CHECK(one.at("transport") == "websocket");
  CHECK(json::serialize(one.at("data")) == R"({"name":"ann"})");
  CHECK(one.at("rooms").as_array().size() == 2);
  const json::object& handshake = one.at("handshake").as_object();
  for (const char* const member : {"address", "headers", "query", "issued", "secure", "time", "url", "xdomain"})
    CHECK(handshake.contains(member));
  CHECK_FALSE(handshake.contains("auth"));
}

TEST_CASE("headers with credentials are hidden", "[admin][feed]") {
  admin_stage s;
  auto peer = s.connect();
  const auto opened = peer.ask(
      "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nCookie: secret=1\r\nAuthorization: Bearer "
      "secret\r\n"
      "\r\n");
  REQUIRE(opened.status == 200);
  const std::string sid = std::string(json::parse(opened.body.substr(1)).at("sid").as_string());
  peer.ask("POST /socket.io/?EIO=4&transport=polling&sid=" + sid +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n40");
  auto page = s.page();
  s.tick();
  const std::string list = admin_stage::next(page, "all_sockets");
  CHECK(list.find("secret") == std::string::npos);
  CHECK(list.find(R"x("cookie":"(hidden)")x") != std::string::npos);
  CHECK(list.find(R"x("authorization":"(hidden)")x") != std::string::npos);
  CHECK(list.find(sid) == std::string::npos);
  CHECK(list.find(R"("transport":"polling")") != std::string::npos);
}

TEST_CASE("a page is told what happens to a socket, in order", "[admin][feed]") {
  admin_stage s;
  auto page = s.page();
  s.tick();
  admin_stage::all(page);

  auto user = s.join();
  s.tick();
  const std::string id = s.sockets.at(0).id();
  const auto came = admin_stage::all(page);
  REQUIRE(came.size() == 2);
  CHECK(came[0] == "[\"room_joined\",\"/\",\"" + id + "\",\"" + id + "\"]");
  CHECK(came[1].starts_with("[\"socket_connected\",{\"id\":\"" + id + "\""));

  s.w.run(s.sockets.at(0).join("a"));
  s.tick();
  CHECK(admin_stage::all(page) == std::vector<std::string>{"[\"room_joined\",\"/\",\"a\",\"" + id + "\"]"});

  s.sockets.at(0).data(json::object{{"n", 1}});
  s.sockets.at(0).data(json::object{{"n", 2}});
  s.tick();
  CHECK(admin_stage::all(page) ==
        std::vector<std::string>{"[\"socket_updated\",{\"id\":\"" + id + "\",\"nsp\":\"/\",\"data\":{\"n\":2}}]"});

  s.w.run(s.sockets.at(0).leave("a"));
  s.tick();
  CHECK(admin_stage::all(page) == std::vector<std::string>{"[\"room_left\",\"/\",\"a\",\"" + id + "\"]"});

  user.send("1");
  s.tick();
  CHECK(admin_stage::all(page) ==
        std::vector<std::string>{"[\"socket_disconnected\",\"/\",\"" + id + "\",\"client namespace disconnect\"]",
                                 "[\"room_left\",\"/\",\"" + id + "\",\"" + id + "\"]"});
}

TEST_CASE("events are shown, both ways, but not those of the dashboard", "[admin][feed]") {
  admin_stage s;
  auto page = s.page();
  auto user = s.join();
  s.tick();
  admin_stage::all(page);
  const std::string id = s.sockets.at(0).id();

  user.send(R"(27["hi",1,{"a":[]}])");
  s.w.run(s.sockets.at(0).emit("yo", 2));
  s.w.run(s.io.emit("all"));
  page.send(R"(2/admin,["hello"])");
  s.tick();
  CHECK(admin_stage::all(page) ==
        std::vector<std::string>{"[\"event_received\",\"/\",\"" + id + "\",[\"hi\",1,{\"a\":[]}]]",
                                 "[\"event_sent\",\"/\",\"" + id + "\",[\"yo\",2]]",
                                 "[\"event_sent\",\"/\",\"" + id + "\",[\"all\"]]"});

  s.w.run(s.sockets.at(0).emit("long", std::string(5'000, 'x')));
  s.w.run(s.sockets.at(0).emit("bytes", cosio::binary("abc")));
  s.tick();
  CHECK(admin_stage::all(page) ==
        std::vector<std::string>{"[\"event_sent\",\"/\",\"" + id + "\",[\"long\",\"(5011 bytes)\"]]",
                                 "[\"event_sent\",\"/\",\"" + id + "\",[\"bytes\",\"(binary, 3 bytes)\"]]"});
}

TEST_CASE("a namespace that is made later is looked at, too", "[admin][feed]") {
  admin_stage s;
  auto page = s.page();
  s.tick();
  admin_stage::all(page);
  s.io.of("/later");
  auto user = s.open();
  user.join("/later,");
  s.tick();
  const auto told = admin_stage::all(page);
  CHECK(count_of(told, "[\"socket_connected\",{") == 1);
  CHECK(count_of(told, "[\"room_joined\",\"/later\"") == 1);
}

TEST_CASE("an upgrade is told", "[admin][feed]") {
  admin_stage s;
  auto peer = s.connect();
  const auto opened = peer.ask("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string sid = std::string(json::parse(opened.body.substr(1)).at("sid").as_string());
  peer.ask("POST /socket.io/?EIO=4&transport=polling&sid=" + sid +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n40");
  auto page = s.page();
  s.tick();
  admin_stage::all(page);
  memory_websocket ws(s.connect(), "/socket.io/?EIO=4&transport=websocket&sid=" + sid);
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  ws.send_text("5");
  s.tick();
  const std::string id = s.sockets.at(0).id();
  CHECK(admin_stage::next(page, "socket_updated") ==
        "[\"socket_updated\",{\"id\":\"" + id + "\",\"nsp\":\"/\",\"transport\":\"websocket\"}]");
}

TEST_CASE("numbers come every two seconds", "[admin][feed]") {
  for (const bool development : {false, true}) {
    CAPTURE(development);
    admin_stage s(open_dashboard(development));
    auto page = s.page();
    auto user = s.join();
    s.w.advance(1s);
    CHECK(admin_stage::next(page, "server_stats") == "(nothing)");
    user.send(R"(2["hi"])");
    s.w.advance(1s);
    const auto stats = admin_stage::parsed(page, "server_stats").at(1);
    CHECK(stats.at("serverId") == "one");
    CHECK(stats.at("clientsCount") == 2);
    CHECK(stats.at("pollingClientsCount") == 0);
    CHECK(stats.at("pid").is_int64());
    CHECK(stats.at("hostname").is_string());
    CHECK(stats.at("uptime").to_number<double>() == 2);
    bool has_packets = false;
    for (const auto& one : stats.at("aggregatedEvents").as_array()) {
      has_packets = has_packets || one.at("type") == "packetsIn";
      CHECK(one.at("timestamp").to_number<std::int64_t>() % 1'000 == 0);
    }
    CHECK(has_packets);
    const auto namespaces = stats.at("namespaces").as_array();
    REQUIRE(namespaces.size() == 2);
    for (const auto& one : namespaces) CHECK(one.at("socketsCount") == 1);
    const auto details = admin_stage::parsed(page, "server_details").at(1);
    CHECK(details.at("sessions") == 2);
    CHECK(details.at("slowConsumers") == 0);
    s.w.advance(1s);
    s.w.advance(1s);
    CHECK(admin_stage::next(page, "server_stats") != "(nothing)");
  }
}

TEST_CASE("in production nothing but numbers is told", "[admin][feed]") {
  admin_stage s(open_dashboard(false));
  auto page = s.page();
  auto user = s.join();
  user.send(R"(2["hi"])");
  s.w.run(s.io.emit("all"));
  s.tick();
  CHECK(admin_stage::all(page).empty());
  CHECK(s.feed.counts().packets == 0);
}

TEST_CASE("without pages nothing is sent", "[admin][feed]") {
  admin_stage s;
  auto user = s.join();
  user.send(R"(2["hi"])");
  for (int i = 0; i < 5; ++i) s.w.advance(1s);
  CHECK(s.feed.counts().packets == 0);
  {
    auto page = s.page();
    s.tick();
    CHECK(s.feed.counts().packets == 1);
    page.send("1/admin,");
  }
  s.w.advance(1s);
  const auto before = s.feed.counts().packets;
  for (int i = 0; i < 5; ++i) s.w.advance(1s);
  CHECK(s.feed.counts().packets == before);
}

TEST_CASE("commands act on sockets, on this server's namespaces only", "[admin][feed]") {
  admin_stage s;
  auto page = s.page();
  auto a = s.join();
  auto b = s.join();
  const auto command = [&](const std::string& list) {
    page.send("2/admin," + list);
    s.w.settle();
  };
  const auto rooms = [&](std::size_t which) {
    auto in = s.sockets.at(which).rooms();
    std::sort(in.begin(), in.end());
    return in.size();
  };
  const std::string id = s.sockets.at(0).id();
  command("[\"join\",\"/\",\"r\",\"" + id + "\"]");
  CHECK(rooms(0) == 2);
  CHECK(rooms(1) == 1);
  command(R"(["join","/","all"])");
  CHECK(rooms(0) == 3);
  CHECK(rooms(1) == 2);
  command(R"(["emit","/","r","news",1])");
  CHECK(a.receive() == R"(2["news",1])");
  CHECK(b.receive() == "(nothing)");
  command("[\"leave\",\"/\",\"all\",\"" + id + "\"]");
  CHECK(rooms(0) == 2);
  CHECK(rooms(1) == 2);
  command(R"(["leave","/","all"])");
  CHECK(rooms(1) == 1);
  command(R"(["join","/not-there","r"])");
  CHECK(s.io.internals()->find("/not-there") == nullptr);
  command(R"(["_disconnect","/",false,{"id":1}])");
  CHECK(s.sockets.at(0).connected());
  command("[\"_disconnect\",\"/\",false,\"" + id + "\"]");
  CHECK_FALSE(s.sockets.at(0).connected());
  CHECK(a.receive() == "1");
  CHECK(s.sockets.at(1).connected());
  command("[\"_disconnect\",\"/\",true,\"" + s.sockets.at(1).id() + "\"]");
  CHECK(s.sockets.at(1).connected() == false);
  CHECK_FALSE(s.sockets.at(1).conn().open());
}

TEST_CASE("a page that may only look has no commands", "[admin][feed]") {
  admin_options opts = open_dashboard();
  opts.readonly = true;
  admin_stage s(opts);
  auto page = s.page();
  auto user = s.join();
  page.send(R"(2/admin,["_disconnect","/",true])");
  page.send(R"(2/admin,["join","/","r"])");
  s.w.settle();
  CHECK(s.sockets.at(0).connected());
  CHECK(s.sockets.at(0).rooms().size() == 1);
}

TEST_CASE("commands above the rate are put aside", "[admin][feed]") {
  admin_options opts = open_dashboard();
  opts.commands = cosio::rate_limit(1, 2);
  admin_stage s(opts);
  auto page = s.page();
  auto user = s.join();
  for (const char* const room : {"a", "b", "c", "d"})
    page.send("2/admin,[\"join\",\"/\",\"" + std::string(room) + "\"]");
  s.w.settle();
  CHECK(s.sockets.at(0).rooms().size() == 3);
  s.w.advance(1s);
  page.send(R"(2/admin,["join","/","e"])");
  s.w.settle();
  CHECK(s.sockets.at(0).rooms().size() == 4);
}

TEST_CASE("the dashboard is turned off and on", "[admin][feed]") {
  admin_stage s;
  auto page = s.page();
  s.feed.off();
  CHECK_FALSE(s.feed.is_on());
  s.w.settle();
  CHECK(admin_stage::all(page).back() == "1/admin,");
  auto late = s.open();
  CHECK(late.join("/admin,") == R"(4/admin,{"message":"the dashboard is off"})");

  auto user = s.join();  // nobody looks on
  const auto before = s.feed.counts().packets;
  s.w.advance(5s);
  CHECK(s.feed.counts().packets == before);

  s.feed.on();
  auto again = s.page();
  s.tick();
  CHECK(admin_stage::parsed(again, "all_sockets").at(1).as_array().size() == 2);
  s.w.run(s.sockets.at(0).join("a"));
  s.tick();
  CHECK(admin_stage::next(again, "room_joined") != "(nothing)");
}

TEST_CASE("the budget of bytes holds, and all sockets are told in the end", "[admin][feed]") {
  admin_options opts = open_dashboard();
  opts.max_bytes_per_second = 5'000;
  admin_stage s(opts);
  auto page = s.page();
  s.tick();
  admin_stage::all(page);
  s.w.advance(1s);
  admin_stage::all(page);
  const auto before = s.feed.counts().bytes;
  std::vector<world_client> users;
  for (int i = 0; i < 50; ++i) users.push_back(s.join());
  s.tick();
  std::size_t told = count_of(admin_stage::all(page), "[\"socket_connected\"");
  CHECK(s.feed.counts().bytes - before < 5'000 + 2'000);  // and the packets of the last socket
  CHECK(told > 0);
  CHECK(told < 50);
  for (int i = 0; i < 200 && told < 50; ++i) {
    s.tick();
    told += count_of(admin_stage::all(page), "[\"socket_connected\"");
  }
  CHECK(told == 50);
}

TEST_CASE("events that are too many are left out, and sockets are told all the same", "[admin][feed]") {
  admin_options opts = open_dashboard();
  opts.max_waiting_bytes = 1'000;
  admin_stage s(opts);
  auto page = s.page();
  auto user = s.join();
  s.tick();
  admin_stage::all(page);
  for (int i = 0; i < 50; ++i) s.w.run(s.sockets.at(0).emit("much", i));
  s.w.run(s.sockets.at(0).join("a"));
  s.tick();
  const auto told = admin_stage::all(page);
  CHECK(count_of(told, "[\"event_sent\"") > 0);
  CHECK(count_of(told, "[\"event_sent\"") + s.feed.counts().left_out == 50);
  CHECK(count_of(told, "[\"room_joined\"") == 1);
}

TEST_CASE("a long list comes in parts", "[admin][feed]") {
  admin_options opts = open_dashboard();
  opts.max_first_list = 2'000;
  admin_stage s(opts);
  std::vector<world_client> users;
  for (int i = 0; i < 20; ++i) users.push_back(s.join());
  auto page = s.page();
  s.tick();
  const std::size_t first = admin_stage::parsed(page, "all_sockets").at(1).as_array().size();
  CHECK(first < 20);
  CHECK(first + count_of(admin_stage::all(page), "[\"socket_connected\"") == 21);
}

TEST_CASE("pages above the limit are refused", "[admin][feed]") {
  admin_options opts = open_dashboard();
  opts.max_pages = 1;
  admin_stage s(opts);
  {
    auto page = s.page();
    auto another = s.open();
    CHECK(another.join("/admin,") == R"(4/admin,{"message":"too many dashboards are open"})");
    page.send("1/admin,");
  }
  s.w.settle();
  auto third = s.open();
  CHECK(third.join("/admin,").starts_with("0/admin,"));
}

TEST_CASE("clients of protocol 4 are counted and not shown", "[admin][feed]") {
  admin_stage s;
  memory_websocket old(s.connect(), "/socket.io/?EIO=3&transport=websocket");
  old.text();
  REQUIRE(s.sockets.size() == 1);
  auto page = s.page();
  s.w.run(s.sockets.at(0).emit("yo"));
  s.tick();
  const std::string list = admin_stage::next(page, "all_sockets");
  CHECK(list.find(s.sockets.at(0).id()) == std::string::npos);
  CHECK(admin_stage::next(page, "event_sent") == "(nothing)");
  s.w.advance(1s);
  s.w.advance(1s);
  CHECK(admin_stage::parsed(page, "server_stats").at(1).at("clientsCount") == 2);
}

TEST_CASE("a server has one dashboard", "[admin][feed]") {
  admin_stage s;
  CHECK(error_of([&] { cosio::admin_feed second(s.io, open_dashboard()); }) == errc::already_running);
}

TEST_CASE("options of the dashboard that cannot be meant are refused", "[admin][feed]") {
  timed_server s;
  const auto refused = [&](auto change) {
    admin_options opts = open_dashboard();
    change(opts);
    return error_of([&] { cosio::admin_feed made(s.io, opts); }) == errc::bad_argument;
  };
  CHECK(refused([](admin_options& o) { o.open_to_everybody = false; }));
  CHECK(refused([](admin_options& o) {
    o.open_to_everybody = false;
    o.login = cosio::admin_login("ann", "secret");
  }));
  CHECK(refused([](admin_options& o) {
    o.login = cosio::admin_login("ann", "$2b$04$aaaaaaaaaaaaaaaaaaaaau/nCn7vVCwqYJerX0DCwClIsiqBXJIjC");
  }));
  CHECK(refused([](admin_options& o) { o.keep_session = [](std::string) -> cosio::task<> { co_return; }; }));
  CHECK(refused([](admin_options& o) { o.nsp = "/"; }));
  CHECK(refused([](admin_options& o) { o.max_pages = 0; }));
  CHECK(refused([](admin_options& o) { o.max_bytes_per_second = 0; }));
  CHECK(refused([](admin_options& o) { o.commands = cosio::rate_limit(); }));
}
