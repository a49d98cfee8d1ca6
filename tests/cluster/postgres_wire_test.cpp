// The wire over a real PostgreSQL: bytes, order, outages. Without PostgreSQL these tests fail and say so.

#include "cluster/postgres_wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <cosio/binary.hpp>
#include <cosio/error.hpp>

#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/postgres_server.hpp"
#include "support/world.hpp"
#include "wire/hex.hpp"

namespace cosio::test {
namespace {

using cluster::postgres_address;
using cluster::postgres_wire;
using namespace std::chrono_literals;

struct arrivals final : cluster_receiver {
  void received(cluster_message message, std::string_view) override {
    messages.push_back(std::move(message));
    if (on_next) std::exchange(on_next, nullptr)();
  }
  void lost() override { ++outages; }
  void restored(wire_gap gap) override { gaps.push_back(gap); }

  std::vector<cluster_message> messages;
  std::function<void()> on_next;
  int outages = 0;
  std::vector<wire_gap> gaps;
};

cluster_message event(const std::string& uid, const std::string& json, std::vector<binary> attachments = {}) {
  cluster_message out(message_type::broadcast);
  out.uid = uid;
  out.event = event_data(json, std::move(attachments));
  return out;
}

std::vector<std::string> texts(const arrivals& of) {
  std::vector<std::string> out;
  for (const cluster_message& one : of.messages) out.push_back(one.event.json());
  return out;
}

#ifdef COSIO_IS_SANITIZED
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

// The most memory that this process has had, in bytes; from now on if `anew`.
std::size_t most_memory(bool anew) {
  if (anew) std::ofstream("/proc/self/clear_refs") << 5;
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

// One server of the cluster.
class peer {
 public:
  peer(world& w, const postgres_options& where, std::string uid)
      : w_(w),
        uid_(std::move(uid)),
        wire_(std::make_shared<postgres_wire>(w.context().get_executor(), w.timers(),
                                              std::make_shared<const postgres_options>(where),
                                              std::make_shared<const postgres_address>(where.url))) {
    wire_->start();
    w_.run(wire_->listen("/", uid_, heard));
    REQUIRE(w_.run_until([&] { return is_up() || heard->outages != 0; }));
  }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;
  ~peer() {
    wire_ = nullptr;
    w_.settle();
  }

  publication say(const std::string& json, std::vector<binary> attachments = {}) {
    return w_.run(wire_->publish(event(uid_, json, std::move(attachments))));
  }
  postgres_wire& wire() { return *wire_; }
  bool is_up() const { return wire_->counts().connected; }

  const std::shared_ptr<arrivals> heard = std::make_shared<arrivals>();

 private:
  world& w_;
  const std::string uid_;
  std::shared_ptr<postgres_wire> wire_;
};

// Notifications as they are.
class eavesdropper {
 public:
  eavesdropper(world& w, const std::string& url)
      : w_(w),
        link_(std::make_shared<cluster::postgres_link>(w.make_strand(), w.timers(),
                                                       std::make_shared<const postgres_address>(url),
                                                       std::make_shared<cluster::postgres_outage>())) {
    bool listens = false;
    cluster::postgres_link::callbacks what;
    what.ready = [&] {
      link_->query(cluster::postgres_statement("LISTEN \"socket.io#/\""),
                   [&](const cluster::postgres_answer& got) { listens = got.ok; });
    };
    what.notified = [this](const cluster::postgres_notification& one) { payloads.push_back(one.payload); };
    boost::asio::post(w.context(), [&] { link_->start(std::move(what)); });
    REQUIRE(w_.run_until([&] { return listens; }));
  }
  eavesdropper(const eavesdropper&) = delete;
  eavesdropper& operator=(const eavesdropper&) = delete;
  ~eavesdropper() {
    link_->close();
    w_.settle();
  }

  std::string next() {
    REQUIRE(w_.run_until([&] { return !payloads.empty(); }));
    std::string out = payloads.front();
    payloads.erase(payloads.begin());
    return out;
  }

  std::vector<std::string> payloads;

 private:
  world& w_;
  const std::shared_ptr<cluster::postgres_link> link_;
};

postgres_options at(const std::string& url) {
  postgres_options out;
  out.url = url;
  return out;
}

const std::string uid_a = "0e88ebcf0fd2ba3d";
const std::string uid_b = "50bd744fa2757cd2";
const binary three_bytes(std::string("\1\2\3"));

// An event whose message has so many bytes.
std::string event_of(std::size_t bytes) {
  const std::size_t around = write_message(event(uid_a, R"(["x",""])")).size();
  return R"(["x",")" + std::string(bytes - around, 'y') + R"("])";
}

}  // namespace

TEST_CASE("messages are the notifications and rows of Node", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  eavesdropper all(w, server.url());

  a.say(R"(["hello"])");
  CHECK(all.next() == R"({"type":3,"data":{"packet":{"type":2,"data":["hello"]},)"
                      R"("opts":{"rooms":[],"except":[],"flags":{}}},"uid":"0e88ebcf0fd2ba3d","nsp":"/"})");

  a.say(R"(["bin",{"_placeholder":true,"num":0}])", {three_bytes});
  CHECK(all.next() == R"({"uid":"0e88ebcf0fd2ba3d","type":3,"attachmentId":"1"})");
  CHECK(server.sql("SELECT encode(payload, 'hex') FROM socket_io_attachments WHERE id = 1") ==
        "84a47479706503a46461746182a67061636b657482a47479706502a46461746192a362696ec403010203a46f70747383a5726f6f6d7390"
        "a665786365707490a5666c61677380a3756964b030653838656263663066643262613364a36e7370a12f\n");
  CHECK(w.run_until([&] { return a.wire().counts().published == 2; }));
}

TEST_CASE("messages that NOTIFY does not take go by way of the table", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  eavesdropper all(w, server.url());
  std::vector<std::string> said;
  for (const std::size_t bytes : {7'999, 8'000, 9'000, 300}) {
    said.push_back(event_of(bytes));
    a.say(said.back());
  }
  CHECK(all.next().size() == 7'999);
  CHECK(all.next().find("attachmentId") != std::string::npos);
  CHECK(all.next().find("attachmentId") != std::string::npos);
  CHECK(all.next().size() == 300);
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 4; }));
  CHECK(texts(*b.heard) == said);
  CHECK(a.heard->messages.empty());
  CHECK(b.wire().counts().received == 4);
  CHECK(a.wire().counts().lost == 0);
  CHECK(w.run_until([&] { return a.wire().counts().pending_bytes == 0; }));
}

TEST_CASE("messages arrive in their order, rows and equal ones included", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  std::vector<std::string> said;
  for (int i = 0; i < 200; ++i) {
    const bool is_long = i % 7 == 0;
    std::string text = is_long ? event_of(9'000) : i % 3 == 0 ? R"(["tick"])" : "[\"n\"," + std::to_string(i) + "]";
    const bool has_binary = i % 10 == 5;
    if (has_binary) text = R"(["bin",{"_placeholder":true,"num":0}])";
    std::vector<binary> attachments;
    if (has_binary) attachments.push_back(three_bytes);
    REQUIRE(a.say(text, std::move(attachments)).ok);
    said.push_back(std::move(text));
  }
  REQUIRE(w.run_until([&] { return b.heard->messages.size() >= said.size(); }));
  CHECK(texts(*b.heard) == said);
  REQUIRE(b.heard->messages[5].event.attachments().size() == 1);
  CHECK(b.heard->messages[5].event.attachments().front() == three_bytes);
}

TEST_CASE("an emitter that names no namespace, and has no flags, is understood", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer b(w, at(server.url()), uid_b);
  server.sql(R"(SELECT pg_notify('socket.io#/', '{"type":5,"data":{"opts":{"rooms":["r"],"except":[]},"rooms":["q"]},)"
             R"("uid":"emitter","nodeId":"0123456789abcdef"}'))");
  server.sql(R"(SELECT pg_notify('socket.io#/', '{"attachmentId":"999","type":3,"uid":"emitter"}'))");
  server.sql(R"(SELECT pg_notify('socket.io#/', 'noise'), pg_notify('socket.io#/', '{"uid":"a","type":99}'))");
  server.sql(R"(SELECT pg_notify('socket.io#/', '{"type":2,"uid":"0000000000000000","nsp":"/"}'))");
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 2; }));
  CHECK(b.heard->messages[0].nsp == "/");
  CHECK(b.heard->messages[0].uid == "emitter");
  CHECK(b.heard->messages[0].type == message_type::sockets_leave);
  CHECK(b.heard->messages[0].rooms == std::vector<std::string>{"q"});
  CHECK(b.heard->messages[1].type == message_type::heartbeat);
}

