// Heads of Socket.IO packets.

#include "wire/packet_header.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace cosio::wire;
using cosio::errc;

TEST_CASE("heads are read from left to right", "[wire][packet_header]") {
  struct row {
    const char* why;
    std::string_view text;
    sio_type type;
    std::size_t attachments;
    std::string_view nsp;
    std::optional<std::uint64_t> id;
    std::string_view json;
  };
  const row rows[] = {
      {"connect, edge case 185", "0", sio_type::connect, 0, "/", {}, ""},
      {"connect with auth", "0/admin,{\"token\":\"123\"}", sio_type::connect, 0, "/admin", {}, "{\"token\":\"123\"}"},
      {"connect without a comma, edge case 186", "0/custom", sio_type::connect, 0, "/custom", {}, ""},
      {"connect with a comma", "0/admin,", sio_type::connect, 0, "/admin", {}, ""},
      {"query in the namespace, edge case 188", "0/custom?a=b,", sio_type::connect, 0, "/custom?a=b", {}, ""},
      {"connect with an id", "0/custom,5{\"t\":1}", sio_type::connect, 0, "/custom", 5, "{\"t\":1}"},
      {"connect with an id only", "0/custom,1", sio_type::connect, 0, "/custom", 1, ""},
      {"disconnect", "1", sio_type::disconnect, 0, "/", {}, ""},
      {"disconnect of a namespace", "1/admin,", sio_type::disconnect, 0, "/admin", {}, ""},
      {"event", "2[\"foo\"]", sio_type::event, 0, "/", {}, "[\"foo\"]"},
      {"event of a namespace", "2/admin,[\"bar\"]", sio_type::event, 0, "/admin", {}, "[\"bar\"]"},
      {"event with an id", "212[\"foo\"]", sio_type::event, 0, "/", 12, "[\"foo\"]"},
      {"event of a namespace with an id", "2/admin,12[\"foo\"]", sio_type::event, 0, "/admin", 12, "[\"foo\"]"},
      {"the main namespace written out, edge case 176", "2/,[\"x\"]", sio_type::event, 0, "/", {}, "[\"x\"]"},
      {"a name that swallows the payload", "2/custom[\"x\"]", sio_type::event, 0, "/custom[\"x\"]", {}, ""},
      {"leading zeros of an id, edge case 173", "2007[\"ack\"]", sio_type::event, 0, "/", 7, "[\"ack\"]"},
      {"the largest id", "29007199254740992[]", sio_type::event, 0, "/", std::uint64_t{1} << 53, "[]"},
      {"very many leading zeros", "20000000000000000000000000000001[]", sio_type::event, 0, "/", 1, "[]"},
      {"ack", "312[\"bar\"]", sio_type::ack, 0, "/", 12, "[\"bar\"]"},
      {"ack of a namespace", "3/admin,13[\"bar\"]", sio_type::ack, 0, "/admin", 13, "[\"bar\"]"},
      {"ack without arguments", "31", sio_type::ack, 0, "/", 1, ""},
      {"connect error",
       "4{\"message\":\"Not authorized\"}",
       sio_type::connect_error,
       0,
       "/",
       {},
       "{\"message\":\"Not authorized\"}"},
      {"binary event, edge case 223",
       "51-[\"baz\",{\"_placeholder\":true,\"num\":0}]",
       sio_type::binary_event,
       1,
       "/",
       {},
       "[\"baz\",{\"_placeholder\":true,\"num\":0}]"},
      {"binary ack", "61-/admin,1[{\"_placeholder\":true,\"num\":0}]", sio_type::binary_ack, 1, "/admin", 1,
       "[{\"_placeholder\":true,\"num\":0}]"},
      {"ten attachments, edge case 165", "510-[]", sio_type::binary_event, 10, "/", {}, "[]"},
      {"leading zero of a count", "501-[]", sio_type::binary_event, 1, "/", {}, "[]"},
      {"a count followed by an id", "52-34[]", sio_type::binary_event, 2, "/", 34, "[]"},
      {"an id may be followed by anything, edge case 174", "21.5[]", sio_type::event, 0, "/", 1, ".5[]"},
      {"no id, edge case 157", "2abc[\"x\"]", sio_type::event, 0, "/", {}, "abc[\"x\"]"},
      {"white space is not skipped, edge case 175", "2 [\"x\"]", sio_type::event, 0, "/", {}, " [\"x\"]"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto head = decode_header(r.text);
    REQUIRE(head.has_value());
    CHECK(head->type == r.type);
    CHECK(head->attachments == r.attachments);
    CHECK(head->nsp == r.nsp);
    CHECK(head->id == r.id);
    CHECK(head->json == r.json);
  }
}

TEST_CASE("heads that break the rules are refused, with the place", "[wire][packet_header]") {
  struct row {
    const char* why;
    std::string_view text;
    errc code;
    std::size_t offset;
  };
  const row rows[] = {
      {"nothing, edge case 181", "", errc::packet_empty, 0},
      {"a letter, edge case 155", "abc", errc::packet_type, 0},
      {"a digit above the types, edge case 155", "7", errc::packet_type, 0},
      {"the last digit, edge case 155", "9", errc::packet_type, 0},
      {"a sign", "-1", errc::packet_type, 0},
      {"no count, edge case 164", "5", errc::attachments_count, 1},
      {"count without its dash, edge case 164", "51", errc::attachments_count, 2},
      {"no count but a dash", "5-[\"x\"]", errc::attachments_count, 1},
      {"a letter, edge case 164", "5a-", errc::attachments_count, 1},
      {"a fraction, edge case 164", "51.23-", errc::attachments_count, 2},
      {"a fraction of zero", "51.0-[]", errc::attachments_count, 2},
      {"a sign", "5-1-", errc::attachments_count, 1},
      {"a space", "5 1-", errc::attachments_count, 1},
      {"zero, edge case 164, CVE-2026-69185", "50-[\"a\"]", errc::attachments_count, 2},
      {"zeros", "500-[\"a\"]", errc::attachments_count, 3},
      {"one attachment too many, edge case 165", "565-[\"a\"]", errc::too_many_attachments, 1},
      {"very many, CVE-2026-33151", "5999999999-[\"a\"]", errc::too_many_attachments, 1},
      {"a count that would overflow", "518446744073709551617-[\"a\"]", errc::too_many_attachments, 1},
      {"a binary ack without a count", "6[]", errc::attachments_count, 1},
      {"an id above 2^53", "29007199254740993[\"a\"]", errc::bad_payload, 1},
      {"an id that would overflow", "2/a,18446744073709551617[\"a\"]", errc::bad_payload, 4},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto head = decode_header(r.text);
    REQUIRE(head.has_error());
    CHECK(head.error().code == r.code);
    CHECK(head.error().offset == r.offset);
  }
}

TEST_CASE("limits of a head hold to the byte", "[wire][packet_header]") {
  header_limits limits;
  limits.max_attachments = 10;
  limits.max_nsp_bytes = 5;
  CHECK(decode_header("510-[]", limits).has_value());  // edge case 165
  CHECK(decode_header("511-[]", limits).error().code == errc::too_many_attachments);
  CHECK(decode_header("2/abcd,[]", limits)->nsp == "/abcd");
  CHECK(decode_header("0/abcd", limits)->nsp == "/abcd");
  CHECK(decode_header("2/abcde,[]", limits).error().code == errc::nsp_too_long);
  CHECK(decode_header("4/abcde,", limits).error().code == errc::nsp_too_long);
  CHECK(decode_header("0/abcdefgh?token=1234,", limits)->nsp == "/abcdefgh?token=1234");  // it is answered
  CHECK(decode_header("51-/abcdefgh,[]", limits).error().offset == 3);
}

TEST_CASE("heads are written as the reference writes them", "[wire][packet_header]") {
  struct row {
    std::string_view text;
    sio_type type;
    std::size_t attachments;
    std::string_view nsp;
    std::optional<std::uint64_t> id;
  };
  const row rows[] = {
      {"0", sio_type::connect, 0, "/", {}},
      {"0/admin,", sio_type::connect, 0, "/admin", {}},
      {"1/admin,", sio_type::disconnect, 0, "/admin", {}},
      {"2", sio_type::event, 0, "", {}},
      {"212", sio_type::event, 0, "/", 12},
      {"2/admin,0", sio_type::event, 0, "/admin", 0},
      {"3/admin,13", sio_type::ack, 0, "/admin", 13},
      {"4/random,", sio_type::connect_error, 0, "/random", {}},
      {"51-", sio_type::binary_event, 1, "/", {}},
      {"61-/admin,1", sio_type::binary_ack, 1, "/admin", 1},
      {"39007199254740992", sio_type::ack, 0, "/", std::uint64_t{1} << 53},
  };
  for (const row& r : rows) {
    CAPTURE(r.text);
    std::string out = ">";
    append_header(out, r.type, r.attachments, r.nsp, r.id);
    CHECK(out == ">" + std::string(r.text));
  }
}
