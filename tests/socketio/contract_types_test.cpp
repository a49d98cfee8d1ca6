// Types of the standard library in contracts: which values stand for which types, and their packets.

#include <boost/describe/class.hpp>

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

using cosio::event;
using byte_list = std::vector<std::uint8_t>;
using number_or_text = std::variant<int, std::string>;

struct account {
  std::string name;
  byte_list key;
};
BOOST_DESCRIBE_STRUCT(account, (), (name, key))

// clang-format off
struct gallery {
  using client_to_server = cosio::events<
      event<"resize", byte_list(byte_list, std::chrono::milliseconds)>,
      event<"either", std::unique_ptr<account>(number_or_text)>>;
  using server_to_client = cosio::events<
      event<"frame", void(byte_list, std::chrono::milliseconds, std::shared_ptr<account>)>,
      event<"seen", void(std::chrono::sys_seconds, std::map<int, int>, number_or_text)>>;
  using socket_data = account;
};
// clang-format on

using user_socket = cosio::typed_socket<gallery>;

template <class From, class To>
constexpr bool stands_for = cosio::detail::is_acceptable<From, To>();

}  // namespace

static_assert(stands_for<std::vector<std::byte>, byte_list> && stands_for<cosio::binary, byte_list>);
static_assert(stands_for<byte_list, cosio::binary> && stands_for<std::array<std::byte, 4>, byte_list>);
static_assert(stands_for<std::array<std::byte, 4>, std::array<std::byte, 4>>);
static_assert(!stands_for<byte_list, std::array<std::uint8_t, 4>>, "the size may be another");
static_assert(!stands_for<std::vector<int>, byte_list> && !stands_for<byte_list, std::vector<int>>);
static_assert(!stands_for<std::string, byte_list> && !stands_for<byte_list, std::string>);
static_assert(stands_for<std::chrono::seconds, std::chrono::milliseconds>);
static_assert(!stands_for<std::chrono::milliseconds, std::chrono::seconds>);
static_assert(!stands_for<int, std::chrono::milliseconds> && !stands_for<std::chrono::milliseconds, int>);
static_assert(stands_for<std::chrono::sys_days, std::chrono::sys_seconds>);
static_assert(stands_for<account, std::shared_ptr<account>> && stands_for<std::nullptr_t, std::unique_ptr<account>>);
static_assert(stands_for<std::unique_ptr<int>, std::optional<int>> && !stands_for<std::string, std::unique_ptr<int>>);
static_assert(stands_for<std::map<std::uint8_t, int>, std::map<int, int>>);
static_assert(stands_for<std::map<int, int>, std::map<std::string, int>>);
static_assert(!stands_for<std::map<std::string, int>, std::map<int, int>>);
static_assert(stands_for<const char*, number_or_text> && stands_for<int, number_or_text>);
static_assert(!stands_for<account, number_or_text>);

TEST_CASE("bytes, times, pointers and variants travel as a contract declares them", "[socketio][contract]") {
  sio_server s;
  mailbox<user_socket> joined;
  cosio::typed_nsp<gallery>(s.io.sockets()).on_connection([&](user_socket user) {
    user.on<"resize">([](byte_list pixels, std::chrono::milliseconds within) {
      pixels.push_back(static_cast<std::uint8_t>(within / 1s));
      return pixels;
    });
    user.on<"either">([](number_or_text what) {
      auto made = std::make_unique<account>();
      if (what.index() == 0) return std::unique_ptr<account>();
      made->name = std::get<std::string>(what);
      return made;
    });
    joined.put(user);
  });
  sio_client c(s.start());
  c.join();
  const user_socket user = joined.take();

  const std::vector<std::byte> raw{std::byte{'x'}, std::byte{'y'}};
  s.run(user.emit<"frame">(raw, 2s, nullptr));
  CHECK(c.receive() == R"(51-["frame",{"_placeholder":true,"num":0},2000,null])");
  CHECK(c.receive_bytes() == "xy");
  s.run(user.emit<"seen">(std::chrono::sys_days(), std::map<int, int>{{-1, 2}}, "text"));
  CHECK(c.receive() == R"(2["seen","1970-01-01T00:00:00.000Z",{"-1":2},"text"])");

  c.send(R"(20["resize",[97,98],99000])");
  CHECK(c.receive() == R"(61-0[{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "abc");
  c.send(R"(21["either",5])");
  CHECK(c.receive() == "31[null]");
  c.send(R"(22["either","ann"])");
  CHECK(c.receive() == R"(61-2[{"name":"ann","key":{"_placeholder":true,"num":0}}])");
  CHECK(c.receive_bytes().empty());
}

TEST_CASE("bytes in the data of a socket are numbers, and are given back as bytes", "[socketio][contract]") {
  sio_server s;
  mailbox<user_socket> joined;
  cosio::typed_nsp<gallery>(s.io.sockets()).on_connection([&](user_socket user) { joined.put(user); });
  sio_client c(s.start());
  c.join();
  const user_socket user = joined.take();
  account ann;
  ann.key = {1, 255};
  user.data(ann);
  CHECK(user.data().key == ann.key);
  CHECK(user.untyped().data().at("key") == boost::json::array{1, 255});
}
