// Refusals that a developer should know of, and what the log says to change.

#include "engine/advice.hpp"

#include <boost/json/object.hpp>

#include <cosio/cosio.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

std::string at(std::string_view query) { return get("/engine.io/?" + std::string(query)); }
std::string from(std::string_view origin) {
  return get("/engine.io/?EIO=4&transport=polling", "Origin: " + std::string(origin) + "\r\n");
}

// The lines at warn that a request leaves, in a server with these options.
struct told {
  explicit told(engine_options settings = {}) : house(std::move(settings)) {}
  std::string by(const std::string& request) {
    const std::size_t before = log.lines().size();
    memory_client client = house.connect();
    CHECK(client.ask(request).status >= 400);
    std::string all;
    const auto lines = log.lines();
    for (std::size_t i = before; i < lines.size(); ++i)
      if (lines[i].level == log_level::warn) all += lines[i].component + ": " + lines[i].message;
    return all;
  }

  const captured_log log;
  engine_world house;
};

}  // namespace

TEST_CASE("a page from another port leaves a line with the code to write", "[engine][advice]") {
  told server;
  CHECK(
      server.by(from("http://localhost:5173")) ==
      "engine: refused 127.0.0.1: Forbidden (ORIGIN_NOT_ALLOWED: origin \"http://localhost:5173\" is not the server's "
      "own; add it to options.origins if its pages may connect): options.origins = {\"http://localhost:5173\"};");
  engine_options settings;
  settings.origins = origin_policy("https://app.example");
  told listed(settings);
  const std::string line = listed.by(from("http://localhost:5173"));
  CHECK(line.ends_with(": options.origins = {…, \"http://localhost:5173\"};"));
}

TEST_CASE("no code is made of an origin that would allow others, or that cannot be listed", "[engine][advice]") {
  told server;
  for (const std::string_view origin :
       {"*", "http://a.example:*", "http://*.example", "http://a\"}; system(\"", "nonsense", "http://a/b"}) {
    CAPTURE(origin);
    const std::string line = server.by(from(origin));
    CHECK(line.starts_with("engine: refused 127.0.0.1: Forbidden (ORIGIN_NOT_ALLOWED: "));
    CHECK(line.ends_with("if its pages may connect)"));
  }
  CHECK(server.by(from("http://" + std::string(3'000, 'x'))).size() < 300);
}

TEST_CASE("a page without an origin is told what it is, and whom its code would let in", "[engine][advice]") {
  told server;
  const std::string by_default = server.by(from("null"));
  CAPTURE(by_default);
  CHECK(
      by_default.ends_with("origin \"null\" is not the server's own): the page is a file, or in a frame with sandbox: "
                           "let an HTTP server serve it; options.origins = {\"null\"}; lets in every such page of "
                           "anybody"));
  engine_options settings;
  settings.origins = origin_policy("https://app.example");
  told listed(settings);
  CHECK(listed.by(from("null")).find("; options.origins = {…, \"null\"}; lets in") != std::string::npos);
}

TEST_CASE("a protocol or a transport that is off is told with the option that turns it on", "[engine][advice]") {
  engine_options settings;
  settings.allow_eio3 = false;
  settings.transports = {"polling"};
  told server(settings);
  CHECK(server.by(at("EIO=3&transport=polling")).find("options.allow_eio3 = true;") != std::string::npos);
  CHECK(server.by(at("EIO=5&transport=polling")).ends_with(": the query says EIO=\"5\": this server speaks EIO=4"));
  CHECK(server.by(at("transport=polling")).ends_with(": the query has no `EIO`: this server speaks EIO=4"));
  CHECK(server.by(at("EIO=4&transport=websocket")).find("add it to options.transports") != std::string::npos);
  CHECK(server.by(at("EIO=4&transport=webtransport"))
            .ends_with(": the client wants \"webtransport\", which this server does not have: let it use polling"));
  CHECK(server.by(at("EIO=4&transport=" + std::string(3'000, 'x'))).size() < 300);
  CHECK(server.by(at("EIO=4&transport=%22%5C%0A"))
            .ends_with(R"(: the client wants "\"\\\x0a", which this server does not have: let it use polling)"));
  CHECK(server.by(at("EIO=%22%5C%0A&transport=polling"))
            .ends_with(R"(: the query says EIO="\"\\\x0a": this server speaks EIO=4)"));
}

TEST_CASE("a predicate that fails with the words of a list is no mistake of the list", "[engine][advice]") {
  engine_options settings;
  settings.origins = origin_policy([](std::string, http::request) -> task<bool> {
    throw std::runtime_error("add it to options.origins if its pages may connect");
    co_return false;
  });
  told server(settings);
  CHECK(server.by(from("http://localhost:5173")).empty());
}

TEST_CASE("a refusal that the application has decided is no mistake", "[engine][advice]") {
  engine_options settings;
  settings.origins = origin_policy([](std::string, http::request) -> task<bool> { co_return false; });
  told server(settings);
  CHECK(server.by(from("http://localhost:5173")).empty());
  CHECK(server.log.count(log_level::debug, "is refused by the predicate") == 1);
}

TEST_CASE("the line about a refused origin has the origin as a field", "[engine][advice]") {
  engine_world house;
  const captured_log restores_the_default;
  std::string fields;
  set_log_record_sink([&fields](const log_record& line) {
    if (line.level != log_level::warn) return;
    for (const log_field& f : line.fields) fields += std::string(f.name) + "=" + std::string(f.value) + " ";
  });
  memory_client client = house.connect();
  client.ask(from("http://localhost:5173"));
  CHECK(fields.starts_with("address=127.0.0.1 refusal=Forbidden "));
  CHECK(fields.ends_with("origin=http://localhost:5173 "));
}
