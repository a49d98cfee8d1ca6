// The request as handlers see it.

#include <cosio/http.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "http/request_data.hpp"
#include "support/catch.hpp"

using namespace cosio::http;

namespace {

request make(std::string_view method, std::string_view target, std::string_view fields = "") {
  auto data = std::make_shared<request_data>();
  std::string lines(method);
  lines.append(1, ' ').append(target).append(1, '\n').append(fields);
  data->set_lines(lines);
  data->method_size = static_cast<std::uint32_t>(method.size());
  data->target_size = static_cast<std::uint32_t>(target.size());
  return request(std::move(data));
}

}  // namespace

TEST_CASE("a request tells its method, target and path", "[http][request]") {
  const request r = make("GET", "/a%20b?x=1");
  CHECK(r.method() == "GET");
  CHECK(r.target() == "/a%20b?x=1");
  CHECK(r.path() == "/a%20b");
  CHECK(static_cast<bool>(r));
}

TEST_CASE("the last of several query parameters of one name wins", "[http][request]") {
  CHECK(make("GET", "/?sid=a&EIO=4&sid=b").query("sid") == "b");
  CHECK(make("GET", "/?sid=a&EIO=4&sid=b%20").query("sid") == "b ");
  CHECK(make("GET", "/?sid=a&sid").query("sid") == "");
  CHECK(make("GET", "/?sid=").query("sid") == "");
  CHECK(make("GET", "/?xsid=1&sid=2&sidx=3").query("sid") == "2");
  CHECK_FALSE(make("GET", "/?a=1").query("sid"));
  const std::string thousand = "/?sid=a" + std::string(999, '&');
  CHECK(make("GET", thousand + "sid=b").query("sid") == "b");
  CHECK(make("GET", thousand + "&sid=c").query("sid") == "a");
  CHECK(make("GET", thousand + "&sid=%20").query("sid") == "a");  // the same when it must be decoded
  CHECK_FALSE(make("GET", "/").query("sid"));
  CHECK_FALSE(make("GET", "/?&&").query(""));
  CHECK(make("GET", "/?=v").query("") == "v");
}

TEST_CASE("several query parameters are found in one pass as each by itself", "[http][request]") {
  constexpr std::array<std::string_view, 5> names{"transport", "sid", "EIO", "b64", ""};
  for (const char* target : {"/", "/?", "/?&&", "/?=v", "/?EIO=4&transport=polling&sid=abc", "/?sid=a&EIO=4&sid=b&sid",
                             "/?b64=1&b64=&x=1&EIO", "/?s%69d=1&EIO=4", "/?sid=a+b&transport=p%20",
                             "/?sid=\xC3\xA9&EIO=3", "/?xsid=1&sidx=2&transport"}) {
    CAPTURE(target);
    const request r = make("GET", target);
    const auto all = r.data()->query(names);
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(all[i] == r.query(names[i]));
  }
  const request r = make("GET", "/?EIO=4&sid=a&sid=b");
  const auto some = r.data()->query(names);
  CHECK(some[1] == "b");
  CHECK(some[2] == "4");
  CHECK_FALSE(some[0]);
}

TEST_CASE("an encoded name finds its parameter", "[http][request]") {
  CHECK(make("GET", "/?s%69d=1").query("sid") == "1");
  CHECK_FALSE(make("GET", "/?s%69d=1").query("s%69d"));
  CHECK(make("GET", "/?a+b=1").query("a b") == "1");
}

TEST_CASE("all query parameters are there, in order, decoded", "[http][request]") {
  const request r = make("GET", "/?b=2&a=%31&b=3");
  CHECK(r.queries() == query_list{{"b", "2"}, {"a", "1"}, {"b", "3"}});
  CHECK(make("GET", "/").queries().empty());
}

TEST_CASE("headers are found without regard to case, several joined", "[http][request]") {
  const request r = make("GET", "/", "host:h\nx-a:1\ncookie:\nx-a:2\n");
  CHECK(r.header("HOST") == "h");
  CHECK(r.header("x-A") == "1, 2");
  CHECK(r.header("cookie").empty());
  CHECK(r.has_header("Cookie"));
  CHECK_FALSE(r.has_header("x-"));
  CHECK(r.header("nothing").empty());
  CHECK(r.headers() == query_list{{"host", "h"}, {"x-a", "1"}, {"cookie", ""}, {"x-a", "2"}});
}

