// The memory that a JSON value takes.

#include "wire/json_memory.hpp"

#include <boost/json/memory_resource.hpp>
#include <boost/json/parse.hpp>

#include <cstddef>
#include <new>
#include <string>

#include "support/catch.hpp"

namespace {

namespace json = boost::json;

// Counts what is taken from it.
class counting_memory final : public json::memory_resource {
 public:
  std::size_t bytes = 0;

 private:
  void* do_allocate(std::size_t n, std::size_t) override {
    bytes += n;
    return ::operator new(n);
  }
  void do_deallocate(void* p, std::size_t n, std::size_t) override {
    bytes -= n;
    ::operator delete(p);
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

std::string repeated(std::string_view one, int n) {
  std::string out = "[";
  for (int i = 0; i < n; ++i) out += (i == 0 ? "" : ",") + std::string(one);
  return out + "]";
}

}  // namespace

TEST_CASE("a value is charged for at least the memory that a copy of it takes", "[wire][json_memory]") {
  for (const std::string& text :
       {std::string("0"), std::string("[]"), std::string(R"(["hi",1])"), repeated("[]", 1'000), repeated("[0]", 1'000),
        repeated(R"({"a":{}})", 1'000), repeated(R"("fourteen bytes")", 100), repeated(R"("fifteen  bytes!")", 100),
        R"({"name":")" + std::string(10'000, 'x') + R"(","list":[1,2,[3,{"deep":null}]]})"}) {
    CAPTURE(text.substr(0, 40));
    counting_memory counted;
    {
      const json::value copy(json::parse(text), &counted);
      const std::size_t charged = cosio::wire::json_memory(copy);
      CHECK(charged >= counted.bytes);
      CHECK(charged <= 4 * counted.bytes + 64);
    }
    CHECK(counted.bytes == 0);
  }
}
