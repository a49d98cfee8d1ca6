// The commands of a page, read.

#include "admin/commands.hpp"

#include <boost/json/parse.hpp>

#include <string>

#include "support/catch.hpp"

using cosio::admin::order;
using cosio::admin::read_order;

namespace {

// kind, namespace, receivers, name, arguments, close; or "(aside)".
std::string read(std::string_view event, std::string_view args) {
  const auto found = read_order(event, cosio::arguments(boost::json::parse(args).as_array()));
  if (!found) return "(aside)";
  std::string out = std::string("ejld").substr(static_cast<std::size_t>(found->what), 1) + " " + found->nsp + " ";
  out += found->to.everybody ? "*" : found->to.rooms.at(0);
  if (!found->name.empty()) out += " " + found->name;
  if (found->what == order::kind::emit) out += " " + std::to_string(found->args.size());
  if (found->close) out += " close";
  return out;
}

}  // namespace

TEST_CASE("commands of the page are read", "[admin][commands]") {
  CHECK(read("join", R"(["/","r9"])") == "j / * r9");
  CHECK(read("join", R"(["/","r9","id"])") == "j / id r9");
  CHECK(read("join", R"(["/","r9",null])") == "j / * r9");
  CHECK(read("join", R"(["/","r9",""])") == "j / * r9");
  CHECK(read("leave", R"(["chat","r9","id"])") == "l /chat id r9");
  CHECK(read("_disconnect", R"(["/",false,"id"])") == "d / id");
  CHECK(read("_disconnect", R"(["/",true,"id"])") == "d / id close");
  CHECK(read("_disconnect", R"(["/"])") == "d / *");
  CHECK(read("emit", R"(["/","","news",1,{"a":2}])") == "e / * news 2");
  CHECK(read("emit", R"(["/","room","news"])") == "e / room news 0");
}

TEST_CASE("a command that cannot be read is put aside, and never means everybody", "[admin][commands]") {
  for (const char* const bad :
       {R"([])", R"([1,"r9"])", R"(["","r9"])", R"(["/"])", R"(["/",""])", R"(["/",7])", R"(["/",["r9"]])",
        R"(["/","r9",0])", R"(["/","r9",false])", R"(["/","r9",["id"]])", R"(["/","r9",{}])"}) {
    CAPTURE(bad);
    CHECK(read("join", bad) == "(aside)");
    CHECK(read("leave", bad) == "(aside)");
  }
  for (const char* const bad :
       {R"([])", R"(["/",1])", R"(["/","true","id"])", R"(["/",true,5])", R"(["/",true,["id"]])", R"([null,true])"}) {
    CAPTURE(bad);
    CHECK(read("_disconnect", bad) == "(aside)");
  }
  for (const char* const bad :
       {R"([])", R"(["/",""])", R"(["/",1,"news"])", R"(["/","",5])", R"(["/",["a"],"news"])"}) {
    CAPTURE(bad);
    CHECK(read("emit", bad) == "(aside)");
  }
}