TEST_CASE("a header that was sent once is seen where it is, several are joined beside it", "[http][request]") {
  const request r = make("GET", "/", "host:h\nx-a:1\nhosts:no\nx-a:\nx-a:3\n");
  std::string joined;
  const std::string_view host = header_of(r, "Host", joined);
  CHECK(host == "h");
  CHECK(host.data() > r.data()->lines().data());
  CHECK(host.data() < r.data()->lines().data() + r.data()->lines().size());
  CHECK(joined.empty());
  CHECK(header_of(r, "x-A", joined) == "1, , 3");
  joined.clear();
  CHECK(header_of(r, "hos", joined).empty());
  CHECK(header_of(request(), "host", joined).empty());
}

TEST_CASE("the peer's address is no part of the head, and stays when a header is added", "[http][request]") {
  auto data = std::make_shared<request_data>();
  data->set_lines("GET /?a=1\nhost:here\n");
  data->method_size = 3;
  data->target_size = 5;
  CHECK(data->remote_address().empty());
  data->set_remote_address("2001:db8::17");
  data->set_remote_address("192.0.2.1");  // in place of the one before
  const request first(std::move(data));
  CHECK(first.remote_address() == "192.0.2.1");
  CHECK(first.headers().size() == 1);
  CHECK(first.header("host") == "here");

  const request second = with_header(first, "origin", "http://there");
  CHECK(second.remote_address() == "192.0.2.1");
  CHECK(second.header("origin") == "http://there");
  CHECK(second.headers().size() == 2);
  CHECK(second.target() == "/?a=1");
  CHECK(first.headers().size() == 1);

  auto bare = std::make_shared<request_data>();  // without a single header
  bare->set_lines("GET /\n");
  bare->method_size = 3;
  bare->target_size = 1;
  bare->set_remote_address("::1");
  const request last(std::move(bare));
  CHECK(last.headers().empty());
  CHECK(last.remote_address() == "::1");
}

TEST_CASE("a head is as large as its bytes, and names the frequent headers by one byte", "[http][request]") {
  const auto code_of = [](std::string_view name) {
    const auto names = known_fields();
    return known_field_code(static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
  };
  std::string lines = "GET /\n";
  lines.append(1, code_of("host")).append("here:80\n");
  lines.append("x-host:there\n");
  lines.append(1, code_of("user-agent")).append("a:b\n");
  lines.append(1, code_of("user-agent")).append("c\n");
  auto data = std::make_shared<request_data>();
  data->set_head(lines, "192.0.2.1");
  data->method_size = 3;
  data->target_size = 1;
  const request r(data);
  CHECK(r.headers() ==
        query_list{{"host", "here:80"}, {"x-host", "there"}, {"user-agent", "a:b"}, {"user-agent", "c"}});
  CHECK(r.header("Host") == "here:80");
  CHECK(r.header("User-Agent") == "a:b, c");
  CHECK_FALSE(r.has_header("upgrade"));
  CHECK_FALSE(r.has_header("hos"));
  CHECK(r.remote_address() == "192.0.2.1");
  CHECK(data->memory() < sizeof(request_data) + lines.size() + 100);
  for (const std::string_view name : known_fields()) {
    CAPTURE(name);
    CHECK(with_header(request(data), name, "new").headers().back() == std::pair(std::string(name), std::string("new")));
  }
}

TEST_CASE("a value may hold colons", "[http][request]") {
  CHECK(make("GET", "/", "host:h:80\norigin:http://x\n").header("origin") == "http://x");
  CHECK(make("GET", "/", "host:h:80\norigin:http://x\n").header("host") == "h:80");
}

TEST_CASE("an empty request answers with nothing instead of crashing", "[http][request]") {
  const request r;
  CHECK_FALSE(static_cast<bool>(r));
  CHECK(r.method().empty());
  CHECK(r.path().empty());
  CHECK_FALSE(r.query("a"));
  CHECK(r.queries().empty());
  CHECK(r.header("a").empty());
  CHECK(r.headers().empty());
  CHECK(r.param("a").empty());
  CHECK(r.body().empty());
  CHECK(r.remote_address().empty());
  CHECK_FALSE(r.secure());
}

TEST_CASE("several threads may decode the query of one request", "[http][request]") {
  const request r = make("GET", "/?a=%31");
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { right += r.query("a") == "1" ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  CHECK(right == 4);
}

TEST_CASE("tokens of a list are found whole", "[http][request]") {
  CHECK(has_token("keep-alive, Upgrade", "upgrade"));
  CHECK(has_token("upgrade", "upgrade"));
  CHECK(has_token(" ,,UPGRADE\t,x", "upgrade"));
  CHECK_FALSE(has_token("upgraded, no-upgrade", "upgrade"));
  CHECK_FALSE(has_token("", "upgrade"));
}
