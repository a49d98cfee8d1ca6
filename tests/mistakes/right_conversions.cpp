// expect: compiles

#include <cosio/cosio.hpp>

#include <boost/json.hpp>

#include <vector>

struct point {
  int x = 0;
};
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const point& from) { out = from.x; }
point tag_invoke(boost::json::value_to_tag<point>, const boost::json::value& from) {
  return point{from.to_number<int>()};
}

cosio::task<point> mirror(cosio::socket user, point at) {
  user.on("at", [](const std::vector<point>& all) { return all.front(); });
  const auto there = co_await user.emit_with_ack<point>("at", at);
  co_return there;
}
