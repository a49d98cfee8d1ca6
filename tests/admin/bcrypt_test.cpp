// Passwords of the dashboard.

#include "admin/bcrypt.hpp"

#include <cosio/admin.hpp>

#include <string>

#include "support/catch.hpp"

using cosio::admin::can_bcrypt;
using cosio::admin::is_bcrypt_hash;
using cosio::admin::matches_bcrypt;

TEST_CASE("a bcrypt hash is told from other text", "[admin][bcrypt]") {
  const std::string rest = "DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkY8jIucDrjc8deX1s.";
  REQUIRE(rest.size() == 52);
  const std::string tail = rest + "a";
  for (const char* const good : {"$2a$04$", "$2b$10$", "$2y$16$"}) CHECK(is_bcrypt_hash(good + tail));
  for (const char* const bad : {"$2x$10$", "$1$10$a", "$2b$03$", "$2b$17$", "$2b$1a$", "$2b-10$", "$2b$10-"})
    CHECK_FALSE(is_bcrypt_hash(bad + tail));
  CHECK_FALSE(is_bcrypt_hash(""));
  CHECK_FALSE(is_bcrypt_hash("secret"));
  CHECK_FALSE(is_bcrypt_hash("$2b$10$" + rest));
  CHECK_FALSE(is_bcrypt_hash("$2b$10$" + tail + "a"));
  CHECK_FALSE(is_bcrypt_hash("$2b$10$" + rest + "!"));
}

TEST_CASE("a password fits its hash only", "[admin][bcrypt]") {
  CHECK(cosio::has_bcrypt() == can_bcrypt());
  if (!can_bcrypt()) {
    CHECK_FALSE(matches_bcrypt("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."));
    return;
  }
  // Source: the vectors of jBCrypt.
  struct row {
    const char* password;
    const char* hash;
  };
  const row rows[] = {{"", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."},
                      {"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
                      {"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"}};
  for (const row& r : rows) {
    CAPTURE(r.password);
    REQUIRE(is_bcrypt_hash(r.hash));
    CHECK(matches_bcrypt(r.password, r.hash));
    CHECK_FALSE(matches_bcrypt(std::string(r.password) + "x", r.hash));
    CHECK_FALSE(matches_bcrypt(std::string(r.password) + '\0' + "x", r.hash));
  }
}
