// The snapshot of what a server has counted, and its text, which a strict reader of OpenMetrics 1.0 takes apart.

#include <cosio/cosio.hpp>
#include <cosio/forwarding.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

using label_set = std::map<std::string, std::string>;

struct family {
  std::string type;
  std::string unit;
  std::string help;
  std::map<label_set, std::uint64_t> samples;
};

// Parses OpenMetrics text. Throws for everything that the specification does not allow (the part that we use: gauges
// and counters).
class openmetrics_reader {
 public:
  explicit openmetrics_reader(const std::string& text) : rest_(text) {
    while (!ended_) read_line(take_line());
    if (!rest_.empty()) fail("something behind # EOF");
    close_family();
  }

  const family& of(const std::string& name) const {
    const auto found = families_.find(name);
    if (found == families_.end()) throw std::runtime_error("no family " + name);
    return found->second;
  }
  std::uint64_t value(const std::string& name, const label_set& labels = {}) const {
    const auto found = of(name).samples.find(labels);
    if (found == of(name).samples.end()) throw std::runtime_error("no such sample of " + name);
    return found->second;
  }
  const std::map<std::string, family>& all() const { return families_; }

 private:
  [[noreturn]] static void fail(const std::string& why) { throw std::runtime_error("no OpenMetrics: " + why); }

  static bool is_name(std::string_view name) {
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
    return std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == ':'; });
  }

  std::string take_line() {
    const auto end = rest_.find('\n');
    if (end == std::string::npos) fail("the last line does not end");
    std::string line = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    if (line.empty()) fail("an empty line");
    return line;
  }

  void read_line(const std::string& line) {
    if (line == "# EOF") {
      ended_ = true;
    } else if (line.starts_with("# ")) {
      read_descriptor(line.substr(2));
    } else {
      read_sample(line);
    }
  }

  void read_descriptor(const std::string& line) {
    const auto one = line.find(' ');
    const auto two = line.find(' ', one + 1);
    if (two == std::string::npos) fail("a descriptor without text: " + line);
    const std::string what = line.substr(0, one);
    const std::string name = line.substr(one + 1, two - one - 1);
    const std::string text = line.substr(two + 1);
    if (!is_name(name)) fail("the name " + name);
    if (name != name_) {
      close_family();
      if (families_.contains(name)) fail("two families " + name);
      name_ = name;
    }
    family& of = families_[name];
    if (!of.samples.empty()) fail("a descriptor behind samples: " + line);
    std::string& part = what == "TYPE" ? of.type : what == "UNIT" ? of.unit : of.help;
    if (what != "TYPE" && what != "UNIT" && what != "HELP") fail("the descriptor " + what);
    if (!part.empty()) fail("twice: " + line);
    part = text;
    if (what == "HELP") unescape(text, false);
  }

  void read_sample(const std::string& line) {
    if (name_.empty()) fail("a sample without a family: " + line);
    family& of = families_[name_];
    const auto name_end = line.find_first_of("{ ");
    if (name_end == std::string::npos) fail("a sample without a value: " + line);
    if (line.substr(0, name_end) != name_ + (of.type == "counter" ? "_total" : ""))
      fail("a sample of another family: " + line);
    std::size_t at = name_end;
    label_set labels;
    if (line[at] == '{') labels = read_labels(line, at);
    if (at >= line.size() || line[at] != ' ') fail("no space before the value: " + line);
    const std::string number = line.substr(at + 1);
    if (number.empty() ||
        !std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
      fail("the value " + number);
    if (!of.samples.emplace(labels, std::stoull(number)).second) fail("the same sample twice: " + line);
  }

  // At '{'; afterwards behind '}'.
  static label_set read_labels(const std::string& line, std::size_t& at) {
    label_set labels;
    while (line.at(at) != '}') {
      const auto equals = line.find('=', ++at);
      if (equals == std::string::npos || line.at(equals + 1) != '"') fail("a label without a value: " + line);
      const std::string name = line.substr(at, equals - at);
      if (!is_name(name) || name.find(':') != std::string::npos) fail("the label " + name);
      std::size_t end = equals + 2;
      while (line.at(end) != '"') end += line.at(end) == '\\' ? 2 : 1;
      if (!labels.emplace(name, unescape(line.substr(equals + 2, end - equals - 2), true)).second)
        fail("a label twice: " + line);
      at = end + 1;
      if (line.at(at) != ',' && line.at(at) != '}') fail("labels are told apart by ',': " + line);
    }
    ++at;
    return labels;
  }

  static std::string unescape(const std::string& text, bool quoted) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"' && quoted) fail("a bare quote");
      if (text[i] != '\\') {
        out += text[i];
        continue;
      }
      const char next = ++i < text.size() ? text[i] : ' ';
      if (next != '\\' && next != 'n' && next != '"') fail("an escape that is none");
      out += next == 'n' ? '\n' : next;
    }
    return out;
  }

  void close_family() const {
    if (name_.empty()) return;
    const family& of = families_.at(name_);
    if (of.type != "gauge" && of.type != "counter") fail(name_ + " has the type " + of.type);
    if (of.help.empty()) fail(name_ + " has no HELP");
    if (name_.ends_with("_total")) fail(name_ + ": a family is named without the suffix of its samples");
    if (!of.unit.empty() && !name_.ends_with("_" + of.unit)) fail(name_ + " does not end with its unit");
    if (of.samples.empty()) fail(name_ + " has no sample");
  }

  std::string rest_;
  std::string name_;
  std::map<std::string, family> families_;
  bool ended_ = false;
};

