// Files for browsers, and the files that are none of their business.

#include "http/static_files.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cosio/error.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/sendfile.h>
#include <sys/syscall.h>
#endif

#include "http/door.hpp"
#include "http/file_body.hpp"
#include "http/request_data.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::http;
using namespace cosio::test;
namespace fs = std::filesystem;

namespace {

request ask(std::string_view method, std::string_view fields = "") {
  auto data = std::make_shared<request_data>();
  data->set_lines(std::string(method) + " /\n" + std::string(fields));
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

// The bytes of an answer's body, wherever they are.
std::string bytes(const std::optional<response>& answer) {
  REQUIRE(answer);
  return answer->file() ? answer->file()->text() : answer->body();
}

// The text of a long file: every place of it differs.
std::string numbered_text(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ' ';
  return text;
}

app_options on_loopback() {
  app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  return options;
}

// Calls of sendfile(2), and those that found no room. Not 0: its error instead of sending.
std::atomic<int> sent_by_the_system{0};
std::atomic<int> found_no_room{0};
std::atomic<int> sending_fails_with{0};

template <class F>
bool eventually(F done) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

struct sending_fails {
  explicit sending_fails(int why) { sending_fails_with = why; }
  ~sending_fails() { sending_fails_with = 0; }
};

// A file of any size that takes no room on the disk.
void write_hole(const fs::path& file, std::uint64_t size) {
  tree::write(file, "");
  fs::resize_file(file, size);
}

// While it lives, this process can open nothing.
struct no_descriptors {
  no_descriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

// How often this process has the file open.
int times_open(const fs::path& file) {
  int found = 0;
  for (int fd = 0; fd < 1'000; ++fd) {
    struct stat opened{};
    struct stat named{};
    const bool is_open = ::fstat(fd, &opened) == 0 && ::stat(file.c_str(), &named) == 0;
    if (is_open && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev) ++found;
  }
  return found;
}

}  // namespace

#if defined(__linux__)
// Replaces the function of the C library.
extern "C" ssize_t sendfile(int to, int from, off_t* at, size_t most) noexcept {
  ++sent_by_the_system;
  if (const int why = sending_fails_with) {
    errno = why;
    return -1;
  }
  const auto sent = static_cast<ssize_t>(::syscall(SYS_sendfile, to, from, at, most));
  if (sent < 0 && errno == EAGAIN) ++found_no_room;
  return sent;
}

TEST_CASE("over TCP a long file is sent by the system, and what is behind it comes behind it", "[http][static_files]") {
  const tree t;
  const std::string text = numbered_text(20'000'000);
  tree::write(t.root / "large.txt", text);
  door d(on_loopback());
  d.app.files("/s", t.root.string());
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  http_client client(port);
  const int before = sent_by_the_system;
  client.send(get("/s/large.txt") + get("/hello") + get("/s/large.txt", "Range: bytes=100000-1099999\r\n") +
              get("/s/index.html"));
  CHECK(client.read_answer().body == text);
  CHECK(sent_by_the_system > before);
  CHECK(client.read_answer().body == "hello");
  const http_answer part = client.read_answer();
  CHECK(part.status == 206);
  CHECK(part.body == text.substr(100'000, 1'000'000));
  const int after = sent_by_the_system;
  CHECK(client.read_answer().body == "index");
  client.send("HEAD /s/large.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_answer(true).header("content-length") == std::to_string(text.size()));
  CHECK(sent_by_the_system == after);
}

TEST_CASE("a file that the system cannot send is read", "[http][static_files]") {
  const tree t;
  const std::string text = numbered_text(300'000);
  tree::write(t.root / "large.txt", text);
  for (const int why : {EINVAL, ENOSYS}) {
    CAPTURE(why);
    door d(on_loopback());
    d.app.files("/s", t.root.string());
    const std::uint16_t port = d.app.listen();
    const background running(d.w.context());
    const sending_fails broken(why);
    const int before = sent_by_the_system;
    http_client client(port);
    for (int i = 0; i < 2; ++i) CHECK(client.ask(get("/s/large.txt")).body == text);
    CHECK(sent_by_the_system == before + 1);
  }
}

TEST_CASE("a file that becomes shorter or cannot be read while the system sends it ends only its connection",
          "[http][static_files]") {
  const captured_log log;
  constexpr std::uint64_t size = std::uint64_t{1} << 26;
  const tree t;
  door d(on_loopback());
  d.app.files("/s", t.root.string());
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  for (const bool broken : {false, true}) {
    CAPTURE(broken);
    write_hole(t.root / "log.txt", size);
    http_client client(port);
    const int before = found_no_room;
    client.send(get("/s/log.txt"));
    REQUIRE(eventually([&] { return found_no_room > before; }));
    std::optional<sending_fails> fails;
    if (broken) {
      fails.emplace(EIO);
    } else {
      fs::resize_file(t.root / "log.txt", 10);
    }
    CHECK(client.read_to_end().size() < size);
  }
  CHECK(http_client(port).ask(get("/s/index.html")).body == "index");
  CHECK(log.count(log_level::warn, "its file became shorter or cannot be read") == 2);
}

TEST_CASE("a reader of a long file that takes nothing is cut after body_timeout", "[http][static_files]") {
  const tree t;
  write_hole(t.root / "huge.bin", std::uint64_t{1} << 36);
  door d(on_loopback());
  d.app.files("/s", t.root.string());
  http_client client(d.app.listen());
  const int before = found_no_room;
  client.send(get("/s/huge.bin"));
  REQUIRE(d.w.run_until([&] { return found_no_room > before; }));
  d.w.advance(app_options().body_timeout - std::chrono::milliseconds(1));
  CHECK(d.open() == 1);
  // The kernel of the reader may have taken something late.
  for (int i = 0; i < 100 && d.open() != 0; ++i) d.w.advance(app_options().body_timeout);
  CHECK(d.open() == 0);
}
#endif

TEST_CASE("files are served with their type and a validator", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  const auto css = files.answer(ask("GET"), "a%20b.css");
  REQUIRE(css);
  CHECK(css->status() == 200);
  CHECK(bytes(css) == "css");
  CHECK(css->get("content-type") == "text/css; charset=utf-8");
  CHECK(css->get("etag").size() > 4);
  CHECK(bytes(files.answer(ask("HEAD"), "sub/page.txt")) == "page");
  CHECK(bytes(files.answer(ask("GET"), "in")) == "page");
}

TEST_CASE("a file is not missing when the process has no descriptor for it", "[http][static_files]") {
  const captured_log log;
  const tree t;
  const static_files files(t.root.string());
  std::optional<response> without;
  {
    const no_descriptors now;
    without = files.answer(ask("GET"), "index.html");
  }
  REQUIRE(without);
  CHECK(without->status() == 503);
  CHECK(without->get("cache-control") == "no-store");
  CHECK(log.count(log_level::warn, "a file was not served: ") == 1);
  CHECK(bytes(files.answer(ask("GET"), "index.html")) == "index");
}

TEST_CASE("a connection has one file open at a time, whatever it asks for ahead", "[http][static_files]") {
  const tree t;
  door d;
  d.app.files("/s", t.root.string());
  memory_client client = d.connect();
  std::string requests = get("/held/1");
  for (int i = 0; i < 5; ++i) requests += get("/s/sub/page.txt");
  client.send(requests);
  d.w.settle();
  CHECK(times_open(t.root / "sub/page.txt") == 1);
  d.held->release("/held/1", response(200, "held"));
  CHECK(client.answer()->body == "held");
  for (int i = 0; i < 5; ++i) CHECK(client.answer()->body == "page");
  CHECK(times_open(t.root / "sub/page.txt") == 0);
}

TEST_CASE("a client that leaves while a file waits behind a held answer is noticed", "[http][static_files]") {
  const tree t;
  door d;
  d.app.files("/s", t.root.string());
  memory_client client = d.connect();
  client.send(get("/held/1") + get("/s/sub/page.txt"));
  d.w.settle();
  client.close();
  d.w.settle();
  CHECK(d.held->gone == std::vector<std::string>{"/held/1"});
  CHECK(times_open(t.root / "sub/page.txt") == 0);
}

TEST_CASE("a directory means its index.html", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  CHECK(bytes(files.answer(ask("GET"), "")) == "index");
  CHECK(files.answer(ask("GET"), "")->get("content-type") == "text/html; charset=utf-8");
  CHECK(bytes(files.answer(ask("GET"), "sub/")) == "sub index");
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

TEST_CASE("a Range header asks for one part of a body", "[http][static_files]") {
  struct row {
    std::string_view header;
    std::optional<byte_range> range;
  };
  constexpr std::uint64_t outside = 0;
  const row rows[] = {{"bytes=0-9", byte_range{0, 10}},
                      {"bytes=10-", byte_range{10, 90}},
                      {"bytes=99-99", byte_range{99, 1}},
                      {"bytes=90-1000", byte_range{90, 10}},
                      {"bytes=0-99999999999999999999999999", byte_range{0, 100}},
                      {"bytes=-10", byte_range{90, 10}},
                      {"bytes=-1000", byte_range{0, 100}},
                      {"Bytes= 1-2 ", byte_range{1, 2}},
                      {"bytes=100-", byte_range{0, outside}},
                      {"bytes=99999999999999999999999999-", byte_range{0, outside}},
                      {"bytes=-0", byte_range{100, outside}},
                      {"", std::nullopt},
                      {"bytes=", std::nullopt},
                      {"bytes=-", std::nullopt},
                      {"bytes=5", std::nullopt},
                      {"bytes=9-5", std::nullopt},
                      {"bytes=0-1,5-6", std::nullopt},
                      {"bytes=a-b", std::nullopt},
                      {"bytes=+1-2", std::nullopt},
                      {"bytes=1-2-3", std::nullopt},
                      {"items=0-9", std::nullopt}};
  for (const row& r : rows) {
    CAPTURE(r.header);
    CHECK(find_range(r.header, 100) == r.range);
  }
  CHECK_FALSE(find_range("bytes=0-", 0));
}

TEST_CASE("a part of a file is served, and a range outside of it is refused with its size", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  const auto part = files.answer(ask("GET", "range:bytes=1-3\n"), "index.html");
  CHECK(bytes(part) == "nde");
  CHECK(part->status() == 206);
  CHECK(part->get("content-range") == "bytes 1-3/5");
  CHECK(part->get("accept-ranges") == "bytes");
  const std::string etag(part->get("etag"));
  const auto outside = files.answer(ask("GET", "range:bytes=5-\n"), "index.html");
  CHECK(bytes(outside).empty());
  CHECK(outside->status() == 416);
  CHECK(outside->get("content-range") == "bytes */5");
  CHECK(files.answer(ask("HEAD", "range:bytes=1-3\n"), "index.html")->status() == 200);
  CHECK(files.answer(ask("GET", "range:bytes=1-3\nif-range:" + etag + "\n"), "index.html")->status() == 206);
  const auto changed = files.answer(ask("GET", "range:bytes=1-3\nif-range:\"old\"\n"), "index.html");
  CHECK(changed->status() == 200);
  CHECK(bytes(changed) == "index");
  CHECK(files.answer(ask("GET", "range:bytes=1-3\nif-none-match:" + etag + "\n"), "index.html")->status() == 304);
}

TEST_CASE("a link that appears after the path was looked at is not followed", "[http][static_files]") {
  const tree t;
  const fs::path root = fs::canonical(t.root);
  CHECK(open_below(root, root / "sub/page.txt").get() >= 0);
  CHECK(open_below(root, root / "out").get() < 0);
  CHECK(open_below(root, root / "in").get() < 0);
  CHECK(open_below(root, root / "up/outside.txt").get() < 0);
  CHECK(open_below(root, root / "none").get() < 0);
}

TEST_CASE("a file that nobody reads is not read, whatever its size, and others are served", "[http][static_files]") {
  constexpr std::uint64_t size = std::uint64_t{1} << 36;
  const tree t;
  write_hole(t.root / "huge.bin", size);
  door d;
  d.app.files("/s", t.root.string());
  memory_client client = d.connect();
  client.send("HEAD /s/huge.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.answer(true);
  REQUIRE(head);
  CHECK(head->header("content-length") == std::to_string(size));
  std::vector<std::unique_ptr<async::memory_stream>> lazy;
  for (int i = 0; i < 5; ++i) {
    async::memory_streams pair;
    d.state->serve(std::move(pair.near));
    std::string asked = get("/s/huge.bin");
    const iovec piece{asked.data(), asked.size()};
    boost::system::error_code ec;
    REQUIRE(pair.far->write_some({&piece, 1}, ec) == asked.size());
    lazy.push_back(std::move(pair.far));
  }
  d.w.settle();
  CHECK(client.ask(get("/hello")).body == "hello");
  const http_answer part = client.ask(get("/s/huge.bin", "Range: bytes=68719476726-\r\n"));
  CHECK(part.status == 206);
  CHECK(part.body == std::string(10, '\0'));
}

TEST_CASE("a large file arrives whole at a reader that takes little at a time", "[http][static_files]") {
  const tree t;
  const std::string text = numbered_text(300'000);
  tree::write(t.root / "large.txt", text);
  for (const std::size_t capacity : {std::size_t{1'000}, std::size_t{70'000}, std::size_t{4'000'000}}) {
    CAPTURE(capacity);
    door d;
    d.app.files("/s", t.root.string());
    memory_client client = d.connect(capacity);
    client.send(get("/s/large.txt") + get("/hello"));
    const auto large = client.answer();
    REQUIRE(large);
    CHECK(large->body == text);
    const auto behind = client.answer();
    REQUIRE(behind);
    CHECK(behind->body == "hello");
  }
}

TEST_CASE("when a file becomes shorter while it is sent, the connection ends", "[http][static_files]") {
  const captured_log log;
  const tree t;
  write_hole(t.root / "log.txt", 300'000);
  door d;
  d.app.files("/s", t.root.string());
  async::memory_streams pair(1'000);
  d.state->serve(std::move(pair.near));
  std::string asked = get("/s/log.txt");
  const iovec piece{asked.data(), asked.size()};
  boost::system::error_code ec;
  pair.far->write_some({&piece, 1}, ec);
  d.w.settle();
  fs::resize_file(t.root / "log.txt", 10);
  memory_client client(d.w, std::move(pair.far));
  CHECK(client.received().size() <= 1'000);
  CHECK(client.ended());
  CHECK(log.count(log_level::warn, "its file became shorter") == 1);
}

TEST_CASE("links are followed inside of the directory, also those with a whole path", "[http][static_files]") {
  const tree t;
  fs::create_symlink(t.root / "sub/page.txt", t.root / "whole");
  fs::create_directory_symlink(t.root / "sub", t.root / "folder");
  fs::create_symlink("nowhere", t.root / "broken");
  fs::create_symlink("loop", t.root / "loop");
  const static_files files(t.root.string());
  CHECK(bytes(files.answer(ask("GET"), "whole")) == "page");
  CHECK(bytes(files.answer(ask("GET"), "folder/page.txt")) == "page");
  CHECK(bytes(files.answer(ask("GET"), "folder/")) == "sub index");
  CHECK_FALSE(files.answer(ask("GET"), "broken"));
  CHECK_FALSE(files.answer(ask("GET"), "loop"));
}

TEST_CASE("a directory that was replaced is served as it is now, and none behind a link", "[http][static_files]") {
  const tree t;
  const static_files files(t.root.string());
  CHECK(bytes(files.answer(ask("GET"), "")) == "index");
  fs::rename(t.root, t.base / "old");
  CHECK_FALSE(files.answer(ask("GET"), ""));
  fs::create_directory(t.root);
  tree::write(t.root / "index.html", "new index");
  CHECK(bytes(files.answer(ask("GET"), "")) == "new index");
  fs::remove_all(t.root);
  fs::create_directory_symlink(t.base / "old", t.root);
  CHECK_FALSE(files.answer(ask("GET"), ""));
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
