// Freeing the memory of a container.

#include "base/release.hpp"

#include <algorithm>
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

TEST_CASE("a queue that never runs empty does not grow, and keeps its order", "[base][release]") {
  std::vector<int> queue;
  std::size_t next = 0;
  std::size_t longest = 0;
  int put = 0;
  int taken = 0;
  while (put < 50) queue.push_back(put++);
  for (int i = 0; i < 100'000; ++i) {
    queue.push_back(put++);
    REQUIRE(queue[next++] == taken++);
    cosio::base::drop_taken(queue, next);
    longest = std::max(longest, queue.size());
  }
  CHECK(queue.size() - next == 50);
  CHECK(longest <= 103);
}
