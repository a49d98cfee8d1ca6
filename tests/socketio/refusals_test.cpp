// The payloads of refusals, for clients of each generation.

#include "socketio/refusals.hpp"

#include <boost/json/parse.hpp>
#include <cosio/middleware.hpp>

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "wire/json_limits.hpp"

namespace {

namespace json = boost::json;
using cosio::refusal;
using cosio::wire::revision;

template <class E>
std::exception_ptr thrown(E e) {
  return std::make_exception_ptr(std::move(e));
}

}  // namespace

// edge 219
TEST_CASE("every generation is told of a refusal in its own form", "[socketio][refusals]") {
  struct row {
    std::exception_ptr what;
    std::string_view v4;
    std::string_view v3;
  };
  const row rows[] = {
      {thrown(refusal("m")), R"({"message":"m"})", R"("m")"},
      {thrown(refusal("m", json::object{{"a", 1}})), R"({"message":"m","data":{"a":1}})", R"({"a":1})"},
      {thrown(refusal("m", "text")), R"({"message":"m","data":"text"})", R"("text")"},
      {thrown(refusal("m", 0)), R"({"message":"m","data":0})", R"("m")"},
      {thrown(refusal("m", 7U)), R"({"message":"m","data":7})", "7"},
      {thrown(refusal("m", 0.0)), R"({"message":"m","data":0})", R"("m")"},
      {thrown(refusal("m", false)), R"({"message":"m","data":false})", R"("m")"},
      {thrown(refusal("m", "")), R"({"message":"m","data":""})", R"("m")"},
      {thrown(refusal("m", nullptr)), R"({"message":"m","data":null})", R"("m")"},
      {thrown(refusal("m", json::array())), R"({"message":"m","data":[]})", "[]"},
      {thrown(refusal("")), R"({"message":""})", R"("")"},
      {thrown(std::runtime_error("plain \"quoted\"")), R"({"message":"plain \"quoted\""})", R"("plain \"quoted\"")"},
      {thrown(42), R"({"message":"refused"})", R"("refused")"}};
  for (const row& r : rows) {
    CAPTURE(r.v4);
    CHECK(cosio::socketio::refusal_json(r.what, revision::v4) == r.v4);
    CHECK(cosio::socketio::refusal_json(r.what, revision::v3) == r.v3);
    std::string answer;
    cosio::wire::append_json(answer, json::value(cosio::socketio::refusal_answer(r.what)));
    CHECK(answer == r.v4);
  }
}

TEST_CASE("what a middleware threw that a client is not told of is logged here", "[socketio][refusals]") {
  const cosio::test::captured_log log;
  cosio::socketio::refusal_answer(thrown(refusal("m")));
  cosio::socketio::refusal_answer(thrown(std::runtime_error("plain")));
  CHECK(log.lines().empty());
  CHECK(cosio::socketio::refusal_json(thrown(42), revision::v4) == R"({"message":"refused"})");
  CHECK(log.count(cosio::log_level::error, "a client or an event is refused") == 1);
  CHECK(cosio::socketio::refusal_json(thrown(std::bad_alloc()), revision::v4) == R"({"message":"internal error"})");
  CHECK(log.count(cosio::log_level::error, "a client or an event is refused") == 2);
}
