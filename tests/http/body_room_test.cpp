// Bodies that are read before it is known whether they are worth it, and the room that they share.

#include "http/body_room.hpp"

#include <memory>
#include <optional>
#include <stdexcept>

#include "support/catch.hpp"

using namespace cosio;

namespace {

class told_exchange final : public http::exchange {
 public:
  const http::request& head() const noexcept override { return head_; }
  task<result<std::string>> body(std::size_t) override { throw std::logic_error("there is no connection"); }
  std::optional<result<std::string>> body_at_hand(std::size_t) override { return std::nullopt; }
  void watch_body(std::weak_ptr<http::body_watch> by) override { watch = std::move(by); }
  void on_abort(std::function<void()>) override {}
  void abort() override {}
  void drop_body() override { ++dropped; }
  http::upgraded_stream take_stream() override { return {}; }
  async::strand strand() const override { throw std::logic_error("there is no connection"); }

  std::weak_ptr<http::body_watch> watch;
  int dropped = 0;

 private:
  const http::request head_;
};

struct one_body {
  explicit one_body(const std::shared_ptr<http::body_room>& in) : place(in->begin(x)) {}
  bool came(std::size_t bytes) { return x->watch.lock()->came(bytes); }

  std::shared_ptr<told_exchange> x = std::make_shared<told_exchange>();
  std::shared_ptr<http::body_room::place> place;
};

}  // namespace

TEST_CASE("the body whose first byte came first makes room for bytes that come", "[http][body_room]") {
  const auto room = std::make_shared<http::body_room>(100);
  one_body waits(room);  // the oldest request, without a byte
  one_body a(room);
  one_body b(room);
  CHECK(b.came(40));
  CHECK(a.came(40));
  CHECK(b.came(60));
  CHECK(room->used() == 100);
  CHECK(a.came(41));
  CHECK(b.place->is_dropped());
  CHECK(b.x->dropped == 1);
  CHECK_FALSE(b.came(61));
  CHECK(room->used() == 41);
  CHECK(waits.came(59));
  CHECK_FALSE(waits.place->is_dropped());
  CHECK(room->used() == 100);
  a.place.reset();
  b.place.reset();
  CHECK(room->used() == 59);
  CHECK(a.x->watch.expired());
}

TEST_CASE("a body that needs more than all room is dropped itself, behind all others", "[http][body_room]") {
  const auto room = std::make_shared<http::body_room>(100);
  one_body a(room);
  one_body b(room);
  CHECK(a.came(1));
  CHECK_FALSE(b.came(101));
  CHECK(a.place->is_dropped());
  CHECK(b.place->is_dropped());
  CHECK(room->used() == 0);
  one_body c(room);
  CHECK(c.came(100));
  CHECK_FALSE(c.place->is_dropped());
}

TEST_CASE("a request of whose body nothing came takes no room, and gives none back", "[http][body_room]") {
  const auto room = std::make_shared<http::body_room>(10);
  {
    const one_body idle(room);
    CHECK(room->used() == 0);
  }
  one_body a(room);
  CHECK(a.came(0));
  CHECK(a.came(10));
  CHECK(a.came(5));  // never fewer
  CHECK(room->used() == 10);
}
