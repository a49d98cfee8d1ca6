// Logins of the dashboard.

#include "admin/login.hpp"

#include <cosio/admin.hpp>
#include <cosio/cosio.hpp>

#include <set>
#include <stdexcept>
#include <string>

#include "admin/bcrypt.hpp"
#include "admin/stage.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::admin_options;

namespace {

const std::string let_in = R"(0/admin,{"sid":)";
const std::string refused = R"(4/admin,{"message":"invalid credentials"})";

admin_options asking() {
  admin_options opts;
  opts.verify = [](std::string username, std::string password) -> cosio::task<bool> {
    if (password == "throws") throw std::runtime_error("no database");
    co_return username == "ann" && password == "secret";
  };
  return opts;
}

std::string credentials(const std::string& username, const std::string& password) {
  return "0/admin,{\"username\":\"" + username + "\",\"password\":\"" + password + "\"}";
}

// The answer to a CONNECT with this payload, of a client of its own.
std::string answer(admin_stage& s, const std::string& connect) {
  auto page = s.open();
  page.send(connect);
  return page.receive();
}

}  // namespace

TEST_CASE("a name and a password open the dashboard, and a session does again", "[admin][login]") {
  admin_stage s(asking());
  auto page = s.open();
  page.send(credentials("ann", "secret"));
  CHECK(page.receive().starts_with(R"(0/admin,{"sid":)"));
  CHECK(page.receive().starts_with(R"(2/admin,["config",)"));
  const std::string session = page.receive();
  REQUIRE(session.starts_with(R"(2/admin,["session",")"));
  const std::string id = session.substr(20, 16);
  CHECK(session == "2/admin,[\"session\",\"" + id + "\"]");
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);

  CHECK(answer(s, "0/admin,{\"sessionId\":\"" + id + "\"}").starts_with(let_in));
  s.w.advance(23h);
  CHECK(answer(s, "0/admin,{\"sessionId\":\"" + id + "\"}").starts_with(let_in));
  s.w.advance(1h);
  CHECK(answer(s, "0/admin,{\"sessionId\":\"" + id + "\"}") == refused);
}

TEST_CASE("anything else gets the words that the page knows", "[admin][login]") {
  admin_options opts = asking();
  opts.logins = cosio::rate_limit(1'000, 1'000);
  admin_stage s(opts);
  for (const std::string& connect :
       {std::string("0/admin,"), std::string(R"(0/admin,{"sessionId":"0123456789abcdef"})"),
        std::string(R"(0/admin,{"sessionId":""})"), std::string(R"(0/admin,{"sessionId":{}})"),
        std::string(R"(0/admin,{"username":["ann"],"password":"secret"})"),
        std::string(R"(0/admin,{"username":"ann"})"), credentials("ann", ""), credentials("ann", "wrong"),
        credentials("bob", "secret"), credentials("ann", std::string(1'025, 'x'))}) {
    CAPTURE(connect.substr(0, 60));
    CHECK(answer(s, connect) == refused);
  }
}

TEST_CASE("an exception of the application refuses", "[admin][login]") {
  admin_stage s(asking());
  CHECK(answer(s, credentials("ann", "throws")) == R"(4/admin,{"message":"internal error"})");
  CHECK(answer(s, credentials("ann", "secret")).starts_with(let_in));
}

TEST_CASE("an address may try some passwords, and more later", "[admin][login]") {
  admin_options opts = asking();
  opts.logins = cosio::rate_limit(0.5, 3);
  admin_stage s(opts);
  for (int i = 0; i < 3; ++i) CHECK(answer(s, credentials("ann", "wrong")) == refused);
  const std::string too_many = R"(4/admin,{"message":"too many attempts"})";
  CHECK(answer(s, credentials("ann", "secret")) == too_many);
  CHECK(answer(s, "0/admin,") == refused);  // no attempt
  s.w.advance(2s);
  CHECK(answer(s, credentials("ann", "secret")).starts_with(let_in));
  CHECK(answer(s, credentials("ann", "secret")) == too_many);
}

TEST_CASE("sessions may be kept elsewhere", "[admin][login]") {
  std::set<std::string> kept;
  admin_options opts = asking();
  opts.keep_session = [&](std::string id) -> cosio::task<> {
    kept.insert(id);
    co_return;
  };
  opts.has_session = [&](std::string id) -> cosio::task<bool> { co_return kept.contains(id); };
  admin_stage s(opts);
  CHECK(answer(s, credentials("ann", "secret")).starts_with(let_in));
  REQUIRE(kept.size() == 1);
  CHECK(answer(s, "0/admin,{\"sessionId\":\"" + *kept.begin() + "\"}").starts_with(R"(0/admin,{"sid":)"));
  kept.clear();
  CHECK(answer(s, "0/admin,{\"sessionId\":\"0123456789abcdef\"}") == refused);
}

TEST_CASE("a bcrypt hash is checked in a thread of its own", "[admin][login]") {
  admin_options opts;
  opts.login = cosio::admin_login("ann", "$2b$04$aaaaaaaaaaaaaaaaaaaaau/nCn7vVCwqYJerX0DCwClIsiqBXJIjC");
  if (!cosio::has_bcrypt()) {
    timed_server s;
    CHECK(error_of([&] { cosio::admin_feed made(s.io, opts); }) == cosio::errc::not_supported);
    return;
  }
  admin_stage s(opts);
  const auto ask = [&](const std::string& connect) {
    auto page = s.open();
    page.send(connect);
    std::string got = "(nothing)";
    CHECK(s.w.run_until([&] {
      got = page.receive();
      return got != "(nothing)";
    }));
    return got;
  };
  CHECK(ask(credentials("ann", "wrong")) == refused);
  CHECK(ask(credentials("bob", "secret")) == refused);
  CHECK(ask(credentials("ann", "secret")).starts_with(let_in));
}