std::uint64_t of(const std::vector<cosio::counted>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [name](const auto& one) { return one.name == name; });
  if (found == list.end()) throw std::runtime_error("nothing is counted as " + std::string(name));
  return found->count;
}

}  // namespace

TEST_CASE("metrics count clients, events, answers and broadcasts", "[socketio][metrics]") {
  mailbox<cosio::socket> here;
  mailbox<> done;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) -> cosio::task<> {
    c.on("echo", [](std::string text) { return text; });
    c.on("fail", [] { throw std::runtime_error("no"); });
    c.on("number", [](int) {});
    co_await c.join("room");
    here.put(c);
  });
  const auto port = s.start();
  CHECK(s.io.metrics().sockets == 0);
  sio_client one(port);
  sio_settings by_polling;
  by_polling.over = sio_settings::transport::polling;
  sio_client two(port, by_polling);
  one.join();
  two.join();
  const cosio::socket first = here.take();
  here.take();

  one.send({R"(21["echo","a"])", R"(2["fail"])", R"(2["number","seven"])"});
  CHECK(one.receive() == R"(31["a"])");
  s.run(s.io.to("room").emit("news", 1));
  s.run(first.emit("mine"));
  CHECK(one.receive() == R"(2["news",1])");
  CHECK(one.receive() == R"(2["mine"])");
  CHECK(two.receive() == R"(2["news",1])");

  auto asked = start(s.io.executor(), first.emit_with_ack<int>("how many?"));
  CHECK(one.receive() == R"(20["how many?"])");
  one.send("30[4]");
  CHECK(wait(std::move(asked)) == 4);
  CHECK_THROWS_AS(s.run(first.timeout(1ms).emit_with_ack<int>("and now?")), cosio::error);

  const cosio::metrics now = s.io.metrics();
  CHECK(now.sockets == 2);
  CHECK(now.namespaces == 1);
  CHECK(now.connections >= 2);
  CHECK(now.sessions() == 2);
  CHECK(now.sessions_websocket_eio4 == 1);
  CHECK(now.sessions_polling_eio4 == 1);
  CHECK(now.handshakes_accepted == 2);
  CHECK(now.events == 3);
  CHECK(now.handler_errors == 1);
  CHECK(now.argument_errors == 1);
  CHECK(now.broadcasts == 1);
  CHECK(now.deliveries_queued == 5);  // two of the broadcast, one emit, two questions
  CHECK(now.acks_asked == 2);
  CHECK(now.acks_answered == 1);
  CHECK(now.acks_timed_out == 1);
  CHECK(now.packets_received >= 6);
  CHECK(now.bytes_received > 20);
  CHECK(now.packets_sent >= 7);
  CHECK(now.bytes_sent > now.packets_sent);

  one.drop();
  CHECK(eventually([&] { return s.io.metrics().sockets == 1; }));
  CHECK(of(s.io.metrics().closed, "transport close") == 1);
  CHECK(s.run(first.emit("late")).refused == 1);
  CHECK(s.io.metrics().deliveries_refused == 1);
}