TEST_CASE("a namespace whose channel is too long is refused in words", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  const std::string nsp = "/" + std::string(60, 'n');
  try {
    w.run(a.wire().listen(nsp, uid_b, a.heard));
    FAIL("it was taken");
  } catch (const error& e) {
    CHECK(e.code() == make_error_code(errc::bad_argument));
    CHECK(e.detail().find("63") != std::string::npos);
  }
  cluster_message much = event(uid_a, R"(["x"])");
  much.nsp = nsp;
  const publication got = w.run(a.wire().publish(std::move(much)));
  CHECK_FALSE(got.ok);
  CHECK(got.problem.find("63") != std::string::npos);
  CHECK(a.say(R"(["after"])").ok);
}

TEST_CASE("nothing is received after stop(), and all that was published has gone", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  for (int i = 0; i < 50; ++i) b.say("[\"n\"," + std::to_string(i) + "]");
  w.run(b.wire().stop("/", uid_b));
  CHECK(b.wire().counts().published == 50);
  a.say(R"(["late"])");
  REQUIRE(w.run_until([&] { return a.heard->messages.size() == 50 && a.wire().counts().published == 1; }));
  CHECK(b.heard->messages.empty());
}

TEST_CASE("a server that is killed and started again is found, and the outage is told once",
          "[cluster][postgres_wire]") {
  postgres_server server;
  captured_log log;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  server.kill();
  REQUIRE(w.run_until([&] { return a.heard->outages == 1 && b.heard->outages == 1; }));
  for (int attempts = 0; attempts < 5; ++attempts) {
    w.advance(10s);
    int rounds = 0;
    REQUIRE(w.run_until([&] { return ++rounds > 10; }));
  }
  const publication refused = a.say(R"(["nobody hears"])");
  CHECK_FALSE(refused.ok);
  CHECK(refused.problem.find("cannot be reached") != std::string::npos);
  CHECK(a.wire().counts().lost >= 1);
  CHECK(log.count(log_level::error, "cannot be used") == 2);  // one for each of the two servers

  server.start();
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return a.is_up() && b.is_up() && a.heard->gaps.size() == 1 && b.heard->gaps.size() == 1;
  }));
  CHECK(a.heard->gaps.front().may_have_lost);
  CHECK(a.heard->gaps.front().duration >= 50s);
  CHECK(a.heard->outages == 1);
  CHECK(log.count(log_level::warn, "is there again") == 2);
  CHECK(a.wire().counts().reconnected == 2);
  CHECK(a.say(R"(["again"])").ok);
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 1; }));
}

