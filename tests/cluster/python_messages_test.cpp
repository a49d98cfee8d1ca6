// Messages of python-socketio: those of version 5.18 as they are on the wire, and others that are put aside.

#include "cluster/python_messages.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using cosio::cluster::is_pickled;
using cosio::cluster::python_message;
using cosio::cluster::read_python_message;
using method = python_message::method;
using names = std::vector<std::string>;

TEST_CASE("an event of Python is read with its receivers", "[cluster][python]") {
  const auto all = read_python_message(
      R"({"method": "emit", "event": "news", "data": ["hello", 1], "binary": false, "namespace": "/", "room": null, )"
      R"("skip_sid": null, "callback": null, "host_id": "0123456789abcdef0123456789abcdef"})");
  REQUIRE(all);
  CHECK(all->what == method::emit);
  CHECK(all->nsp == "/");
  CHECK(all->event == "news");
  CHECK(all->data.json() == R"(["news","hello",1])");
  CHECK(all->to.everybody);
  CHECK(all->to.except.empty());

  const auto some = read_python_message(
      R"({"method":"emit","event":"e","data":[{"a":[true]}],"namespace":"/chat","room":["x",7],"skip_sid":"s"})");
  REQUIRE(some);
  CHECK(some->nsp == "/chat");
  CHECK_FALSE(some->to.everybody);
  CHECK(some->to.rooms == names{"x", "7"});
  CHECK(some->to.except == names{"s"});
  CHECK(some->data.json() == R"(["e",{"a":[true]}])");

  const auto one =
      read_python_message(R"({"method":"emit","event":"e","data":[null],"room":"x","skip_sid":["s","t"]})");
  REQUIRE(one);
  CHECK(one->to.rooms == names{"x"});
  CHECK(one->to.except == names{"s", "t"});
  CHECK(one->data.json() == R"(["e"])");
  CHECK(read_python_message(R"({"method":"emit","event":"e","data":"text"})")->data.json() == R"(["e","text"])");
  CHECK(read_python_message(R"({"method":"emit","event":"e"})")->data.json() == R"(["e"])");
  CHECK(read_python_message(R"({"method":"emit","event":"e","data":[null,1]})")->data.json() == R"(["e",null,1])");
}

TEST_CASE("binary of Python is binary for clients", "[cluster][python]") {
  const auto got = read_python_message(
      R"({"method":"emit","event":"b","data":[[{"deep":{"_placeholder":true,"num":0}}],"AQID"],"binary":true})");
  REQUIRE(got);
  CHECK(got->data.json() == R"(["b",{"deep":{"_placeholder":true,"num":0}}])");
  REQUIRE(got->data.attachments().size() == 1);
  CHECK(got->data.attachments()[0].view() == "\x01\x02\x03");
}

TEST_CASE("moves and disconnects of Python name a socket or a room", "[cluster][python]") {
  const auto enter = read_python_message(R"({"method":"enter_room","sid":"s","room":"r","namespace":"/"})");
  REQUIRE(enter);
  CHECK(enter->what == method::enter_room);
  CHECK(enter->sid == "s");
  CHECK(enter->room == "r");
  const auto leave = read_python_message(R"({"method":"leave_room","sid":"s","room":5,"namespace":null})");
  REQUIRE(leave);
  CHECK(leave->what == method::leave_room);
  CHECK(leave->room == "5");
  const auto gone = read_python_message(R"({"method":"disconnect","sid":"s","namespace":"/chat"})");
  REQUIRE(gone);
  CHECK(gone->what == method::disconnect);
  CHECK(gone->nsp == "/chat");
  const auto close = read_python_message(R"({"method":"close_room","room":"r"})");
  REQUIRE(close);
  CHECK(close->what == method::close_room);
}

TEST_CASE("a message that is not well formed is put aside, and never means everybody", "[cluster][python]") {
  for (const char* wrong : {"",
                            "null",
                            "[]",
                            "{}",
                            "{\"method\":\"emit\"",
                            R"({"method":5})",
                            R"({"method":"callback","sid":"s","id":1,"args":[]})",
                            R"({"method":"emit"})",
                            R"({"method":"emit","event":null})",
                            R"({"method":"emit","event":1})",
                            R"({"method":"emit","event":"disconnect"})",
                            R"({"method":"emit","event":"e","room":{}})",
                            R"({"method":"emit","event":"e","room":true})",
                            R"({"method":"emit","event":"e","room":["x",null]})",
                            R"({"method":"emit","event":"e","room":[["x"]]})",
                            R"({"method":"emit","event":"e","skip_sid":[{}]})",
                            R"({"method":"emit","event":"e","namespace":1})",
                            R"({"method":"emit","event":"e","binary":1})",
                            R"({"method":"emit","event":"e","binary":true})",
                            R"({"method":"emit","event":"e","binary":true,"data":["AQID"]})",
                            R"({"method":"emit","event":"e","binary":true,"data":[[{"_placeholder":true,"num":0}]]})",
                            R"({"method":"emit","event":"e","data":[{"_placeholder":true,"num":0}]})",
                            R"({"method":"disconnect"})",
                            R"({"method":"disconnect","sid":null})",
                            R"({"method":"disconnect","sid":""})",
                            R"({"method":"enter_room","sid":"s"})",
                            R"({"method":"enter_room","room":"r"})",
                            R"({"method":"leave_room","sid":["s"],"room":"r"})",
                            R"({"method":"close_room","room":null})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_python_message(wrong));
  }
  const auto nobody = read_python_message(R"({"method":"emit","event":"e","room":[]})");
  REQUIRE(nobody);
  CHECK_FALSE(nobody->to.everybody);
  CHECK(nobody->to.rooms.empty());
}

TEST_CASE("a message of Python has 64,000,000 bytes at most", "[cluster][python]") {
  const std::string message = R"({"method":"close_room","room":"r"})";
  CHECK(read_python_message(message + std::string(64'000'000 - message.size(), ' ')));
  CHECK_FALSE(read_python_message(message + std::string(64'000'001 - message.size(), ' ')));
}

TEST_CASE("pickled objects are known by their first byte", "[cluster][python]") {
  CHECK(
      is_pickled("\x80\x04\x95}\x94\x8c\x06method\x94\x8c\x04"
                 "emit\x94s."));
  CHECK_FALSE(is_pickled(R"({"method":"emit"})"));
  CHECK_FALSE(is_pickled(""));
}
