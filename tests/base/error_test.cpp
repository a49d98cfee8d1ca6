// Codes, their messages, and the exception made of them.

#include "base/error.hpp"

#include <cosio/error.hpp>

#include <boost/assert/source_location.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

namespace {

using cosio::errc;

constexpr int first = static_cast<int>(errc::packet_empty);
constexpr int last = static_cast<int>(errc::dropped);

}  // namespace

TEST_CASE("every code has a message of its own", "[base][error]") {
  std::set<std::string> messages;
  for (int code = first; code <= last; ++code) {
    CAPTURE(code);
    const std::string message = make_error_code(static_cast<errc>(code)).message();
    CHECK_FALSE(message.empty());
    CHECK(message != cosio::error_category().message(last + 1));
    CHECK(messages.insert(message).second);
  }
}

TEST_CASE("numbers that are no code are told apart from codes", "[base][error]") {
  CHECK(cosio::error_category().message(0) == "unknown cosio error");
  CHECK(cosio::error_category().message(last + 1) == "unknown cosio error");
  CHECK(cosio::error_category().message(-1) == "unknown cosio error");
}

TEST_CASE("the category is named cosio", "[base][error]") {
  CHECK(std::string(cosio::error_category().name()) == "cosio");
  CHECK(&make_error_code(errc::timed_out).category() == &cosio::error_category());
}

TEST_CASE("no code reads as success", "[base][error]") {
  // CVE-2023-31125: the reference took its error code 0 for "no error"
  for (int code = first; code <= last; ++code) CHECK(make_error_code(static_cast<errc>(code)).failed());
}

TEST_CASE("a code converts to Boost's error_code by itself", "[base][error]") {
  const boost::system::error_code code = errc::cancelled;
  CHECK(code == errc::cancelled);
  CHECK(code != errc::timed_out);
}

TEST_CASE("an error carries its code and what to tell people", "[base][error]") {
  const cosio::error explained(errc::payload_too_large, "raise options.max_payload");
  CHECK(explained.code() == errc::payload_too_large);
  CHECK(explained.detail() == "raise options.max_payload");
  CHECK(std::string(explained.what()) == "raise options.max_payload");
}

TEST_CASE("an error without a detail says what its code says", "[base][error]") {
  const cosio::error plain(errc::timed_out);
  CHECK(plain.code() == errc::timed_out);
  CHECK(plain.detail() == make_error_code(errc::timed_out).message());
  CHECK(std::string(plain.what()) == plain.detail());
}

TEST_CASE("asking a failed result for its value throws the fault as an error", "[base][error]") {
  const cosio::result<int> failed = cosio::fault{errc::bad_json, 17};
  try {
    (void)failed.value();
    FAIL("value() must throw");
  } catch (const cosio::error& thrown) {
    CHECK(thrown.code() == errc::bad_json);
    CHECK(thrown.detail() == "payload is not JSON, at byte 17");
  }
}

TEST_CASE("the words of an error of the system are without its place in a source", "[base][error]") {
  static constexpr boost::source_location place = BOOST_CURRENT_LOCATION;
  const boost::system::error_code code(static_cast<int>(boost::system::errc::connection_refused),
                                       boost::system::generic_category(), &place);
  const boost::system::system_error thrown(code, "connect");
  REQUIRE(std::string(thrown.what()).find(place.file_name()) != std::string::npos);
  const std::string words = cosio::base::words_of(thrown);
  CHECK(words.find("connect: " + code.message()) == 0);
  CHECK(words.find(place.file_name()) == std::string::npos);
  CHECK(words.find(" at ") == std::string::npos);
  CHECK(words.back() == ']');
}

TEST_CASE("the words of other exceptions are their own", "[base][error]") {
  CHECK(cosio::base::words_of(std::runtime_error("all beds are taken at the inn")) == "all beds are taken at the inn");
  const cosio::error ours(errc::bad_argument, "an empty name");
  CHECK(cosio::base::words_of(ours) == ours.what());
  const boost::system::system_error plain(boost::system::errc::make_error_code(boost::system::errc::broken_pipe));
  CHECK(cosio::base::words_of(plain) == plain.what());
}

TEST_CASE("a code without its place is the same code", "[base][error]") {
  static constexpr boost::source_location place = BOOST_CURRENT_LOCATION;
  const boost::system::error_code code(2, boost::system::system_category(), &place);
  const boost::system::error_code bare = cosio::base::without_place(code);
  CHECK(bare == code);
  CHECK_FALSE(bare.has_location());
  CHECK(std::string(boost::system::system_error(bare).what()).find(place.file_name()) == std::string::npos);
}
