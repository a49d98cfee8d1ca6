// The browser client, as browsers fetch it. With and without the embedded files.

#include "http/client_bundle.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

const char* const names[] = {"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"};

bool is_embedded() { return !http::embedded_client_files().empty(); }

struct bundle_door : door {
  explicit bundle_door(origin_policy origins = {}) {
    state->add_service(std::make_shared<http::client_bundle>("/socket.io/", std::move(origins)));
  }
};

}  // namespace

// edge 276
TEST_CASE("exactly the listed names belong to the bundle", "[http][client_bundle]") {
  const http::client_bundle bundle("/socket.io");
  for (const char* name : names) {
    CHECK(bundle.owns("/socket.io/" + std::string(name)));
    CHECK(bundle.owns("/socket.io/" + std::string(name) + ".map?x=1"));
    CHECK_FALSE(bundle.owns("/socket.io/" + std::string(name) + "/"));
    CHECK_FALSE(bundle.owns("/socket.ioX" + std::string(name)));
    CHECK_FALSE(bundle.owns("/socket.io//" + std::string(name)));
  }
  for (const char* target :
       {"/socket.io/", "/socket.io/?EIO=4", "/socket.io/socket.io.esm.js", "/socket.io/socket%2Eio.js",
        "/Socket.io/socket.io.js", "/socket.io/../socket.io/socket.io.js", "/socket.io/socket.io.js.gz"})
    CHECK_FALSE(bundle.owns(target));
}

