// The names of namespaces, as clients send them.

#include "socketio/nsp_name.hpp"

#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

TEST_CASE("a query becomes an object in which the last of a name wins", "[socketio][nsp_name]") {
  using cosio::socketio::query_object;
  CHECK(boost::json::serialize(query_object("")) == "{}");
  CHECK(query_object("token=1%20a&x=y") == boost::json::value{{"token", "1 a"}, {"x", "y"}});
  CHECK(query_object("a=1&a=2&b") == boost::json::value{{"a", "2"}, {"b", ""}});
}

TEST_CASE("protocol 4 names namespaces by URLs, protocol 5 by themselves", "[socketio][nsp_name]") {
  using cosio::socketio::nsp_of;
  using cosio::wire::revision;
  std::string_view query;
  CHECK(nsp_of("/a/../chat?token=1#top", revision::v3, &query) == "/chat");
  CHECK(query == "token=1");
  CHECK(nsp_of("/chat", revision::v3) == "/chat");
  CHECK(nsp_of("/a/../chat?token=1", revision::v4) == "/a/../chat?token=1");
}
