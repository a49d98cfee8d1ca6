// Reasons and how they are spelled.

#include <cosio/reason.hpp>

#include <sstream>
#include <string_view>

#include "base/counters.hpp"
#include "support/catch.hpp"

using cosio::reason;

TEST_CASE("every reason is spelled as other Socket.IO servers spell it", "[base][reason]") {
  struct row {
    reason::kind what;
    std::string_view text;
  };
  const row rows[] = {{reason::kind::transport_close, "transport close"},
                      {reason::kind::transport_error, "transport error"},
                      {reason::kind::ping_timeout, "ping timeout"},
                      {reason::kind::parse_error, "parse error"},
                      {reason::kind::forced_close, "forced close"},
                      {reason::kind::forced_server_close, "forced server close"},
                      {reason::kind::client_namespace_disconnect, "client namespace disconnect"},
                      {reason::kind::server_namespace_disconnect, "server namespace disconnect"},
                      {reason::kind::server_shutting_down, "server shutting down"},
                      {reason::kind::slow_consumer, "slow consumer"},
                      {reason::kind::credentials_expired, "credentials expired"},
                      {reason::kind::rate_limit_exceeded, "rate limit exceeded"}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(reason(r.what).text() == r.text);
    CHECK(reason(r.what).what() == r.what);
    std::ostringstream out;
    out << reason(r.what, "more");
    CHECK(out.str() == r.text);
  }
}

TEST_CASE("the last reason is the last one that has a spelling of its own", "[base][reason]") {
  const auto behind = static_cast<reason::kind>(static_cast<int>(cosio::base::last_reason) + 1);
  CHECK(reason(behind).text() == reason().text());
  CHECK(reason(cosio::base::last_reason).text() != reason().text());
}

TEST_CASE("reasons of one kind are equal, whatever the detail", "[base][reason]") {
  const reason plain = reason::kind::transport_error;
  const reason detailed(reason::kind::transport_error, "overlap from client");
  CHECK(plain == detailed);
  CHECK(plain.detail().empty());
  CHECK(detailed.detail() == "overlap from client");
  CHECK_FALSE(plain == reason(reason::kind::transport_close));
  CHECK(reason() == reason(reason::kind::transport_close));
}
