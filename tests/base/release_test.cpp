// Freeing the memory of a container.

#include "base/release.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

TEST_CASE("a released container is empty and holds no memory", "[base][release]") {
  std::vector<int> numbers(1'000);
  cosio::base::release(numbers);
  CHECK(numbers.empty());
  CHECK(numbers.capacity() == 0);
  std::string text(1'000, 'a');
  cosio::base::release(text);
  CHECK(text.empty());
  CHECK(text.capacity() == std::string().capacity());
}