TEST_CASE("handlers are in flight from their start to their end", "[socketio][metrics]") {
  mailbox<cosio::ack> asked;
  mailbox<> ended;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("wait", [&, c](cosio::ack answer) -> cosio::task<> {
      asked.put(answer);
      co_await c.once("go on");
      ended.put("ended");
    });
  });
  sio_client c(s.start());
  c.join();
  c.send(R"(21["wait"])");
  asked.take();
  CHECK(eventually([&] { return s.io.metrics().handlers_in_flight == 1; }));
  c.send(R"(2["go on"])");
  CHECK(ended.take() == "ended");
  CHECK(eventually([&] { return s.io.metrics().handlers_in_flight == 0; }));
}

TEST_CASE("a limit that a client meets is counted under the option's name", "[socketio][metrics]") {
  cosio::options few = test_options();
  few.max_namespaces_per_client = 1;
  few.max_attachments = 2;
  few.max_packet_bytes = 60;
  few.max_json_depth = 4;
  few.explain_refusals = true;
  sio_server s(few);
  s.io.of("/more");
  const auto port = s.start();
  sio_client c(port);
  c.join();
  c.send("0/more,");
  CHECK(
      c.receive() ==
      R"(4/more,{"message":"too many namespaces: raise options.max_namespaces_per_client if clients may join more"})");
  c.send(R"(53-["x"])");
  CHECK(c.ends());
  sio_client deep(port);
  deep.join();
  deep.send(R"(2["x",[[[[[1]]]]]])");
  CHECK(deep.ends());
  sio_client large(port);
  large.join();
  large.send({R"(51-["x",{"_placeholder":true,"num":0}])", sio_message::bytes(std::string(40, 'x'))});
  CHECK(large.ends());
  sio_client long_text(port);
  long_text.join();
  long_text.send(R"(2["x",")" + std::string(80, 'y') + "\"]");
  CHECK(long_text.ends());
  const auto now = s.io.metrics();
  CHECK(of(now.limits_hit, "max_namespaces_per_client") == 1);
  CHECK(of(now.limits_hit, "max_attachments") == 1);
  CHECK(of(now.limits_hit, "max_json_depth") == 1);
  CHECK(of(now.limits_hit, "max_packet_bytes") == 2);
}

TEST_CASE("a server that passes requests on counts them", "[socketio][metrics]") {
  sio_server plain(test_options());
  CHECK_FALSE(plain.io.metrics().has_forwarding);
  CHECK(cosio::to_openmetrics(plain.io.metrics()).find("forwarded") == std::string::npos);

  sio_server server(test_options());
  cosio::forwarding_options settings;
  settings.node = 2;
  settings.nodes = {{1, "http://127.0.0.1:1"}, {2, "http://127.0.0.1:2"}};
  settings.secret = "sixteen bytes or more";
  std::optional<cosio::forwarding> others(std::in_place, server.io.engine(), settings);
  const std::uint16_t port = server.start();
  http_client client(port);
  CHECK(client.ask(get("/socket.io/?EIO=4&transport=polling&sid=ABxxxxxxxxxxxxxxxxxxxx")).status == 503);
  const cosio::metrics now = server.io.metrics();
  CHECK(now.has_forwarding);
  CHECK(now.forwarded_failed == 1);
  CHECK(now.forwarded_answered == 0);
  CHECK(now.forwarded_under_way == 0);
  const openmetrics_reader text(cosio::to_openmetrics(now));
  CHECK(text.value("cosio_forwarded_requests", {{"outcome", "failed"}}) == 1);
  CHECK(text.value("cosio_forwarded_tunnels") == 0);
  others.reset();
}

