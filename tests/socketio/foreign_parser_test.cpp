// A parser of the application's: what it is given, what it may return, and what its mistakes come to.

#include "socketio/foreign_parser.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/uio.h>
#include <cosio/adapter.hpp>
#include <cosio/cosio.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "socketio/encoded_packet.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/frame_bytes.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::binary;
using cosio::errc;
using cosio::parser;
using cosio::socketio::encode_with;
using cosio::socketio::encoded_packet;
using cosio::socketio::foreign_decoder;
using cosio::socketio::frames_of;
using cosio::wire::revision;
using cosio::wire::sio_type;
namespace json = boost::json;

namespace {

// Every packet is two messages: text with type, namespace and id, then the data as JSON in binary. Attachments
// follow behind.
class two_part_parser final : public parser {
 public:
  std::vector<message> encode(const packet& from) const override {
    ++encoded;
    if (while_encoding) while_encoding();
    if (from.data && from.data->is_array() && !from.data->as_array().empty() &&
        from.data->as_array()[0] == "unspeakable")
      throw std::runtime_error("this cannot be said");
    std::string head = std::to_string(static_cast<int>(from.type)) + from.nsp;
    if (from.id) head += "#" + std::to_string(*from.id);
    std::vector<message> out;
    out.emplace_back(std::move(head));
    out.emplace_back(binary(from.data ? json::serialize(*from.data) : std::string()));
    return out;
  }

  class reader final : public decoder {
   public:
    cosio::result<std::optional<packet>> read_text(std::string_view text) override {
      if (text == "throw") throw std::runtime_error("I cannot read this");
      if (half_ || text.size() < 2) return cosio::fault{errc::bad_message, 0};
      half_.emplace();
      half_->type = static_cast<kind>(text[0] - '0');
      const auto mark = text.find('#');
      half_->nsp = text.substr(1, mark - 1);
      if (mark != std::string_view::npos) half_->id = std::stoul(std::string(text.substr(mark + 1)));
      return std::nullopt;
    }
    cosio::result<std::optional<packet>> read_binary(std::string_view bytes) override {
      if (!half_) return cosio::fault{errc::unexpected_binary, 0};
      if (!bytes.empty()) half_->data = json::parse({bytes.data(), bytes.size()});
      return std::exchange(half_, std::nullopt);
    }

   private:
    std::optional<packet> half_;
  };
  std::unique_ptr<decoder> make_decoder(const limits& bounds) const override {
    given = bounds;
    return std::make_unique<reader>();
  }

  std::function<void()> while_encoding;
  mutable std::atomic<int> encoded{0};
  mutable limits given;
};

// Echoes, and tells how clients leave.
struct speaking_server {
  explicit speaking_server(std::shared_ptr<const parser> with) : s(options_with(std::move(with))) {
    s.io.on_connection([this](cosio::socket c) {
      c.on("message", [c](cosio::arguments all) -> cosio::task<> { co_await c.emit("message-back", all); });
      c.on("ack", [](cosio::arguments all) { return all; });
      c.on("all", [c](cosio::arguments all) -> cosio::task<> { co_await c.nsp().emit("all-back", all); });
      c.on("ask", [c](cosio::arguments all) -> cosio::task<> {
        const cosio::arguments answer = co_await c.emit_with_ack("question", all);
        co_await c.emit("message-back", answer);
      });
      c.on("leave", [c]() -> cosio::task<> { co_await c.disconnect(); });
      c.on("try", [this, c](std::string what) -> cosio::task<> {
        try {
          co_await c.emit(what);
        } catch (const std::exception& e) {
          heard.put(e.what());
        }
      });
      c.on_any([this](std::string name, cosio::arguments) -> cosio::task<> {
        names.put(name);
        co_return;
      });
      c.on_disconnect([this](cosio::reason why) -> cosio::task<> {
        left.put(std::string(why.text()));
        co_return;
      });
    });
    port = s.start();
  }
  static cosio::options options_with(std::shared_ptr<const parser> with) {
    cosio::options opts = test_options();
    opts.parser = std::move(with);
    opts.max_attachments = 3;
    opts.max_packet_bytes = 5'000;
    opts.max_json_depth = 9;
    return opts;
  }

  mailbox<> heard, names, left;
  sio_server s;
  std::uint16_t port = 0;
};

// A client of the two-part parser.
struct two_part_client {
  explicit two_part_client(std::uint16_t port, sio_settings settings = {}) : c(port, std::move(settings)) {}
  void say(std::string head, std::string_view data) {
    c.send({sio_message(std::move(head)), sio_message::bytes(data)});
  }
  std::string hear() {
    const std::string head = c.receive();
    return head + " " + c.receive_bytes();
  }
  sio_client c;
};

}  // namespace

