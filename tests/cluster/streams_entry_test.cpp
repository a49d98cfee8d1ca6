// Entries of streams: what servers of Node write, and what they expect.

#include "cluster/streams_entry.hpp"

#include "support/catch.hpp"

namespace cosio::test {
namespace {

using cluster::redis_value;
using cluster::stream_entry;
using cluster::stream_id;
using words = std::vector<std::string>;

redis_value texts(const words& from) {
  std::vector<redis_value> items;
  for (const std::string& text : from) items.emplace_back(text);
  return redis_value(std::move(items));
}

redis_value item(const std::string& id, const words& fields) {
  std::vector<redis_value> parts;
  parts.emplace_back(id);
  parts.push_back(texts(fields));
  return redis_value(std::move(parts));
}

cluster_message event(std::string json, std::vector<binary> attachments = {}) {
  cluster_message out(message_type::broadcast);
  out.uid = "0e52e556fbb8bae9";
  out.event = event_data(std::move(json), std::move(attachments));
  return out;
}

const std::string opts = R"("opts":{"rooms":[],"except":[],"flags":{}}})";
const std::string base64 = "gqZwYWNrZXSCpHR5cGUCpGRhdGGSo2JpbsQCAQKkb3B0c4Olcm9vbXOQpmV4Y2VwdJClZmxhZ3OA";

}  // namespace

TEST_CASE("an id of an entry is two numbers", "[cluster][streams_entry]") {
  const auto id = stream_id::parse("1795384749334-0");
  REQUIRE(id);
  CHECK(id->text() == "1795384749334-0");
  CHECK(id->next().text() == "1795384749334-1");
  CHECK(stream_id(5, UINT64_MAX).next() == stream_id(6, 0));
  CHECK(stream_id(5, 10) > stream_id(5, 9));
  CHECK(stream_id(10, 0) > stream_id(9, 9));
  for (const char* text : {"", "-", "1", "1-", "-1", "1-2 ", " 1-2", "1-2-3", "+1-2", "1--2", "a-1", "1-0x1", "(1-1",
                           "18446744073709551616-0", "$"}) {
    CAPTURE(text);
    CHECK_FALSE(stream_id::parse(text));
  }
}

TEST_CASE("a namespace has the stream that Node gives it", "[cluster][streams_entry]") {
  CHECK(cluster::stream_of("socket.io", 1, "/notifications") == "socket.io");
  CHECK(cluster::stream_of("socket.io", 3, "/notifications") == "socket.io--2");
  CHECK_FALSE(cluster::node_reads_stream_of(3, "/notifications"));
  CHECK(cluster::node_reads_stream_of(1, "/notifications"));
  // hashCode("/") is 47, of "/a" 1554, of "/ä" 1685, of "/😀" 1818066.
  CHECK(cluster::stream_of("s", 10, "/") == "s-7");
  CHECK(cluster::stream_of("s", 10, "/a") == "s-4");
  CHECK(cluster::stream_of("s", 10, "/\u00e4") == "s-5");
  CHECK(cluster::stream_of("s", 1'000, "/\U0001F600") == "s-66");
  CHECK(cluster::node_reads_stream_of(10, "/a"));
}

TEST_CASE("an event is written as Node writes it", "[cluster][streams_entry]") {
  CHECK(cluster::write_entry(event(R"(["hello",1])"), "") ==
        words{"uid", "0e52e556fbb8bae9", "nsp", "/", "type", "3", "data",
              R"({"packet":{"type":2,"data":["hello",1]},)" + opts});
  const auto with_binary = event(R"(["bin",{"_placeholder":true,"num":0}])", {binary(std::string("\x01\x02"))});
  CHECK(cluster::write_entry(with_binary, "7") ==
        words{"uid", "0e52e556fbb8bae9", "nsp", "/", "type", "3", "data", base64, "mark", "7"});
  cluster_message bare(message_type::heartbeat);
  bare.uid = "x";
  CHECK(cluster::write_entry(bare, "") == words{"uid", "x", "nsp", "/", "type", "2"});
}

TEST_CASE("entries of Node are read, in any order and with unknown fields", "[cluster][streams_entry]") {
  const std::string data =
      R"({"packet":{"type":2,"data":["hello",1]},"opts":{"rooms":["a"],"except":["b"],"flags":{}}})";
  const redis_value text = item("5-1", {"data", data, "type", "3", "x", "y", "nsp", "/chat", "uid", "u1", "mark", "m"});
  const auto entry = stream_entry::of(text);
  REQUIRE(entry);
  CHECK(entry->id == stream_id(5, 1));
  CHECK(entry->mark == "m");
  const auto message = cluster::read_entry(*entry);
  REQUIRE(message);
  CHECK(message->uid == "u1");
  CHECK(message->nsp == "/chat");
  CHECK(message->event.json() == R"(["hello",1])");
  CHECK(message->to.rooms == words{"a"});
  CHECK(message->to.except == words{"b"});
  CHECK_FALSE(message->to.everybody);

  const redis_value packed = item("5-2", {"uid", "u1", "nsp", "/", "type", "3", "data", base64});
  const auto of_packed = stream_entry::of(packed);
  REQUIRE(of_packed);
  const auto with_binary = cluster::read_entry(*of_packed);
  REQUIRE(with_binary);
  REQUIRE(with_binary->event.attachments().size() == 1);
  CHECK(with_binary->event.attachments()[0].view() == "\x01\x02");
}

TEST_CASE("what is no message is put aside whole", "[cluster][streams_entry]") {
  const std::string good = R"({"packet":{"type":2,"data":["hello"]},"opts":{"rooms":[],"except":[],"flags":{}}})";
  const words rows[] = {
      {},
      {"uid", "u", "type", "3", "data", good},  // no namespace
      {"uid", "u", "nsp", "/", "data", good},   // no type
      {"uid", "u", "nsp", "/", "type", "x3", "data", good},
      {"uid", "u", "nsp", "/", "type", "300", "data", good},
      {"uid", "u", "nsp", "/", "type", "99", "data", good},
      {"uid", "u", "nsp", "/", "type", "3"},  // an event without data
      {"uid", "u", "nsp", "/", "type", "3", "data", "{"},
      {"uid", "u", "nsp", "/", "type", "3", "data", "!!!!"},
      {"uid", "u", "nsp", "/", "type", "3", "data", base64.substr(0, 40)},
      {"uid", "u", "nsp", "/", "type", "3", "data", R"({"packet":{"type":2,"data":["hello"]}})"},  // not "everybody"
  };
  for (const words& fields : rows) {
    CAPTURE(fields);
    const redis_value one = item("5-1", fields);
    const auto entry = stream_entry::of(one);
    REQUIRE(entry);
    CHECK_FALSE(cluster::read_entry(*entry));
  }
  CHECK_FALSE(stream_entry::of(redis_value()));
  CHECK_FALSE(stream_entry::of(item("nonsense", {"uid", "u"})));
}

}  // namespace cosio::test