TEST_CASE("metrics show what clients make the server keep, by kind", "[socketio][metrics]") {
  sio_server s;
  const auto port = s.start();
  CHECK(of(s.io.metrics().kept_bytes, "head") == 0);
  sio_settings polling;
  polling.over = sio_settings::transport::polling;
  sio_client c(port, polling);
  c.join();
  const auto idle = of(s.io.metrics().kept_bytes, "head");
  CHECK(idle > 5'000);
  CHECK(idle < 20'000);
  s.run(s.io.emit("e", std::string(100'000, 'x')));
  s.run(s.io.emit("e", std::string(100'000, 'x')));  // one of them waits, whether a GET is held or not
  const auto frames = of(s.io.metrics().kept_bytes, "frames");
  CHECK(frames > 95'000);
  CHECK(frames < 205'000);
  for (int i = 0; i < 2; ++i) c.receive();
  CHECK(eventually([&] { return of(s.io.metrics().kept_bytes, "frames") == 0; }));
  s.run(s.io.emit("e", std::string(100'000, 'x')));
  CHECK(of(s.io.metrics().kept_bytes, "frames") > 95'000);
  c.drop();
  s.run(s.io.close());  // nobody will fetch them
  for (const char* kind : {"frames", "head"})
    CHECK(eventually([&] { return of(s.io.metrics().kept_bytes, kind) == 0; }));
}

TEST_CASE("with explain_refusals a client hears why there is no such namespace", "[socketio][metrics]") {
  cosio::options opts = test_options();
  opts.explain_refusals = true;
  sio_server s(opts);
  sio_client c(s.start());
  c.send("0/nobody,");
  CHECK(
      c.receive() ==
      R"(4/nobody,{"message":"Invalid namespace: nobody made /nobody with of(), and no pattern or predicate allows it"})");
}

TEST_CASE("clients that come back are counted, stored and recovered", "[socketio][metrics]") {
  cosio::options opts = test_options();
  opts.connection_state_recovery.emplace();
  mailbox<cosio::socket> here;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) { here.put(c); });
  const auto port = s.start();
  sio_client c(port);
  c.send("0");
  const std::string reply = c.receive();
  const std::string pid = text_member(reply, "pid");
  const cosio::socket was = here.take();
  s.run(was.emit("offset"));
  const std::string event = c.receive();
  const auto from = event.find(",\"") + 2;
  const std::string offset = event.substr(from, event.find('"', from) - from);
  c.drop();
  CHECK(eventually([&] { return s.io.metrics().sessions_stored == 1; }));
  CHECK(s.io.metrics().sessions_recovered == 0);
  CHECK(eventually([&] { return !was.connected(); }));
  sio_client again(port);
  again.send(R"(0{"pid":")" + pid + R"(","offset":")" + offset + R"("})");
  again.receive();
  CHECK(here.take().recovered());
  CHECK(s.io.metrics().sessions_recovered == 1);
}

// ---------------------------------------------------------------- the text

TEST_CASE("the text is OpenMetrics, to a strict reader", "[socketio][metrics]") {
  cosio::metrics what;
  struct figure {
    std::uint64_t& of;
    const char* family;
    label_set labels;
  };
  const figure figures[] = {
      {what.connections, "cosio_connections", {}},
      {what.sockets, "cosio_sockets", {}},
      {what.namespaces, "cosio_namespaces", {}},
      {what.handlers_in_flight, "cosio_handlers_in_flight", {}},
      {what.sessions_polling_eio3, "cosio_sessions", {{"transport", "polling"}, {"eio", "3"}}},
      {what.sessions_polling_eio4, "cosio_sessions", {{"transport", "polling"}, {"eio", "4"}}},
      {what.sessions_websocket_eio3, "cosio_sessions", {{"transport", "websocket"}, {"eio", "3"}}},
      {what.sessions_websocket_eio4, "cosio_sessions", {{"transport", "websocket"}, {"eio", "4"}}},
      {what.handshakes_accepted, "cosio_handshakes_accepted", {}},
      {what.upgrades_done, "cosio_upgrades", {{"outcome", "done"}}},
      {what.upgrades_abandoned, "cosio_upgrades", {{"outcome", "abandoned"}}},
      {what.packets_received, "cosio_received_packets", {}},
      {what.packets_sent, "cosio_sent_packets", {}},
      {what.bytes_received, "cosio_received_bytes", {}},
      {what.bytes_sent, "cosio_sent_bytes", {}},
      {what.events, "cosio_events", {}},
      {what.handler_errors, "cosio_handler_errors", {}},
      {what.argument_errors, "cosio_argument_errors", {}},
      {what.acks_asked, "cosio_acks_asked", {}},
      {what.acks_answered, "cosio_acks", {{"outcome", "answered"}}},
      {what.acks_timed_out, "cosio_acks", {{"outcome", "timed out"}}},
      {what.broadcasts, "cosio_broadcasts", {}},
      {what.deliveries_queued, "cosio_deliveries", {{"outcome", "queued"}}},
      {what.deliveries_dropped, "cosio_deliveries", {{"outcome", "dropped"}}},
      {what.deliveries_refused, "cosio_deliveries", {{"outcome", "refused"}}},
      {what.sessions_stored, "cosio_sessions_stored", {}},
      {what.sessions_recovered, "cosio_sessions_recovered", {}},
  };
  std::uint64_t next = 100;  // each figure has a value of its own
  for (const figure& f : figures) f.of = ++next;
  what.refused.emplace_back("Forbidden", 2);
  what.closed.emplace_back("ping timeout", 3);
  what.limits_hit.emplace_back("max_payload", 1);
  CHECK(what.sessions() == 105 + 106 + 107 + 108);
  what.kept_bytes.emplace_back("frames", 4'096);
  CHECK(what.slow_consumers() == 0);
  what.closed.emplace_back("slow consumer", 8);
  CHECK(what.slow_consumers() == 8);
  const std::string text = cosio::to_openmetrics(what);
  const openmetrics_reader read(text);
  for (const figure& f : figures) {
    CAPTURE(f.family);
    CHECK(read.value(f.family, f.labels) == f.of);
  }
  CHECK(read.of("cosio_connections").type == "gauge");
  for (const char* bytes : {"cosio_received_bytes", "cosio_sent_bytes"}) {
    CHECK(read.of(bytes).type == "counter");
    CHECK(read.of(bytes).unit == "bytes");
  }
  CHECK(read.value("cosio_requests_refused", {{"refusal", "Forbidden"}}) == 2);
  CHECK(read.value("cosio_sessions_closed", {{"reason", "ping timeout"}}) == 3);
  CHECK(read.value("cosio_sessions_closed", {{"reason", "slow consumer"}}) == 8);
  CHECK(read.value("cosio_limits_hit", {{"limit", "max_payload"}}) == 1);
  CHECK(read.of("cosio_kept_bytes").type == "gauge");
  CHECK(read.of("cosio_kept_bytes").unit == "bytes");
  CHECK(read.value("cosio_kept_bytes", {{"kind", "frames"}}) == 4'096);
  for (const auto& [name, of] : read.all()) CHECK(name.starts_with("cosio_"));
}

TEST_CASE("labels of one's own are on every sample, escaped", "[socketio][metrics]") {
  const std::string odd = "node \"7\"\nof C:\\rack";
  cosio::metrics what;
  what.closed.emplace_back("ping timeout", 3);
  const openmetrics_reader read(cosio::to_openmetrics(what, {{"instance", odd}, {"zone", "a"}}));
  CHECK(read.value("cosio_sockets", {{"instance", odd}, {"zone", "a"}}) == 0);
  CHECK(read.value("cosio_sessions_closed", {{"reason", "ping timeout"}, {"instance", odd}, {"zone", "a"}}) == 3);
  for (const char* wrong : {"", "1st", "with-dash", "__own", "a b"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(cosio::to_openmetrics(what, {{wrong, "x"}}), cosio::error);
  }
}

TEST_CASE("the strict reader refuses what is no OpenMetrics", "[socketio][metrics]") {
  const char* const wrong[] = {"",
                               "# TYPE a gauge\n# HELP a x\na 1\n",              // no end
                               "# TYPE a gauge\n# HELP a x\na 1\n# EOF",         // no line end
                               "# TYPE a gauge\n# HELP a x\na 1\n# EOF\nb 1\n",  // more behind the end
                               "# TYPE a counter\n# HELP a x\na 1\n# EOF\n",     // without _total
                               "# TYPE a gauge\na 1\n# EOF\n",                   // no HELP
                               "a 1\n# EOF\n",                                   // no family
                               "# TYPE a gauge\n# HELP a x\n# UNIT a bytes\na 1\n# EOF\n",
                               "# TYPE a gauge\n# HELP a x\na{b=\"\\x\"} 1\n# EOF\n",
                               "# TYPE a gauge\n# HELP a x\na 1\na 2\n# EOF\n",
                               "# TYPE a gauge\n# HELP a x\na one\n# EOF\n"};
  for (const char* text : wrong) {
    CAPTURE(text);
    CHECK_THROWS(openmetrics_reader(text));
  }
  CHECK_NOTHROW(openmetrics_reader("# TYPE a gauge\n# HELP a x\na{b=\"\\\\\"} 1\n# EOF\n"));
}

TEST_CASE("a server that owns its port answers on metrics_path, others nowhere", "[socketio][metrics]") {
  cosio::options opts = test_options();
  opts.metrics_path = "/internal/metrics";
  sio_server s(opts);
  const auto port = s.start();
  sio_client c(port);
  c.join();
  http_client asks(port);
  const auto answer = asks.ask(get("/internal/metrics"));
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(answer.header("cache-control") == "no-store");
  const openmetrics_reader read(answer.body);
  CHECK(read.value("cosio_sockets") == 1);
  CHECK(read.value("cosio_connections") == 2);

  sio_server silent;
  http_client other(silent.start());
  CHECK(other.ask(get("/metrics")).status == 404);
}

TEST_CASE("a route of the application's answers with a server's metrics, and says when that is gone",
          "[socketio][metrics]") {
  cosio::http::app_options local;
  local.host = "127.0.0.1";
  local.port = 0;
  local.threads = 1;
  cosio::http::app app(local);
  std::optional<cosio::server> io(app);
  app.get("/metrics", cosio::metrics_handler(*io, {{"instance", "one"}}));
  const auto port = app.listen();
  std::thread serving([&] { app.run(); });
  {
    http_client asks(port);
    CHECK(openmetrics_reader(asks.ask(get("/metrics")).body).value("cosio_sockets", {{"instance", "one"}}) == 0);
    app.stop();
    serving.join();
  }
  const auto handler = cosio::metrics_handler(*io);
  CHECK(handler({}).status() == 200);
  app = cosio::http::app(local);
  io.reset();
  CHECK(handler({}).status() == 503);
}