TEST_CASE("a server that stands still is given up after five seconds", "[cluster][postgres_wire]") {
  postgres_server server;
  captured_log log;
  world w;
  peer a(w, at(server.url()), uid_a);
  server.freeze();
  REQUIRE(a.say(R"(["waits"])").ok);
  w.advance(4'900ms);
  CHECK(a.heard->outages == 0);
  w.advance(200ms);
  CHECK(a.heard->outages == 1);
  CHECK(log.count(log_level::error, "does not answer") == 1);
  CHECK(a.wire().counts().lost == 1);
  // The kernel takes connections for it.
  w.advance(1s);
  w.advance(11s);
  CHECK(log.count(log_level::error) == 1);
  CHECK_FALSE(a.is_up());
  server.thaw();
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return a.is_up();
  }));
  CHECK(a.heard->gaps.size() == 1);
}

TEST_CASE("idle connections are asked whether they live", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  server.freeze();
  w.advance(5s);  // they are asked
  CHECK(a.heard->outages == 0);
  w.advance(5s);  // and have not answered
  CHECK(a.heard->outages == 1);
}

TEST_CASE("one lost connection costs the messages that were under way", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE%'");
  REQUIRE(w.run_until([&] { return a.heard->outages == 1; }));
  CHECK(a.say(R"(["in the line"])").ok);  // for the next connection
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return a.heard->gaps.size() == 1 && b.heard->messages.size() == 1;
  }));
  CHECK_FALSE(a.heard->gaps.front().may_have_lost);  // the other connection was there all the time
  CHECK(a.wire().counts().lost == 0);
}

