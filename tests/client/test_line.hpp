// One connection of a client to a real server, run by the thread of the test. Its clock stands still until the test
// moves it; bytes come from real sockets.
//
//   echo_engine server;
//   test_line line(server.port());
//   line.client->open();
//   REQUIRE(line.until([&] { return line.heard->opened; }));

#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/engine_client.hpp"
#include "client/engine_source.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// Keeps what it is told, and calls `also` for each.
class heard_events : public clients::engine_listener {
 public:
  void on_open(const clients::engine_handshake& what) override {
    note_place();
    opened = true;
    handshake = what;
    if (also) also("open");
  }
  void on_message(message what) override {
    note_place();
    messages.push_back(std::move(what));
    if (also) also("message");
  }
  void on_drain() override {
    ++drains;
    if (also) also("drain");
  }
  void on_upgrade(std::string_view to) override {
    upgraded = to;
    if (also) also("upgrade");
  }
  void on_upgrade_error(std::string detail) override {
    upgrade_errors.push_back(std::move(detail));
    if (also) also("upgrade_error");
  }
  void on_ping() override {
    ++pings;
    if (also) also("ping");
  }
  void on_close(clients::engine_end end) override {
    note_place();
    ends.push_back(std::move(end));
    if (also) also("close");
  }

  std::string text(std::size_t i) const { return messages.at(i).text(); }

  bool opened = false;
  clients::engine_handshake handshake;
  std::vector<message> messages;
  std::string upgraded;
  std::vector<std::string> upgrade_errors;
  std::vector<clients::engine_end> ends;
  int drains = 0;
  int pings = 0;
  int calls_under_way = 0;  // of engine_client
  bool was_told_inside = false;
  std::function<void(std::string_view)> also;

 private:
  void note_place() { was_told_inside = was_told_inside || calls_under_way != 0; }
};

class test_line {
 public:
  static engine_client_options quick() {
    engine_client_options options;
    options.path = "/engine.io";
    options.proxy_from_environment = false;
    return options;
  }

  explicit test_line(std::uint16_t port, engine_client_options options = quick())
      : test_line("http://127.0.0.1:" + std::to_string(port), std::move(options)) {}
  test_line(const std::string& url, engine_client_options options)
      : source(clients::make_engine_source(where, url, std::move(options),
                                           {[this] { return suspended; }, [](const char*) { return nullptr; }})) {
    again();
  }
  test_line(const test_line&) = delete;
  test_line& operator=(const test_line&) = delete;
  ~test_line() {
    client = nullptr;
    if (settles_at_end) w.settle();
  }

  /// Another connection of the same source; the one before is dropped.
  void again() {
    heard = std::make_shared<heard_events>();
    client = source->make(w.make_strand(), heard);
  }
  template <class F>
  bool until(F done) {
    return w.run_until(std::move(done));
  }
  bool open() {
    client->open();
    return until([this] { return heard->opened || !heard->ends.empty(); }) && heard->opened;
  }
  bool until_upgraded() {
    return until([this] { return !heard->upgraded.empty() || !heard->ends.empty(); }) && !heard->upgraded.empty();
  }
  bool until_messages(std::size_t count) {
    return until([this, count] { return heard->messages.size() >= count || !heard->ends.empty(); }) &&
           heard->messages.size() >= count;
  }
  clients::engine_end end() {
    if (!until([this] { return !heard->ends.empty(); })) return {};
    return heard->ends.front();
  }
  void send(std::string text) {
    ++heard->calls_under_way;
    client->send(message(std::move(text)));
    --heard->calls_under_way;
  }

  bool settles_at_end = true;  // whether what the client has begun is run to its end
  world w;
  std::shared_ptr<async::runtime> where{w.take_runtime()};
  std::chrono::nanoseconds suspended{0};
  std::shared_ptr<clients::engine_source> source;
  std::shared_ptr<heard_events> heard;
  std::shared_ptr<clients::engine_client> client;
};

}  // namespace cosio::test
