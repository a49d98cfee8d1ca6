// Where the JSON of one batch of input lives.

#include "socketio/batch_memory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace {

namespace json = boost::json;
using cosio::socketio::batch_memory;

}  // namespace

TEST_CASE("the values of one batch share a block", "[socketio][batch_memory]") {
  batch_memory memory;
  const auto first = memory.storage();
  const auto second = memory.storage();
  CHECK(first.get() == second.get());
  CHECK(first.is_deallocate_trivial());
  const json::value a = json::parse(R"(["a",{"b":[1,2,3]}])", first);
  const json::value b = json::parse(R"(["c"])", second);
  CHECK(json::serialize(a) == R"(["a",{"b":[1,2,3]}])");
  CHECK(json::serialize(b) == R"(["c"])");
}

TEST_CASE("batches that nest have blocks of their own", "[socketio][batch_memory]") {
  batch_memory outer;
  const json::value kept = json::parse(R"(["outer",[1,2]])", outer.storage());
  {
    batch_memory inner;
    const json::value other = json::parse(R"(["inner"])", inner.storage());
    CHECK(inner.storage().get() != outer.storage().get());
    inner.release();
  }
  batch_memory next;
  const json::value written = json::parse(R"(["written over what the inner one had"])", next.storage());
  CHECK(json::serialize(kept) == R"(["outer",[1,2]])");
}

TEST_CASE("a block is used again, whatever was in it", "[socketio][batch_memory]") {
  batch_memory memory;
  const auto* const block = memory.storage().get();
  const std::string big = "\"" + std::string(200'000, 'x') + "\"";
  for (int i = 0; i < 100; ++i) {
    CHECK(memory.storage().get() == block);
    {
      const json::value large = json::parse(big, memory.storage());
      CHECK(large.get_string().size() == 200'000);
    }
    memory.release();  // when nothing uses it any more
  }
  batch_memory other;
  CHECK(other.storage().get() == block);
}

TEST_CASE("the packets of a batch go with its block", "[socketio][batch_memory]") {
  batch_memory memory;
  CHECK_FALSE(memory.has_packets());
  CHECK(memory.take_packets().empty());
  for (int turn = 0; turn < 3; ++turn) {
    memory.packets().push_back({"/chat", {nullptr, json::parse(R"(["a",[1,2,3]])", memory.storage()), {}, {}, 0}});
    CHECK(memory.has_packets());
    memory.release();  // the values are destroyed before their memory
    CHECK_FALSE(memory.has_packets());
    CHECK(memory.packets().empty());
  }
  memory.packets().resize(100);
  const auto taken = memory.take_packets();
  CHECK(taken.size() == 100);
  CHECK_FALSE(memory.has_packets());
  memory.release();
  batch_memory next;
  CHECK(next.packets().empty());
  next.packets().resize(100);
  next.release();
  CHECK(next.packets().capacity() < 100);  // a block that nobody uses keeps room for a few
}

TEST_CASE("releasing what was never used does nothing", "[socketio][batch_memory]") {
  std::thread([] {  // it has no blocks yet
    batch_memory first;
    first.release();
    const auto* const block = first.storage().get();
    REQUIRE(block != nullptr);
    first.release();
    first.release();  // gave its block back before: it is there once
    batch_memory one;
    batch_memory two;
    CHECK(one.storage().get() == block);
    CHECK(two.storage().get() != block);
  })
      .join();
}
