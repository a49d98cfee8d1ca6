// Where Redis is.

#include "cluster/redis_address.hpp"

#include <cosio/error.hpp>
#include <cosio/redis.hpp>

#include <string>
#include <vector>

#include "cluster/redis_value.hpp"
#include "support/catch.hpp"

namespace cosio::test {

using cluster::redis_address;
using cluster::redis_host;

TEST_CASE("a URL names host, port, credentials and database", "[cluster][redis_address]") {
  const redis_address whole("redis://me:se%20cret@example.test:6380/3");
  CHECK(whole.host == "example.test");
  CHECK(whole.port == 6380);
  CHECK(whole.user == "me");
  CHECK(whole.password == "se cret");
  CHECK(whole.database == 3);
  CHECK_FALSE(whole.tls);
  CHECK(whole.text() == "example.test:6380");

  const redis_address least("redis://");
  CHECK(least.host == "127.0.0.1");
  CHECK(least.port == 6379);
  CHECK(least.password.empty());
  CHECK(least.database == 0);

  const redis_address secure("rediss://:pw@[::1]:7000");
  CHECK(secure.tls);
  CHECK(secure.host == "::1");
  CHECK(secure.password == "pw");
  CHECK(secure.text() == "[::1]:7000");
}

TEST_CASE("a URL names a Unix socket", "[cluster][redis_address]") {
  for (const char* url : {"unix:///run/my%20redis.sock?db=2", "redis+unix:///run/my%20redis.sock?db=2"}) {
    CAPTURE(url);
    const redis_address at(url);
    CHECK(at.path == "/run/my redis.sock");
    CHECK(at.database == 2);
    CHECK(at.text() == "/run/my redis.sock");
  }
}

TEST_CASE("a URL names Sentinels, or nodes of a cluster", "[cluster][redis_address]") {
  const redis_address asked("redis+sentinel://me:pw@a.test,b.test:26380/mymaster/3");
  CHECK(asked.kind == redis_address::kinds::sentinel);
  CHECK(asked.hosts == std::vector<redis_host>{{"a.test", 26379}, {"b.test", 26380}});
  CHECK(asked.master == "mymaster");
  CHECK(asked.database == 3);
  CHECK(asked.user == "me");
  CHECK(asked.password == "pw");
  CHECK(asked.text() == "a.test:26379,b.test:26380/mymaster");

  const redis_address found = asked.at(redis_host("10.0.0.7", 6381));
  CHECK(found.kind == redis_address::kinds::single);
  CHECK(found.text() == "10.0.0.7:6381");
  CHECK(found.password == "pw");
  CHECK(found.database == 3);

  const redis_address nodes("rediss+cluster://a.test:7000,[::1]:7001");
  CHECK(nodes.kind == redis_address::kinds::cluster);
  CHECK(nodes.tls);
  CHECK(nodes.hosts == std::vector<redis_host>{{"a.test", 7000}, {"::1", 7001}});
}

TEST_CASE("what is no URL of Redis is refused in words", "[cluster][redis_address]") {
  for (const char* url :
       {"", "127.0.0.1:6379", "http://127.0.0.1", "redis://127.0.0.1/x", "redis://127.0.0.1/1x", "redis://127.0.0.1:0",
        "redis://127.0.0.1:99999", "redisx://127.0.0.1", "redis+other://127.0.0.1", "unix://host/run/redis.sock",
        "unix://", "unix:///r?db=x", "redis+sentinel://127.0.0.1", "redis+sentinel://127.0.0.1/",
        "redis+sentinel://127.0.0.1/m/x", "redis+sentinel://a,,b/m", "redis+sentinel:///m", "redis+cluster://a:1,b:x",
        "redis+cluster://a/1"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(redis_address(url), error);
  }
  try {
    const redis_address other("http://127.0.0.1");
    FAIL("http: was taken");
  } catch (const error& e) {
    CHECK(std::string(e.what()).find("::") == std::string::npos);
  }
  const auto why = [](const char* url) {
    try {
      const redis_address other(url);
    } catch (const error& e) {
      return e.detail();
    }
    return std::string();
  };
  for (const char* url : {"redis://:p@ss@127.0.0.1", "redis://me:pa/ss@127.0.0.1", "redis://:pa#ss@127.0.0.1:6379",
                          "redis://:50%@127.0.0.1", "redis+sentinel://:a/b@127.0.0.1/m"}) {
    CAPTURE(url);
    CHECK(why(url).find("%40") != std::string::npos);
    CHECK(why(url).find("ss@") == std::string::npos);  // no password in the log
  }
  for (const char* url : {"redis://127.0.0.1/x", "unix:///a@b/c?db=x", "nonsense@"}) {
    CAPTURE(url);
    CHECK_FALSE(why(url).empty());
    CHECK(why(url).find("%40") == std::string::npos);
  }
  for (const char* scheme : {"rediss://", "unix://", "redis+sentinel://", "redis+cluster://"})
    CHECK(why("tls://127.0.0.1").find(scheme) != std::string::npos);
  redis_options where;
  where.url = "nonsense";
  CHECK_THROWS_AS(redis_adapter(where), error);
}

TEST_CASE("files for TLS that cannot be read are refused at once", "[cluster][redis_address]") {
  if (!cluster::has_redis()) return;  // redis_adapter() throws in such a build
  redis_options where;
  where.url = "rediss://127.0.0.1";
  where.ca_file = "/nonexistent/ca.pem";
  CHECK_THROWS_AS(redis_adapter(where), error);
  where.ca_file.clear();
  where.cert_file = "/nonexistent/cert.pem";
  CHECK_THROWS_AS(redis_adapter(where), error);
  where.key_file = "/nonexistent/key.pem";
  CHECK_THROWS_AS(redis_adapter(where), error);
}

}  // namespace cosio::test