// ---------------------------------------------------------------- the pieces

TEST_CASE("a parser is given a packet as a value", "[socketio][foreign_parser]") {
  class looking_parser final : public parser {
   public:
    std::vector<message> encode(const packet& from) const override {
      seen = from;
      return {};
    }
    std::unique_ptr<decoder> make_decoder(const limits&) const override { return nullptr; }
    mutable packet seen;
  };
  const looking_parser looks;
  const auto data = cosio::detail::encode_event("e", 1.5, binary(std::string("b")));
  encode_with(looks, sio_type::event, "/x", 7, data.json(), data.attachments());
  CHECK(looks.seen.type == parser::kind::event);
  CHECK(looks.seen.nsp == "/x");
  CHECK(looks.seen.id == 7);
  REQUIRE(looks.seen.data);
  const json::array& list = looks.seen.data->as_array();
  REQUIRE(list.size() == 3);
  CHECK(list[0] == "e");
  CHECK(list[1] == 1.5);
  REQUIRE(looks.seen.binary_at(list[2]) != nullptr);
  CHECK(looks.seen.binary_at(list[2])->view() == "b");

  encode_with(looks, sio_type::disconnect, "/", std::nullopt, {}, {});
  CHECK(looks.seen.type == parser::kind::disconnect);
  CHECK_FALSE(looks.seen.data);
  CHECK_FALSE(looks.seen.id);
}

TEST_CASE("messages that a transport would damage are the parser's mistake", "[socketio][foreign_parser]") {
  class text_parser final : public parser {
   public:
    explicit text_parser(std::string text) : text_(std::move(text)) {}
    std::vector<message> encode(const packet&) const override { return {text_}; }
    std::unique_ptr<decoder> make_decoder(const limits&) const override { return nullptr; }

   private:
    std::string text_;
  };
  CHECK(encode_with(text_parser("é"), sio_type::event, "/", {}, R"(["e"])", {}).size() == 1);
  for (const char* text : {"a\x1e"
                           "b",
                           "\xff"}) {
    try {
      encode_with(text_parser(text), sio_type::event, "/", {}, R"(["e"])", {});
      FAIL("it was let through");
    } catch (const cosio::error& wrong) {
      CHECK(wrong.code() == errc::bad_argument);
    }
  }
}

TEST_CASE("messages become frames of both revisions", "[socketio][foreign_parser]") {
  const std::vector<parser::message> messages{std::string("t"), binary(std::string("b"))};
  const auto v4 = frames_of(messages, revision::v4);
  const auto v3 = frames_of(messages, revision::v3);
  REQUIRE(v4.size() == 2);
  CHECK(bytes_of(v4[0]) ==
        "\x81\x02"
        "4t");
  CHECK(bytes_of(v4[1]) ==
        "\x82\x01"
        "b");
  REQUIRE(v3.size() == 2);
  CHECK(bytes_of(v3[0]) ==
        "\x81\x02"
        "4t");
  CHECK(bytes_of(v3[1]) ==
        "\x82\x02\x04"
        "b");
}

TEST_CASE("a packet is given to the parser once, for both revisions", "[socketio][foreign_parser]") {
  const two_part_parser two;
  const encoded_packet packet("/x", sio_type::event, std::nullopt, "e", cosio::detail::encode_event("e", 1), {&two, 1});
  for (int again = 0; again < 2; ++again) {
    REQUIRE(packet.frames(revision::v4).size() == 2);
    CHECK(bytes_of(packet.frames(revision::v4)[1]) ==
          "\x82\x07"
          R"(["e",1])");
    REQUIRE(packet.frames(revision::v3).size() == 2);
    CHECK(bytes_of(packet.frames(revision::v3)[1]) ==
          "\x82\x08\x04"
          R"(["e",1])");
  }
  CHECK(two.encoded == 1);
  CHECK(packet.data().json() == R"(["e",1])");  // adapters pass on the same data for every parser
}

