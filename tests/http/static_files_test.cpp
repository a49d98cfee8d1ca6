// Files for browsers, and the files that are none of their business.

#include "http/static_files.hpp"

#include <unistd.h>
#include <cosio/error.hpp>

#include <filesystem>
#include <fstream>

#include "http/request_data.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::http;
namespace fs = std::filesystem;

namespace {

request ask(std::string_view method, std::string_view fields = "") {
  auto data = std::make_shared<request_data>();
  data->head = std::string(method) + " /\n" + std::string(fields);
  data->method_size = static_cast<std::uint32_t>(method.size());
  data->target_size = 1;
  return request(std::move(data));
}

// root/{index.html,a b.css,big.bin,.secret,sub/{index.html,page.txt},out -> ../outside.txt,in -> sub/page.txt},
// and outside.txt
struct tree {
  tree() : base(fs::temp_directory_path() / ("cosio-static-" + std::to_string(::getpid()))), root(base / "root") {
    fs::remove_all(base);
    fs::create_directories(root / "sub");
    write(root / "index.html", "index");
    write(root / "a b.css", "css");
    write(root / ".secret", "secret");
    write(root / "sub/index.html", "sub index");
    write(root / "sub/page.txt", "page");
    write(base / "outside.txt", "outside");
    write(base / "rootless.txt", "rootless");
    fs::create_symlink(base / "outside.txt", root / "out");
    fs::create_symlink("sub/page.txt", root / "in");
    fs::create_directory_symlink(base, root / "up");
  }
  ~tree() { fs::remove_all(base); }
  static void write(const fs::path& file, std::string_view bytes) { std::ofstream(file, std::ios::binary) << bytes; }

  fs::path base;
  fs::path root;
};

}  // namespace

TEST_CASE("files are served with their type and a validator", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  const auto css = files.answer(ask("GET"), "a%20b.css");
  REQUIRE(css);
  CHECK(css->status() == 200);
  CHECK(css->body() == "css");
  CHECK(css->get("content-type") == "text/css; charset=utf-8");
  CHECK(css->get("etag").size() > 4);
  CHECK(files.answer(ask("HEAD"), "sub/page.txt")->body() == "page");
  CHECK(files.answer(ask("GET"), "in")->body() == "page");
}

TEST_CASE("a directory means its index.html", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  CHECK(files.answer(ask("GET"), "")->body() == "index");
  CHECK(files.answer(ask("GET"), "")->get("content-type") == "text/html; charset=utf-8");
  CHECK(files.answer(ask("GET"), "sub/")->body() == "sub index");
  CHECK_FALSE(files.answer(ask("GET"), "sub"));
}

TEST_CASE("nothing outside the directory is served, by no spelling", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  for (const char* path : {"../outside.txt",
                           "%2e%2e/outside.txt",
                           "..%2foutside.txt",
                           "sub/../../outside.txt",
                           "sub/..%2F..%2Foutside.txt",
                           "out",
                           "up/outside.txt",
                           "up/rootless.txt",
                           "up/",
                           "..",
                           "../rootless.txt",
                           "/etc/passwd",
                           "%2Fetc/passwd",
                           "sub//page.txt",
                           "./index.html",
                           ".secret",
                           "%2Esecret",
                           "sub/../.secret",
                           "sub\\page.txt",
                           "..%5Coutside.txt",
                           "in%00.css",
                           "none",
                           "index.html/",
                           "sub/page.txt/x",
                           "%252e%252e/outside.txt"}) {
    CAPTURE(path);
    CHECK_FALSE(files.answer(ask("GET"), path));
  }
}

TEST_CASE("what the browser has already is not sent again", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  const std::string etag(files.answer(ask("GET"), "index.html")->get("etag"));
  for (const std::string& known :
       {etag, "W/" + etag, "\"x\", " + etag, "\"x\",W/" + etag + " , \"y\"", std::string("*")}) {
    CAPTURE(known);
    const auto answer = files.answer(ask("GET", "if-none-match:" + known + "\n"), "index.html");
    REQUIRE(answer);
    CHECK(answer->status() == 304);
    CHECK(answer->body().empty());
    CHECK(answer->get("etag") == etag);
  }
  CHECK(files.answer(ask("GET", "if-none-match:\"other\"\n"), "index.html")->status() == 200);
}

TEST_CASE("a file that changes gets another validator", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  const std::string before(files.answer(ask("GET"), "index.html")->get("etag"));
  tree::write(t.root / "index.html", "changed");
  CHECK(files.answer(ask("GET"), "index.html")->get("etag") != before);
}

TEST_CASE("files are read only", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  const auto answer = files.answer(ask("POST"), "index.html");
  REQUIRE(answer);
  CHECK(answer->status() == 405);
  CHECK(answer->get("allow") == "GET, HEAD");
}

TEST_CASE("a directory that does not exist is refused at once", "[http][static_files]") {
  CHECK_THROWS_AS(static_files("/no/such/directory"), error);
  const tree t;
  CHECK_THROWS_AS(static_files((t.root / "index.html").string()), error);
}

TEST_CASE("endings tell the type, whatever their case", "[http][static_files]") {
  CHECK(mime_type("a.JS") == "text/javascript; charset=utf-8");
  CHECK(mime_type("a.min.mjs") == "text/javascript; charset=utf-8");
  CHECK(mime_type("x.wasm") == "application/wasm");
  CHECK(mime_type("none") == "application/octet-stream");
  CHECK(mime_type("a.") == "application/octet-stream");
  CHECK(mime_type("a.unknown") == "application/octet-stream");
}