TEST_CASE("a password that is mended later is enough", "[cluster][postgres_wire]") {
  postgres_server server;
  server.sql("CREATE ROLE late LOGIN SUPERUSER PASSWORD 'other'");
  captured_log log;
  world w;
  peer a(w, at(server.url("late", "se%20cret")), uid_a);
  REQUIRE(w.run_until([&] { return a.heard->outages == 1; }));
  CHECK(log.count(log_level::error, "password authentication failed") == 1);
  for (const log_line& line : log.lines()) CHECK(line.message.find("cret") == std::string::npos);
  REQUIRE(w.run_until([&] { return !a.say(R"(["x"])").ok; }));  // the other connection was refused, too
  server.sql("ALTER ROLE late PASSWORD 'se cret'");
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return a.is_up();
  }));
  CHECK(log.count(log_level::error) == 1);
  CHECK(a.say(R"(["x"])").ok);
}

TEST_CASE("a role with too few connections waits for them", "[cluster][postgres_wire]") {
  postgres_server server;
  server.sql(
      "CREATE ROLE few LOGIN SUPERUSER; ALTER ROLE few NOSUPERUSER CONNECTION LIMIT 1; "
      "GRANT ALL ON SCHEMA public TO few");
  captured_log log;
  world w;
  peer a(w, at(server.url("few")), uid_a);
  REQUIRE(w.run_until([&] { return a.heard->outages == 1; }));
  CHECK(log.count(log_level::error, "too many connections for role") == 1);
  server.sql("ALTER ROLE few CONNECTION LIMIT -1");
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return a.is_up();
  }));
  CHECK(log.count(log_level::warn, "is there again") == 1);
}

TEST_CASE("a table that cannot be made is told, and short messages go on", "[cluster][postgres_wire]") {
  postgres_server server;
  server.sql("CREATE ROLE poor LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  captured_log log;
  world w;
  peer a(w, at(server.url("poor")), uid_a);
  peer b(w, at(server.url("poor")), uid_b);
  CHECK(log.count(log_level::error, "CREATE TABLE IF NOT EXISTS socket_io_attachments") == 2);
  a.say(event_of(9'000));
  a.say(R"(["short"])");
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 1; }));
  CHECK(texts(*b.heard) == std::vector<std::string>{R"(["short"])"});
  CHECK(a.wire().counts().lost == 1);
  CHECK(log.count(log_level::error, "has not taken an event") == 1);
}

