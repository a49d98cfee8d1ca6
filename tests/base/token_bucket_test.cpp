// So much in the long run, and so much at once.

#include "base/token_bucket.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using cosio::base::token_bucket;

namespace {

const token_bucket::time_point start{1h};

}  // namespace

TEST_CASE("a full bucket gives its burst, and then what flows in", "[base][token_bucket]") {
  token_bucket b(3, start);
  for (int i = 0; i < 3; ++i) CHECK(b.take(1, 2, 3, start));
  CHECK_FALSE(b.take(1, 2, 3, start));
  CHECK_FALSE(b.take(1, 2, 3, start + 499ms));
  CHECK(b.take(1, 2, 3, start + 500ms));
  CHECK_FALSE(b.take(1, 2, 3, start + 500ms));
}

TEST_CASE("a bucket never holds more than its burst", "[base][token_bucket]") {
  token_bucket b(2, start);
  CHECK(b.take(1, 100, 2, start + 1h));
  CHECK(b.take(1, 100, 2, start + 1h));
  CHECK_FALSE(b.take(1, 100, 2, start + 1h));
}

TEST_CASE("what does not fit takes nothing", "[base][token_bucket]") {
  token_bucket b(10, start);
  CHECK_FALSE(b.take(11, 1, 10, start));
  CHECK(b.take(10, 1, 10, start));
}

TEST_CASE("a clock that goes back fills no bucket", "[base][token_bucket]") {
  token_bucket b(1, start);
  CHECK(b.take(1, 1, 1, start));
  CHECK_FALSE(b.take(1, 1, 1, start - 1h));
  CHECK_FALSE(b.take(1, 1, 1, start + 999ms));
  CHECK(b.take(1, 1, 1, start + 1s));
}