TEST_CASE("a reader's packets are checked, its faults passed on, its exceptions kept in",
          "[socketio][foreign_parser]") {
  const auto two = std::make_shared<const two_part_parser>();
  parser::limits limits;
  limits.max_nsp_bytes = 8;
  foreign_decoder decoder(two, limits);
  CHECK(two->given.max_nsp_bytes == 8);

  REQUIRE(decoder.text("2/x#5").has_value());
  const auto packet = decoder.binary(R"(["e",1])");
  REQUIRE(packet.has_value());
  REQUIRE(packet->has_value());
  CHECK((*packet)->header.type == sio_type::event);
  CHECK((*packet)->header.nsp == "/x");
  CHECK((*packet)->header.id == 5);
  CHECK((*packet)->has_data);
  CHECK(json::serialize((*packet)->data) == R"(["e",1])");

  const auto code_of = [&](std::string_view head, std::string_view data) {
    foreign_decoder fresh(two, limits);
    auto read = fresh.text(head);
    if (read.has_value()) read = fresh.binary(data);
    REQUIRE(read.has_error());
    return read.error().code;
  };
  CHECK(code_of("2/", R"([null])") == errc::bad_payload);
  CHECK(code_of("7/", "") == errc::bad_payload);
  CHECK(code_of("2/12345678", R"(["e"])") == errc::nsp_too_long);
  CHECK(code_of("x", "") == errc::bad_message);
  CHECK(code_of("throw", "") == errc::bad_message);
  CHECK(code_of("2/", "no JSON") == errc::bad_message);  // json::parse() throws
}

TEST_CASE("without a parser of its own a server has no decoder for one", "[socketio][foreign_parser]") {
  CHECK(cosio::socketio::foreign_decoder_of(cosio::options()) == nullptr);
}

// ---------------------------------------------------------------- in a server

TEST_CASE("a server speaks the parser that it is given", "[socketio][foreign_parser]") {
  const auto two = std::make_shared<const two_part_parser>();
  speaking_server server(two);
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    sio_settings settings;
    settings.over = over;
    two_part_client c(server.port, settings);
    c.say("0/", "");
    CHECK(c.hear().substr(0, 11) == R"(0/ {"sid":")");
    c.say("2/", R"(["message",1,{"a":[2]}])");
    CHECK(c.hear() == R"(2/ ["message-back",1,{"a":[2]}])");
    c.say("2/#9", R"(["ack",true])");
    CHECK(c.hear() == R"(3/#9 [true])");
    c.say("2/", R"(["ask","why"])");
    const std::string question = c.hear();
    const std::string id = question.substr(3, question.find(' ') - 3);
    CHECK(question == "2/#" + id + R"( ["question","why"])");
    c.say("3/#" + id, R"(["because"])");
    CHECK(c.hear() == R"(2/ ["message-back","because"])");
    c.say("0/nowhere", "");
    CHECK(c.hear() == R"(4/nowhere {"message":"Invalid namespace"})");
    c.say("2/", R"(["leave"])");
    CHECK(c.hear() == "1/ ");
    CHECK(server.left.take() == "server namespace disconnect");
  }
  CHECK(two->given.max_attachments == 3);
  CHECK(two->given.max_packet_bytes == 5'000);
  CHECK(two->given.max_depth == 9);
}

TEST_CASE("a server that is attached with other options speaks their parser", "[socketio][foreign_parser]") {
  cosio::http::app_options where;
  where.host = "127.0.0.1";
  where.port = 0;
  where.threads = 1;
  cosio::http::app app(where);
  cosio::server io(test_options());
  io.on_connection(
      [](cosio::socket c) { c.on("ack", [](cosio::arguments all) { return all; }); });  // "/" is there before
  io.attach(app, speaking_server::options_with(std::make_shared<const two_part_parser>()));
  const auto port = app.listen();
  std::thread thread([&] { app.run(); });
  {
    two_part_client c(port);
    c.say("0/", "");
    CHECK(c.hear().substr(0, 11) == R"(0/ {"sid":")");
    c.say("2/#9", R"(["ack",true])");
    CHECK(c.hear() == R"(3/#9 [true])");
  }
  app.stop();
  thread.join();
}

TEST_CASE("a broadcast is encoded once for all its receivers, old and new", "[socketio][foreign_parser]") {
  const auto two = std::make_shared<const two_part_parser>();
  speaking_server server(two);
  sio_settings old_settings;
  old_settings.eio = 3;
  two_part_client first(server.port);
  two_part_client second(server.port);
  two_part_client old(server.port, old_settings);
  for (two_part_client* c : {&first, &second}) {
    c->say("0/", "");
    c->hear();
  }
  CHECK(old.hear() == "0/ ");  // protocol 4 joins by itself
  const int before = two->encoded;
  first.say("2/", R"(["all",1])");
  for (two_part_client* c : {&first, &second, &old}) CHECK(c->hear() == R"(2/ ["all-back",1])");
  CHECK(two->encoded == before + 1);
}