TEST_CASE("the bytes that wait for PostgreSQL have a bound", "[cluster][postgres_wire]") {
  postgres_server server;
  captured_log log;
  world w;
  postgres_options where = at(server.url());
  where.max_pending_bytes = 50'000;
  peer a(w, where, uid_a);
  server.freeze();
  int taken = 0;
  for (int i = 0; i < 20; ++i) {
    const publication got = a.say(event_of(7'000));
    if (got.ok) ++taken;
    if (!got.ok) CHECK(got.problem.find("too many bytes") != std::string::npos);
  }
  CHECK(taken >= 5);
  CHECK(taken <= 7);
  CHECK(a.wire().counts().pending_bytes <= 50'000);
  CHECK(a.wire().counts().lost == static_cast<std::uint64_t>(20 - taken));
  CHECK(log.count(log_level::error, "max_pending_bytes") == 1);
  server.thaw();
  REQUIRE(w.run_until([&] { return a.wire().counts().pending_bytes == 0; }));
  CHECK(a.wire().counts().published == static_cast<std::uint64_t>(taken));
}

TEST_CASE("a row that many notifications name is kept a few times at once", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  a.say(event_of(9'000));
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 1; }));
  // The row goes with the first of them: only those that were asked for with it have it.
  b.heard->on_next = [&] { server.sql("DELETE FROM socket_io_attachments"); };
  server.sql(
      R"(SELECT pg_notify('socket.io#/', '{"uid":"other","type":3,"attachmentId":"' || id || '","n":' || n || '}') )"
      "FROM socket_io_attachments, generate_series(1, 100) AS n");
  a.say(R"(["behind"])");
  REQUIRE(w.run_until([&] { return texts(*b.heard).back() == R"(["behind"])"; }));
  CHECK(b.heard->messages.size() >= 3);
  CHECK(b.heard->messages.size() <= 2 + 8);
}

TEST_CASE("a row that is too long is put aside, and others go on", "[cluster][postgres_wire]") {
  postgres_server server;
  captured_log log;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  server.sql(
      "WITH made AS (INSERT INTO socket_io_attachments (payload) VALUES (convert_to(repeat('x', 64000001), "
      "'UTF8')) RETURNING id) SELECT pg_notify('socket.io#/', "
      R"('{"uid":"other","type":3,"attachmentId":"' || id || '"}') FROM made)");
  a.say(event_of(9'000));
  a.say(R"(["behind"])");
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 2; }));
  CHECK(texts(*b.heard).back() == R"(["behind"])");
  CHECK(log.count(log_level::warn, "not in the table any more, or is too long") >= 1);
}

TEST_CASE("rows that are long together are read one after the other", "[cluster][postgres_wire]") {
  postgres_server server;
  captured_log log;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  // Three rows of 40 MB, which are no messages.
  server.sql(
      "INSERT INTO socket_io_attachments (id, payload) SELECT 1000 + n, convert_to(repeat('x', 40000000), 'UTF8') "
      "FROM generate_series(1, 3) AS n");
  const std::size_t before = most_memory(true);
  server.sql(R"(SELECT pg_notify('socket.io#/', '{"uid":"other","type":3,"attachmentId":"' || 1000 + n || '"}') )"
             "FROM generate_series(1, 3) AS n");
  a.say(R"(["behind"])");
  REQUIRE(w.run_until([&] { return !b.heard->messages.empty(); }));
  CHECK(texts(*b.heard).back() == R"(["behind"])");
  CHECK(log.count(log_level::warn, "not in the table any more, or is too long") == 0);
  // All of them together would take 120 MB three times. Sanitizers keep memory that is free.
  if (!is_sanitized) CHECK(most_memory(false) - before < 200'000'000);
}

TEST_CASE("a message of an emitter has its own outcome over PostgreSQL", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  peer b(w, at(server.url()), uid_b);
  const auto begin = [&](const std::string& json) {
    auto out = std::make_shared<std::optional<publication>>();
    boost::asio::co_spawn(w.context(), a.wire().publish_confirmed(event(uid_a, json), 3s),
                          [out](std::exception_ptr failed, publication done) {
                            if (!failed) *out = std::move(done);
                          });
    return out;
  };
  server.sql("ALTER TABLE socket_io_attachments ADD CHECK (octet_length(payload) < 20000)");
  const auto first = begin(R"(["first"])");
  const auto refused = begin(event_of(30'000));
  const auto third = begin(event_of(9'000));
  REQUIRE(w.run_until([&] { return *first && *refused && *third; }));
  CHECK((*first)->ok);
  CHECK((*third)->ok);
  CHECK_FALSE((*refused)->ok);
  CHECK((*refused)->problem.find("check constraint") != std::string::npos);
  REQUIRE(w.run_until([&] { return b.heard->messages.size() == 2; }));

  // It stands still: nobody knows what it will do with the message.
  server.freeze();
  const auto silent = begin(R"(["silence"])");
  w.settle();
  CHECK_FALSE(*silent);
  w.advance(3s);
  REQUIRE(w.run_until([&] { return silent->has_value(); }));
  CHECK_FALSE((*silent)->ok);
  CHECK((*silent)->problem == "the time was over before the broker took it");
  server.thaw();

  server.kill();
  REQUIRE(w.run_until([&] { return !a.is_up(); }));
  const auto late = begin(R"(["late"])");
  w.advance(3s);
  REQUIRE(w.run_until([&] { return late->has_value(); }));
  CHECK_FALSE((*late)->ok);
  CHECK((*late)->problem == "the broker cannot be reached");
}

TEST_CASE("old rows are deleted", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  peer a(w, at(server.url()), uid_a);
  server.sql(
      "INSERT INTO socket_io_attachments (created_at, payload) VALUES (now() - interval '31 seconds', '\\x80'), "
      "(now(), '\\x80')");
  for (int i = 0; i < 7; ++i) {
    w.advance(4'900ms);
    int rounds = 0;
    REQUIRE(w.run_until([&] { return ++rounds > 5; }));  // the connections answer
  }
  REQUIRE(w.run_until([&] { return server.sql("SELECT count(*) FROM socket_io_attachments") == "1\n"; }));
}

TEST_CASE("the name of a host is resolved, and the second host is tried", "[cluster][postgres_wire]") {
  postgres_server server;
  world w;
  std::string url = server.url();
  url.replace(url.find("127.0.0.1"), 9, "127.0.0.1:1,localhost");
  peer a(w, at(url), uid_a);
  REQUIRE(w.run_until([&] { return a.is_up(); }));
  CHECK(a.heard->outages == 0);
}

TEST_CASE("a host without an address is an outage", "[cluster][postgres_wire]") {
  captured_log log;
  world w;
  peer a(w, at("postgresql://me@no-such-host.invalid/postgres"), uid_a);
  REQUIRE(w.run_until([&] { return a.heard->outages == 1; }));
  CHECK(log.count(log_level::error, "has an address") == 1);
}

TEST_CASE("wrong options of the PostgreSQL adapter are refused in words", "[cluster][postgres_wire]") {
  const auto refusal = [](const postgres_options& where) {
    try {
      postgres_adapter(where);
    } catch (const error& e) {
      return e.detail();
    }
    return std::string();
  };
  CHECK(refusal(postgres_options()).empty());
  postgres_options wrong = at("http://me:hidden@127.0.0.1");
  CHECK(refusal(wrong).find("postgresql://") != std::string::npos);
  CHECK(refusal(wrong).find("hidden") == std::string::npos);
  wrong = postgres_options();
  wrong.table_name = "a; DROP TABLE b";
  CHECK(refusal(wrong).find("table_name") != std::string::npos);
  wrong = postgres_options();
  wrong.payload_threshold = 8'001;
  CHECK(refusal(wrong).find("8000") != std::string::npos);
  wrong = postgres_options();
  wrong.channel_prefix = std::string(62, 'p');
  CHECK(refusal(wrong).find("channel_prefix") != std::string::npos);
}

}  // namespace cosio::test
