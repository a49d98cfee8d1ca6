// The namespaces of a server: when clients find them, and when they go.

#include "socketio/nsp_table.hpp"

#include <cosio/cosio.hpp>

#include <memory>
#include <string>
#include <vector>

#include "socketio/server_core.hpp"
#include "support/catch.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using cosio::socketio::nsp_core;
using cosio::socketio::nsp_handlers;
using cosio::socketio::nsp_table;
using cosio::socketio::parent_core;

namespace {

using maker = nsp_table::maker;

struct table_world {
  std::shared_ptr<nsp_core> build(const std::string& name) {
    auto made = std::make_shared<nsp_core>(io.internals(), name, nsp_handlers());
    made->made_by(parent);
    return made;
  }
  // A complete namespace with one client on its way in.
  std::shared_ptr<nsp_core> make(const std::string& name) {
    REQUIRE(table->reserve(most));
    auto made = build(name);
    REQUIRE(table->place(made, maker::client) == made);
    made->join_parent();
    table->publish(made);
    return made;
  }
  // One that somebody has joined and left.
  std::shared_ptr<nsp_core> make_empty(const std::string& name) {
    auto made = make(name);
    made->note_joined();
    table->left(made, false);
    return made;
  }
  bool exists(std::string_view name) const { return table->find(name) != nullptr; }

  const cosio::server io{test_options()};
  const std::shared_ptr<parent_core> parent = std::make_shared<parent_core>(parent_core::rule());
  const std::shared_ptr<nsp_table> table = std::make_shared<nsp_table>();
  std::size_t most = 0;
};

}  // namespace

TEST_CASE("clients find a namespace when it is complete, and wait while it is not", "[socketio][nsp_table]") {
  table_world t;
  const auto made = t.build("/a");
  CHECK(t.table->enter("/a") == nullptr);
  CHECK(t.table->place(made, maker::application) == made);
  CHECK(t.table->find("/a") == made);
  CHECK(t.table->enter("/a") == nullptr);
  world w;
  bool waited = false;
  boost::asio::co_spawn(w.context(), nsp_table::until_published(t.table, "/a"),
                        [&](std::exception_ptr e) { waited = e == nullptr; });
  w.settle();
  CHECK_FALSE(waited);
  SECTION("it is completed") {
    t.table->publish(made);
    CHECK(t.table->enter("/a") == made);
  }
  SECTION("it fails") {
    t.table->withdraw(made);
    CHECK(t.table->enter("/a") == nullptr);
    CHECK_FALSE(t.exists("/a"));
  }
  w.settle();
  CHECK(waited);
  w.run(nsp_table::until_published(t.table, "/a"));
  w.run(nsp_table::until_published(t.table, "/none"));
}

TEST_CASE("of two that make the same namespace one is first", "[socketio][nsp_table]") {
  table_world t;
  const auto first = t.build("/a");
  CHECK(t.table->place(first, maker::application) == first);
  CHECK(t.table->place(t.build("/a"), maker::client) == first);
  CHECK(t.table->all().size() == 1);
}

TEST_CASE("a namespace that nobody has joined goes with the last one on its way in", "[socketio][nsp_table]") {
  table_world t;
  const auto made = t.make("/a");  // its client counts from the beginning
  CHECK(t.table->enter("/a") == made);
  t.table->left(made, false);
  CHECK(t.exists("/a"));
  t.table->left(made, false);
  CHECK_FALSE(t.exists("/a"));
  CHECK(t.parent->children().empty());
  CHECK(t.table->enter("/a") == nullptr);  // it never comes back
  const auto next = t.make("/a");
  t.table->left(made, false);  // late: it is another one
  CHECK(t.table->find("/a") == next);
}

TEST_CASE("a namespace that was joined stays when it is empty, unless empty ones shall go", "[socketio][nsp_table]") {
  table_world t;
  t.make_empty("/stays");
  CHECK(t.exists("/stays"));
  CHECK(t.parent->children().size() == 1);
  const auto goes = t.table->enter("/stays");
  t.table->left(goes, true);
  CHECK_FALSE(t.exists("/stays"));
  CHECK(t.parent->children().empty());
}

TEST_CASE("at the limit the namespace goes that has been empty longest, and none that is in use",
          "[socketio][nsp_table]") {
  table_world t;
  t.most = 3;
  const auto used = t.make("/used");
  used->note_joined();
  t.make_empty("/first");
  t.make_empty("/second");
  const auto again = t.table->enter("/first");  // is used, and empty again: now it is the younger one
  t.table->left(again, false);
  t.make("/third");
  CHECK_FALSE(t.exists("/second"));
  CHECK(t.exists("/first"));
  t.make("/fourth");
  CHECK_FALSE(t.exists("/first"));
  CHECK_FALSE(t.table->reserve(3));
  CHECK(t.exists("/used"));
  t.table->left(used, false);
  CHECK(t.table->reserve(3));
  t.table->unreserve();
  CHECK(t.table->reserve(3));
}

TEST_CASE("the places of namespaces that go are free again", "[socketio][nsp_table]") {
  table_world t;
  t.most = 2;
  for (int i = 0; i < 100; ++i) {
    const auto made = t.make("/" + std::to_string(i));
    t.table->left(made, false);
  }
  CHECK(t.table->all().empty());
  t.make("/a");
  t.make("/b");
  CHECK_FALSE(t.table->reserve(2));
}

TEST_CASE("a namespace that the application has made takes no place, and stays", "[socketio][nsp_table]") {
  table_world t;
  const auto made = t.build("/own");
  t.table->place(made, maker::application);
  t.table->publish(made);
  CHECK(t.table->reserve(1));
  const auto in = t.table->enter("/own");
  t.table->left(in, false);
  CHECK(t.exists("/own"));
}

TEST_CASE("the names for a line of the log are those of the application, and of many only some",
          "[socketio][nsp_table]") {
  table_world t;
  t.make("/of-a-client");
  const auto unfinished = t.build("/unfinished");
  t.table->place(unfinished, maker::application);
  CHECK(t.table->some_names().empty());
  const auto own = t.build("/own");
  t.table->place(own, maker::application);
  t.table->publish(own);
  CHECK(t.table->some_names() == std::vector<std::string>{"/own"});
  for (std::size_t i = 0; i < nsp_table::most_names; ++i) {
    const auto another = t.build("/" + std::to_string(i));
    t.table->place(another, maker::application);
    t.table->publish(another);
  }
  CHECK(t.table->some_names().size() == nsp_table::most_names);
}

TEST_CASE("a namespace waits for the end of the one that had its name before", "[socketio][nsp_table]") {
  table_world t;
  const auto first = t.make("/a");
  t.table->left(first, false);
  CHECK(t.make("/a")->adapter_line() == first->adapter_line());
  CHECK(t.make("/b")->adapter_line() != first->adapter_line());
}

TEST_CASE("the adapter of a namespace that is made while the server closes stays closed", "[socketio][nsp_table]") {
  table_world t;
  t.table->begin_close();
  CHECK(t.make("/meanwhile")->open_adapter());
  t.table->end_close();
  CHECK_FALSE(t.make("/later")->open_adapter());  // it is open
}

TEST_CASE("a parent tells of its namespaces in the order in which they were made", "[socketio][nsp_table]") {
  table_world t;
  for (const char* name : {"/c", "/a", "/d", "/b"}) t.make(name);
  t.table->left(t.table->find("/a"), true);
  std::vector<std::string> names;
  for (const auto& child : t.parent->children()) names.push_back(child->name());
  CHECK(names == std::vector<std::string>{"/c", "/d", "/b"});
}
