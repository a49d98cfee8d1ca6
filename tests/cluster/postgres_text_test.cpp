// Names of channels and tables, and the notification that stands for a row.

#include "cluster/postgres_text.hpp"

#include <string>

#include "support/catch.hpp"

namespace cosio::test {

using namespace cluster;

TEST_CASE("a channel has prefix and namespace, and PostgreSQL takes 63 bytes", "[cluster][postgres_text]") {
  CHECK(postgres_channel("socket.io", "/") == "socket.io#/");
  CHECK(postgres_channel("socket.io", "/foo") == "socket.io#/foo");
  const std::string longest = postgres_channel("socket.io", "/" + std::string(52, 'x'));
  CHECK(longest.size() == 63);
  CHECK(channel_problem(longest).empty());
  CHECK(channel_problem(longest + "x").find("64 bytes") != std::string::npos);
  CHECK(channel_problem(std::string("a\0b", 3)).find("byte 0") != std::string::npos);
}

TEST_CASE("quotes in names are doubled", "[cluster][postgres_text]") {
  CHECK(quoted_identifier("socket.io#/") == "\"socket.io#/\"");
  CHECK(quoted_identifier("a\"; DROP TABLE b; --") == "\"a\"\"; DROP TABLE b; --\"");
}

TEST_CASE("names of tables are those of SQL, and nothing more", "[cluster][postgres_text]") {
  for (const char* good :
       {"socket_io_attachments", "s.t", "_a1$", "\"My Table\"", "\"a\"\"b\".c", "\xC3\xA9t\xC3\xA9"}) {
    CAPTURE(good);
    CHECK(is_table_name(good));
  }
  for (const char* bad : {"", "1a", "a b", "a;b", "a.b.c", ".a", "a.", "\"", "\"\"", "\"a", "a\"b\"", "a'b", "a--"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_table_name(bad));
  }
}

TEST_CASE("the notification of a row is that of Node", "[cluster][postgres_text]") {
  const attachment_frame frame = frame_of_attachment("0e88ebcf0fd2ba3d", 3);
  CHECK(frame.before + "1" + frame.behind == R"({"uid":"0e88ebcf0fd2ba3d","type":3,"attachmentId":"1"})");
  const auto read = read_attachment_header(frame.before + "17" + frame.behind);
  REQUIRE(read.has_value());
  CHECK(read->id == "17");
  CHECK(read->uid == "0e88ebcf0fd2ba3d");
}

TEST_CASE("data that looks like the notification of a row is none", "[cluster][postgres_text]") {
  CHECK_FALSE(read_attachment_header(R"({"type":3,"data":{"attachmentId":"1"},"uid":"a"})").has_value());
  CHECK_FALSE(read_attachment_header(R"(["attachmentId"])").has_value());
  CHECK_FALSE(read_attachment_header(R"({"attachmentId":)").has_value());
}

TEST_CASE("a row that cannot be is not asked for", "[cluster][postgres_text]") {
  for (const char* id : {R"(1)", R"("")", R"("-1")", R"("1;")", R"(" 1")", R"("9223372036854775808")", R"({})"}) {
    CAPTURE(id);
    const auto read = read_attachment_header(R"({"uid":"a","type":3,"attachmentId":)" + std::string(id) + "}");
    REQUIRE(read.has_value());
    CHECK(read->id.empty());
  }
}

}  // namespace cosio::test
