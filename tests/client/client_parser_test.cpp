// A client with a parser of the application: each packet is a line of text, and its data a second message in binary.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cosio/parser.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/fake_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

class two_messages final : public parser {
 public:
  std::vector<message> encode(const packet& from) const override {
    if (from.data && from.data->is_array() && from.data->get_array()[0] == "unspeakable")
      throw std::runtime_error("this cannot be said");
    std::string head = std::to_string(static_cast<int>(from.type)) + from.nsp;
    if (from.id) head += "#" + std::to_string(*from.id);
    std::vector<message> out;
    out.emplace_back(std::move(head));
    out.emplace_back(binary(from.data ? boost::json::serialize(*from.data) : std::string()));
    return out;
  }

  class reader final : public decoder {
   public:
    result<std::optional<packet>> read_text(std::string_view text) override {
      if (text == "throw") throw std::runtime_error("I cannot read this");
      if (half_ || text.size() < 2) return fault{errc::bad_message, 0};
      half_.emplace();
      half_->type = static_cast<kind>(text[0] - '0');
      const auto mark = text.find('#');
      half_->nsp = text.substr(1, mark - 1);
      if (mark != std::string_view::npos) half_->id = std::stoul(std::string(text.substr(mark + 1)));
      return std::nullopt;
    }
    result<std::optional<packet>> read_binary(std::string_view bytes) override {
      if (!half_) return fault{errc::unexpected_binary, 0};
      if (!bytes.empty()) half_->data = boost::json::parse({bytes.data(), bytes.size()});
      return std::exchange(half_, std::nullopt);
    }

   private:
    std::optional<packet> half_;
  };
  std::unique_ptr<decoder> make_decoder(const limits& bounds) const override {
    given = bounds;
    return std::make_unique<reader>();
  }

  mutable limits given;
};

void deliver_two(client_world& w, std::string head, std::string data) {
  w.connection().deliver(std::move(head));
  w.connection().deliver(binary(std::move(data)));
  w.settle();
}

manager_options spoken_by(const std::shared_ptr<const parser>& with) {
  manager_options options = steady();
  options.parser = with;
  options.max_attachments = 3;
  options.max_packet_bytes = 5'000;
  options.max_json_depth = 9;
  return options;
}

client_socket joined_by_two(client_world& w) {
  w.source->answers_connect = false;
  const auto s = w.server.socket("/");
  auto ready = w.start(s.connect());
  deliver_two(w, "0/", R"({"sid":"mine"})");
  REQUIRE(is_ready(ready));
  w.connection().texts.clear();
  w.connection().sent.clear();
  return s;
}

}  // namespace

TEST_CASE("a client speaks the parser of the application in both directions", "[client][parser]") {
  const auto with = std::make_shared<two_messages>();
  client_world w(spoken_by(with));
  const auto s = joined_by_two(w);
  CHECK(s.id() == "mine");
  CHECK(with->given.max_attachments == 3);
  CHECK(with->given.max_packet_bytes == 5'000);
  CHECK(with->given.max_depth == 9);

  texts got;
  s.on("said", [&](std::string text, int n) { got.push_back(text + std::to_string(n)); });
  s.on("add", [](int a, int b) { return a + b; });
  deliver_two(w, "2/", R"(["said","a",1])");
  deliver_two(w, "2/#7", R"(["add",1,2])");
  CHECK(got == texts{"a1"});
  REQUIRE(w.connection().sent.size() == 2);
  CHECK(w.connection().sent[0].text() == "3/#7");
  CHECK(w.connection().sent[1].bytes().view() == "[3]");

  w.connection().sent.clear();
  auto sum = w.start(s.emit_with_ack<int>("sum", 4));
  REQUIRE(w.connection().sent.size() == 2);
  CHECK(w.connection().sent[0].text() == "2/#0");
  CHECK(w.connection().sent[1].bytes().view() == R"(["sum",4])");
  deliver_two(w, "3/#0", "[10]");
  REQUIRE(is_ready(sum));
  CHECK(sum.get() == 10);
}

TEST_CASE("what a client's parser throws reaches who emits", "[client][parser]") {
  client_world w(spoken_by(std::make_shared<two_messages>()));
  const auto s = joined_by_two(w);
  CHECK_THROWS_WITH(w.run(s.emit("unspeakable")), "this cannot be said");
  auto asked = w.start(s.emit_with_ack<int>("unspeakable"));
  REQUIRE(is_ready(asked));
  CHECK_THROWS_WITH(asked.get(), "this cannot be said");
  CHECK(w.connection().sent.empty());
  CHECK(s.connected());
  CHECK(s.pending().acks == 0);
  w.run(s.emit("speakable"));
  CHECK(w.connection().sent.size() == 2);
}

TEST_CASE("what a client's parser cannot read ends the connection, and the next one has a decoder of its own",
          "[client][parser]") {
  const std::string what = GENERATE("throw", "x", "9/");
  CAPTURE(what);
  client_world w(spoken_by(std::make_shared<two_messages>()));
  const auto s = joined_by_two(w);
  std::string why;
  s.on_disconnect([&](client_reason r) { why = r.text(); });
  deliver_two(w, what, "[1]");
  CHECK(why == "parse error");
  CHECK(w.server.metrics().unreadable == 1);
  w.advance(1s);
  deliver_two(w, "0/", R"({"sid":"again"})");
  CHECK(s.id() == "again");
}