// edge 274, 275
TEST_CASE("the embedded files are complete, or their absence is explained", "[http][client_bundle]") {
  bundle_door d;
  memory_client client = d.connect(10'000'000);
  for (const char* name : names) {
    for (const char* ending : {"", ".map"}) {
      CAPTURE(name, ending);
      const http_answer answer = client.ask(get("/socket.io/" + std::string(name) + ending + "?v=1"));
      if (!is_embedded()) {
        CHECK(answer.status == 404);
        CHECK(answer.body.find("not built into this server") != std::string::npos);
        CHECK(answer.body.find("options.client_directory") != std::string::npos);
        continue;
      }
      CHECK(answer.status == 200);
      CHECK(answer.body.size() > 10'000);
      CHECK(answer.header("cache-control") == "public, max-age=0");
      CHECK(answer.header("etag") == '"' + std::string(http::embedded_client_version()) + '"');
      CHECK(answer.header("content-type") ==
            (ending[0] == '\0' ? "application/javascript; charset=utf-8" : "application/json; charset=utf-8"));
      CHECK_FALSE(answer.has("content-encoding"));
    }
  }
}

TEST_CASE("a server without the client says so once, when it begins to listen", "[http][client_bundle]") {
  const captured_log log;
  const http::client_bundle bundle("/socket.io");
  CHECK(bundle.introduce().empty());
  CHECK(bundle.introduce().empty());
  CHECK(log.count(log_level::warn, "pages cannot load /socket.io/socket.io.js") == (is_embedded() ? 0U : 1U));
  const http::client_bundle of_folder("/socket.io", std::filesystem::temp_directory_path().string());
  CHECK(of_folder.introduce().empty());
  CHECK(log.lines().size() == (is_embedded() ? 0U : 1U));
}

// edge 277, 278
TEST_CASE("a browser that has the embedded file is told so", "[http][client_bundle]") {
  if (!is_embedded()) return;
  bundle_door d;
  memory_client client = d.connect(10'000'000);
  const std::string etag = '"' + std::string(http::embedded_client_version()) + '"';
  const auto status = [&](const std::string& known) {
    return client.ask(get("/socket.io/socket.io.js", "If-None-Match: " + known + "\r\n"));
  };
  CHECK(status(etag).status == 304);
  CHECK(status("W/" + etag).status == 304);
  CHECK(status(etag).headers.empty());
  CHECK(status("*").status == 200);
  CHECK(status("\"x\", " + etag).status == 200);
  CHECK(status("\"0\"").status == 200);
}

// edge 279: gzip and deflate; who takes brotli only gets them plain
TEST_CASE("the embedded files are compressed for those who ask", "[http][client_bundle]") {
  if (!is_embedded()) return;
  bundle_door d;
  memory_client client = d.connect(10'000'000);
  const std::string plain = client.ask(get("/socket.io/socket.io.js")).body;
  for (const std::string coding : {"gzip", "deflate"}) {
    const http_answer answer = client.ask(get("/socket.io/socket.io.js", "Accept-Encoding: " + coding + "\r\n"));
    CHECK(answer.header("content-encoding") == coding);
    CHECK(answer.header("vary") == "Accept-Encoding");
    CHECK(answer.body.size() < plain.size() / 2);
  }
  CHECK(client.ask(get("/socket.io/socket.io.js", "Accept-Encoding: gzip,br,deflate\r\n")).header("content-encoding") ==
        "gzip");
  CHECK_FALSE(client.ask(get("/socket.io/socket.io.js", "Accept-Encoding: br\r\n")).has("content-encoding"));
  CHECK(client.ask(get("/socket.io/socket.io.js")).body == plain);
}

TEST_CASE("HEAD of a file has its length, and no body", "[http][client_bundle]") {
  bundle_door d;
  memory_client client = d.connect(10'000'000);
  const std::size_t size = client.ask(get("/socket.io/socket.io.min.js")).body.size();
  client.send("HEAD /socket.io/socket.io.min.js HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  CHECK(client.answer(true)->header("content-length") == std::to_string(size));
  CHECK(client.answer()->body == "hello");
}

// edge 280
TEST_CASE("files carry the CORS headers of the server's policy", "[http][client_bundle]") {
  bundle_door d{origin_policy("*")};
  memory_client client = d.connect(10'000'000);
  CHECK(client.ask(get("/socket.io/socket.io.js", "Origin: http://a.example\r\n"))
            .header("access-control-allow-origin") == "*");
  const http_answer preflight =
      client.ask("OPTIONS /socket.io/socket.io.js HTTP/1.1\r\nHost: a\r\nOrigin: http://a.example\r\n\r\n");
  CHECK(preflight.status == 204);
  CHECK(preflight.header("content-length") == "0");
}

TEST_CASE("preflights that go on to the middleware of the engine are answered for files all the same",
          "[http][client_bundle]") {
  bundle_door d{origin_policy("*").preflight_continue()};
  memory_client client = d.connect(10'000'000);
  const http_answer preflight =
      client.ask("OPTIONS /socket.io/socket.io.js HTTP/1.1\r\nHost: a\r\nOrigin: http://a.example\r\n\r\n");
  CHECK(preflight.status == 204);
  CHECK(preflight.body.empty());
  CHECK_FALSE(preflight.header("access-control-allow-methods").empty());
}

TEST_CASE("a folder can stand in for the embedded files", "[http][client_bundle]") {
  const auto dir = std::filesystem::temp_directory_path() / ("cosio-bundle-" + std::to_string(::getpid()));
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "socket.io.js") << "// ours";
  std::ofstream(dir / "socket.io.js.map") << "{}";
  std::ofstream(dir / "other.js") << "// other";
  door d;
  d.state->add_service(std::make_shared<http::client_bundle>("/socket.io", dir.string()));
  memory_client client = d.connect();
  const http_answer ours = client.ask(get("/socket.io/socket.io.js?x"));
  CHECK(ours.body == "// ours");
  CHECK(ours.header("content-type") == "application/javascript; charset=utf-8");
  CHECK(client.ask(get("/socket.io/socket.io.js.map")).header("content-type") == "application/json; charset=utf-8");
  CHECK(client.ask(get("/socket.io/socket.io.js", "If-None-Match: " + ours.header("etag") + "\r\n")).status == 304);
  CHECK(client.ask(get("/socket.io/socket.io.min.js")).status == 404);
  CHECK(client.ask(get("/socket.io/other.js")).status == 404);
  std::filesystem::remove_all(dir);
  CHECK_THROWS(http::client_bundle("/socket.io", dir.string()));
}