TEST_CASE("what a parser throws while it writes reaches the caller of emit", "[socketio][foreign_parser]") {
  speaking_server server(std::make_shared<const two_part_parser>());
  two_part_client c(server.port);
  c.say("0/", "");
  c.hear();
  c.say("2/", R"(["try","unspeakable"])");
  CHECK(server.heard.take() == "this cannot be said");
  c.say("2/", R"(["message",1])");
  CHECK(c.hear() == R"(2/ ["message-back",1])");
}

TEST_CASE("messages that a parser cannot read end the session: forced close", "[socketio][foreign_parser]") {
  speaking_server server(std::make_shared<const two_part_parser>());
  const std::vector<std::vector<sio_message>> wrong = {{"x"},
                                                       {"throw"},
                                                       {sio_message::bytes("x")},
                                                       {"2/", sio_message::bytes("[{}]")},
                                                       {"2/", "2/"},
                                                       {"4/", sio_message::bytes("{}")},
                                                       {"2/other", sio_message::bytes(R"(["e"])")}};
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    CAPTURE(i);
    two_part_client c(server.port);
    c.say("0/", "");
    c.hear();
    for (const sio_message& m : wrong[i]) c.c.send(m);
    CHECK(c.c.ends());
    CHECK(server.left.take() == "forced close");
  }
}

TEST_CASE("a client that cannot be told that it has joined is let go", "[socketio][foreign_parser]") {
  class mute_parser final : public parser {
   public:
    std::vector<message> encode(const packet&) const override { throw std::runtime_error("mute"); }
    std::unique_ptr<decoder> make_decoder(const limits&) const override {
      return std::make_unique<two_part_parser::reader>();
    }
  };
  speaking_server server(std::make_shared<const mute_parser>());
  two_part_client c(server.port);
  c.say("0/", "");
  CHECK(c.c.ends());
  CHECK(eventually([&] { return server.s.io.engine().clients_count() == 0; }));
  CHECK(server.left.empty());  // it was never in
}

TEST_CASE("a parser may ask for rooms and sockets whenever it is called", "[socketio][foreign_parser]") {
  const auto two = std::make_shared<two_part_parser>();
  cosio::options opts = speaking_server::options_with(two);
  if (GENERATE(false, true)) opts.connection_state_recovery.emplace();
  mailbox<cosio::socket> here;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) { here.put(c); });
  const auto port = s.start();
  std::atomic<int> looked{0};
  two->while_encoding = [&looked, rooms = s.io.sockets().adapter()] {
    looked += static_cast<int>(rooms->local_sockets(cosio::target()).size()) + 1;
  };
  sio_settings old_settings;
  old_settings.eio = 3;
  two_part_client c(port);
  two_part_client old(port, old_settings);
  c.say("0/", "");
  CHECK(c.hear().starts_with("0/ {"));
  CHECK(old.hear() == "0/ ");
  const cosio::socket user = here.take();
  here.take();
  s.run(s.io.emit("news"));
  s.run(user.join("a room"));
  s.run(s.io.to("a room").emit("inside"));
  s.run(user.emit("direct"));
  CHECK(old.hear() == R"(2/ ["news"])");
  CHECK(c.hear().starts_with(R"(2/ ["news")"));
  CHECK(looked > 10);
}

TEST_CASE("a server whose parser cannot write the event of its end closes all the same", "[socketio][foreign_parser]") {
  const captured_log log;
  speaking_server server(std::make_shared<const two_part_parser>());
  two_part_client c(server.port);
  c.say("0/", "");
  c.hear();
  cosio::close_options how(std::chrono::milliseconds(0));
  how.event = "unspeakable";
  server.s.run(server.s.io.close(how));
  CHECK(c.c.ends());
  CHECK(server.left.take() == "server shutting down");
  CHECK(log.count(cosio::log_level::error, "this cannot be said") == 1);
}

TEST_CASE("an event without a name reaches catch-all listeners only", "[socketio][foreign_parser]") {
  speaking_server server(std::make_shared<const two_part_parser>());
  two_part_client c(server.port);
  c.say("0/", "");
  c.hear();
  c.say("2/", "[]");
  CHECK(server.names.take().empty());
  c.say("2/", R"(["disconnect"])");  // reserved: nobody can listen to it
  CHECK(server.names.take() == "disconnect");
  c.say("2/", R"(["message",1])");
  CHECK(c.hear() == R"(2/ ["message-back",1])");
}
