// The payloads of refusals, for clients of each generation.

#include "socketio/refusals.hpp"

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <cosio/middleware.hpp>

#include <chrono>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "wire/json_limits.hpp"

namespace {

namespace json = boost::json;
using cosio::refusal;
using cosio::socketio::is_refusal;
using cosio::socketio::refusal_answer;
using cosio::socketio::refusal_json;
using cosio::socketio::told_refusal;
using cosio::wire::revision;

struct retry {
  std::chrono::seconds after{};
  std::string why;
};
BOOST_DESCRIBE_STRUCT(retry, (), (after, why))

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
      {thrown(refusal("m", std::string("text"))), R"({"message":"m","data":"text"})", R"("text")"},
      {thrown(refusal("m", retry{std::chrono::seconds(5), "busy"})),
       R"({"message":"m","data":{"after":5000,"why":"busy"}})", R"({"after":5000,"why":"busy"})"},
      {thrown(refusal("m", std::vector<std::uint8_t>{1, 2})), R"({"message":"m","data":[1,2]})", "[1,2]"},
      {thrown(refusal("")), R"({"message":""})", R"("")"},
      {thrown(std::runtime_error("plain \"quoted\"")), R"({"message":"internal error"})", R"("internal error")"},
      {thrown(42), R"({"message":"internal error"})", R"("internal error")"}};
  for (const row& r : rows) {
    CAPTURE(r.v4);
    const refusal told = told_refusal(r.what, false);
    CHECK(refusal_json(told, revision::v4) == r.v4);
    CHECK(refusal_json(told, revision::v3) == r.v3);
    std::string answer;
    cosio::wire::append_json(answer, json::value(refusal_answer(told)));
    CHECK(answer == r.v4);
  }
}

TEST_CASE("a refusal carries no binary", "[socketio][refusals]") {
  CHECK_THROWS_AS(refusal("m", cosio::binary(std::string("b"))), cosio::error);
}

TEST_CASE("only a refusal speaks to the client, and with explain_refusals other exceptions do, too",
          "[socketio][refusals]") {
  struct row {
    std::exception_ptr what;
    bool refuses;
    std::string_view told;
    std::string_view explained;
  };
  const row rows[] = {{thrown(refusal("m")), true, "m", "m"},
                      {thrown(std::runtime_error("text")), false, "internal error", "internal error: text"},
                      {thrown(std::bad_alloc()), false, "internal error", "internal error"},
                      {thrown(42), false, "internal error", "internal error"}};
  for (const row& r : rows) {
    CAPTURE(r.explained);
    CHECK(is_refusal(r.what) == r.refuses);
    CHECK(told_refusal(r.what, false).message() == r.told);
    CHECK(told_refusal(r.what, true).message() == r.explained);
  }
}
