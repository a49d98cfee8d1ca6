// Names of events that many sockets listen to.

#include "socketio/shared_name.hpp"

#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using cosio::socketio::shared;
using cosio::socketio::shared_name;

TEST_CASE("a name that many listen to is held once", "[socketio][shared_name]") {
  const shared_name first = shared("news");
  CHECK(first->text == "news");
  CHECK(shared(std::string("news")) == first);
  CHECK(shared("new")->text == "new");
  CHECK(shared("")->text == "");
}

TEST_CASE("names that are made up for one socket go with it", "[socketio][shared_name]") {
  std::vector<shared_name> made;
  for (int i = 0; i < 100'000; ++i) made.push_back(shared("answer-" + std::to_string(i)));
  std::size_t held = 0;
  for (const auto& name : made) held += name->use_count() > 1 ? 1 : 0;  // by others than `made`
  CHECK(held < 2'000);
}

TEST_CASE("a name outlives the thread that made it", "[socketio][shared_name]") {
  shared_name kept;
  std::thread([&kept] { kept = shared("a name that does not fit into the string itself"); }).join();
  CHECK(kept->text == "a name that does not fit into the string itself");
}
