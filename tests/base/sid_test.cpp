// Ids of sessions and sockets.

#include "base/sid.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "support/catch.hpp"

using cosio::base::new_sid;
using cosio::base::sid_size;

namespace {

constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::vector<std::string> make_many(std::size_t count) {
  std::vector<std::string> made;
  made.reserve(count);
  for (std::size_t i = 0; i < count; ++i) made.push_back(new_sid());
  return made;
}

}  // namespace

TEST_CASE("an id is 20 URL-safe characters", "[base][sid]") {
  REQUIRE(sid_size == 20);
  for (const std::string& id : make_many(1000)) {
    REQUIRE(id.size() == 20);
    REQUIRE(id.find_first_not_of(url_safe) == std::string::npos);
  }
}

TEST_CASE("no id comes twice in a hundred thousand", "[base][sid]") {
  std::unordered_set<std::string> seen;
  for (std::string& id : make_many(100'000)) REQUIRE(seen.insert(std::move(id)).second);
}

TEST_CASE("threads that make ids at the same time make different ones", "[base][sid]") {
  std::array<std::vector<std::string>, 4> made;
  {
    std::vector<std::thread> threads;
    for (auto& mine : made) threads.emplace_back([&mine] { mine = make_many(2000); });
    for (auto& thread : threads) thread.join();
  }
  std::unordered_set<std::string> seen;
  for (const auto& one : made)
    for (const auto& id : one) REQUIRE(seen.insert(id).second);
}

TEST_CASE("a child of fork() makes other ids than its parent", "[base][sid]") {
  new_sid();  // from now on there are bytes in store
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string id = new_sid();
    ::_exit(::write(ends[1], id.data(), id.size()) == ssize_t{sid_size} ? 0 : 1);
  }
  REQUIRE(child > 0);
  std::string of_child(sid_size, ' ');
  CHECK(::read(ends[0], of_child.data(), sid_size) == ssize_t{sid_size});
  int status = 1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(of_child != new_sid());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("every character of an id is drawn from the whole alphabet", "[base][sid]") {
  // 6400 draws per place: each of the 64 characters is expected 100 times, with a deviation of 10. Outside 30 to 200
  // something is wrong with the source, not with the luck.
  const auto made = make_many(6400);
  for (std::size_t place = 0; place < sid_size; ++place) {
    std::array<int, 256> drawn{};
    for (const std::string& id : made) ++drawn[static_cast<unsigned char>(id[place])];
    for (const char c : url_safe) {
      const int times = drawn[static_cast<unsigned char>(c)];
      CAPTURE(place, c);
      REQUIRE(times > 30);
      REQUIRE(times < 200);
    }
  }
}
