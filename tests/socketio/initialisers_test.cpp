// Options that are written in braces, with their names. Warnings are errors here: no option may lack a default.

#include <cosio/cosio.hpp>
#include <cosio/postgres.hpp>
#include <cosio/redis.hpp>

#include <chrono>
#include <optional>
#include <string>

#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

TEST_CASE("options of every kind are written in braces, and the others keep their defaults", "[socketio][options]") {
  const http::app_options port{.port = 3210};
  CHECK(port.port == 3210);
  CHECK(port.max_head == http::app_options().max_head);
  const http::tls_options tls{.certificate_file = "a.pem", .key_file = "a.key"};
  CHECK(tls.minimum_version == http::tls_version::tls_1_2);
  const cookie_options cookie{.name = "id", .secure = true};
  CHECK(cookie.path == "/");
  const engine_options engine{.ping_interval = 10s, .cookie = cookie};
  CHECK(engine.ping_timeout == 20s);
  CHECK(engine.path == "/engine.io");
  CHECK(http_compression_options{.threshold = 1}.threshold == 1);
  CHECK(deflate_options{.level = 9}.memory_level == 8);
  CHECK(recovery_options{.max_disconnection_duration = 1s}.skip_middlewares);
  CHECK(redis_options{.key = "k"}.url == redis_options().url);
  CHECK(sharded_options{.channel_prefix = "k"}.redis.url == redis_options().url);
  CHECK(streams_options{.stream_name = "k"}.redis.url == redis_options().url);
  CHECK(cluster_options{.requests_timeout = 1s}.heartbeat_interval == 5s);
  CHECK(postgres_options{.payload_threshold = 1}.table_name == "socket_io_attachments");
}

// GCC warns of the base class, which has no name to write.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

TEST_CASE("a server is made with options in braces", "[socketio][options]") {
  options opts{.host = "127.0.0.1", .port = 0, .serve_client = false};
  CHECK(opts.path == "/socket.io");
  CHECK(opts.ping_interval == 25s);
  CHECK(opts.max_attachments == 10);
  opts.ping_interval = 10s;  // an option of the engine
  const options copy = opts;
  CHECK(copy.port == 0);
  CHECK(copy.ping_interval == 10s);
  const server io({.host = "127.0.0.1", .port = 0, .answer_failed_events = true});
  CHECK(io.options().host == "127.0.0.1");
  CHECK(io.options().answer_failed_events);
  CHECK(io.path() == "/socket.io");
}
