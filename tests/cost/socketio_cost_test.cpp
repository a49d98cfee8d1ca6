// All that a client may do with Socket.IO, and its cost.

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>

#include "cost/house.hpp"
#include "socketio/batch_memory.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

options with(std::size_t options::* which, std::size_t value) {
  options opts;
  opts.*which = value;
  return opts;
}

// A client in "/" sends something, a part after the other, and reads what comes.
figures sent(house& h, const std::string& bytes) {
  peer c = h.join();
  return h.measure([&] {
    for (std::size_t at = 0; at < bytes.size(); at += 20'000) {
      c.send(bytes.substr(at, 20'000));
      c.read();
    }
  });
}
figures sent(const std::string& bytes, options opts = {}) {
  house h(std::move(opts));
  return sent(h, bytes);
}

figures events(std::size_t n) { return sent(frames(R"(42["say",#])", n)); }
figures unheard_events(std::size_t n) { return sent(frames(R"(42["nothing#",#])", n)); }
figures echoes(std::size_t n) { return sent(frames(R"(42["echo","#"])", n)); }
figures acknowledged(std::size_t n) { return sent(frames(R"(42#["say",#])", n)); }
figures forged_answers(std::size_t n) { return sent(frames("43#[1]", n)); }
figures large_event(std::size_t n) { return sent(text_frame(R"(42["say",")" + std::string(n, 'x') + "\"]")); }
figures many_arguments(std::size_t n) { return sent(text_frame(R"(42["say")" + repeated(",#", n) + "]")); }
figures deep_event(std::size_t n) {
  return sent(text_frame(R"(42["say",)" + std::string(n, '[') + std::string(n, ']') + "]"));
}
figures escapes(std::size_t n) { return sent(text_frame(R"(42["say",")" + repeated(R"(\ud83d\ude00)", n) + "\"]")); }
figures members(std::size_t n) { return sent(text_frame(R"(42["say",{"a":0)" + repeated(R"(,"k#":#)", n) + "}]")); }

// Variants in variants. Arrays look alike, so each level would double the work; the tags come last in their objects.
struct twig {
  std::variant<int, std::vector<twig>, std::list<twig>> of;
};
BOOST_DESCRIBE_STRUCT(twig, (), (of))
enum class plus { sum };
BOOST_DESCRIBE_ENUM(plus, sum)
enum class times { product };
BOOST_DESCRIBE_ENUM(times, product)
template <class Tag>
struct operation {
  std::variant<int, std::unique_ptr<operation<plus>>, std::unique_ptr<operation<times>>> left;
  Tag tag{};
  BOOST_DESCRIBE_CLASS(operation, (), (left, tag), (), ())
};

template <class T>
figures nested(std::size_t n, std::string_view before, std::string_view behind) {
  house h;
  peer c = h.join();
  h.sockets.front().on("nested", [](const T&) {});
  const std::string text = R"(42["nested",)" + repeated(before, n) + "1" + repeated(behind, n) + "]";
  return h.measure([&] { c.text(text); });
}
figures variants_that_look_alike(std::size_t n) { return nested<std::variant<int, twig>>(n, R"({"of":[)", "]}"); }
figures variants_with_tags(std::size_t n) {
  return nested<std::variant<int, operation<plus>, operation<times>>>(n, R"({"left":)", R"(,"tag":"product"})");
}
figures attachments(std::size_t n) {
  return sent(repeated("", n, [](std::string_view) {
    return text_frame(R"(451-["say",{"_placeholder":true,"num":0}])") + binary_frame("bytes");
  }));
}
// The text of a packet whose attachments do not come.
figures attachments_that_stop(std::size_t n) {
  house h;
  std::vector<peer> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back(h.join());
  return h.measure([&] {
    for (peer& c : all) {
      c.text(R"(452-["say",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
      c.binary("one");
    }
  });
}

figures comings_and_goings(std::size_t n) {
  house h;
  peer c = h.join();
  const figures cost = h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      c.text("41");
      c.text("40");
      c.read();
      h.sockets.clear();
    }
  });
  CHECK(cost.bytes_out > 20 * n);  // it was in
  return cost;
}
figures refused_namespaces(std::size_t n) { return sent(frames("40/nobody-#,", n)); }
figures namespaces_above_the_limit(std::size_t n) {
  house h(with(&options::max_namespaces_per_client, 20));
  for (std::size_t i = 0; i < 2 * n; ++i) h.io.of("/n-" + std::to_string(i));
  return sent(h, frames("40/n-#,", n));
}
figures long_names(std::size_t n) { return sent(text_frame("40/" + std::string(n, 'x') + ",")); }

figures rooms_above_the_limit(std::size_t n) {
  set_log_sink([](log_level, std::string_view, std::string_view) {});  // a line for each
  const figures cost = sent(frames(R"(42["join","room #"])", n), with(&options::max_rooms_per_client, 50));
  set_log_sink({});
  return cost;
}
figures rooms_again(std::size_t n) { return sent(frames(R"(42["join","room"])", n)); }

// Clients that come, enter a room and go.
figures visits(std::size_t n) {
  house h;
  const auto visit = [&h](std::size_t i) {
    peer c = h.join();
    c.text(R"(42["join","room )" + std::to_string(i) + "\"]");
    c.close();
    h.sockets.clear();
  };
  visit(0);
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) visit(i);
  });
}

// ---------------------------------------------------------------- handlers that wait

// All handlers are busy and events wait behind them. Then the handlers end, one after the other.
figures events_behind_busy_handlers(std::size_t n) {
  house h(with(&options::max_handlers_in_flight, 8));
  peer c = h.join();
  return h.measure([&] {
    c.send(frames(R"(42["wait",#])", n));
    while (!h.waiting.empty()) {
      const auto first = std::move(h.waiting.front());
      h.waiting.pop_front();
      first->end();
      h.settle();
    }
  });
}
figures busy_handlers(std::size_t n) {
  options opts;
  opts.max_handlers_in_flight = 8;
  opts.max_held_bytes = 100'000;
  house h(std::move(opts));
  peer c = h.join();
  const figures cost = h.measure([&] { c.send(frames(R"(42["wait",#])", n)); });
  CHECK(cost.handlers == 8);
  return cost;
}

// ---------------------------------------------------------------- what the server sends

task<> emit_often(cosio::socket to, std::size_t n) {
  const std::string text(1'000, 'x');
  for (std::size_t i = 0; i < n; ++i) co_await to.emit("news", text);
}
task<> broadcast_often(server io, std::size_t n) {
  const std::string text(1'000, 'x');
  for (std::size_t i = 0; i < n; ++i) co_await io.emit("news", text);
}
task<> ask_once(cosio::socket to) { co_await to.emit_with_ack("q"); }

options narrow() {
  options opts;
  opts.high_water_mark = 20'000;
  opts.max_queued_bytes = 50'000;
  return opts;
}
figures events_that_nobody_reads(std::size_t n) {
  house h(narrow());
  const peer c = h.join(4'096);
  return h.measure([&] { h.spawn(emit_often(h.sockets.front(), n)); });
}
figures broadcasts_that_nobody_reads(std::size_t n) {
  house h(narrow());
  const peer c = h.join(4'096);
  return h.measure([&] { h.spawn(broadcast_often(h.io, n)); });
}
figures questions(std::size_t n, bool answered) {
  house h(with(&options::max_pending_acks, 50));
  peer c = h.join();
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      h.spawn(ask_once(h.sockets.front()));
      if (answered) c.text("43" + std::to_string(i) + "[]");
      c.read();
    }
  });
}
figures answered_questions(std::size_t n) { return questions(n, true); }
figures unanswered_questions(std::size_t n) { return questions(n, false); }

// ---------------------------------------------------------------- recovery

figures lost_clients(std::size_t n) {
  options opts;
  opts.connection_state_recovery.emplace();
  opts.connection_state_recovery->max_sessions = 20;
  house h(std::move(opts));
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      peer c = h.join();
      c.reset();
      h.sockets.clear();
    }
  });
}
figures missed_events(std::size_t n) {
  options opts;
  opts.connection_state_recovery.emplace();
  opts.connection_state_recovery->max_bytes = 100'000;
  house h(std::move(opts));
  return h.measure([&] { h.spawn(broadcast_often(h.io, n)); });
}

constexpr cost_row rows[] = {
    {"events", 1'000, events},
    {"events that nobody listens to", 1'000, unheard_events},
    {"events that are echoed", 1'000, echoes},
    {"events with acknowledgements", 1'000, acknowledged},
    {"answers to nothing", 1'000, forged_answers},
    {"an event of many bytes", 100'000, large_event},
    {"an event of many arguments", 2'000, many_arguments},
    {"an event of many levels", 500, deep_event},
    {"an event of many escapes", 10'000, escapes},
    {"an event of many members", 2'000, members},
    {"variants in variants that look alike", 100, variants_that_look_alike},
    {"variants in variants with tags", 100, variants_with_tags},
    {"events with attachments", 500, attachments},
    {"attachments that stop", 30, attachments_that_stop, 0, 4'096},
    {"a namespace that is joined and left", 500, comings_and_goings},
    // The table of what a client has asked for, 32 bytes for each of max_namespaces_per_client, half as much again at
    // most; and the thread's 1,024 shared names.
    {"namespaces that nobody made", 2'000, refused_namespaces, 110'000},
    {"namespaces above max_namespaces_per_client", 100, namespaces_above_the_limit, 200'000},
    {"a long name of a namespace", 50'000, long_names},
    {"rooms above max_rooms_per_client", 300, rooms_above_the_limit},
    {"one room, again and again", 1'000, rooms_again},
    {"clients that come and go", 200, visits},
    {"events behind busy handlers", 400, events_behind_busy_handlers},
    // max_held_bytes, and the events of the turn in which they became so many.
    {"handlers that do not end", 3'000, busy_handlers, 500'000},
    {"events that nobody reads", 200, events_that_nobody_reads, 150'000},
    {"broadcasts that nobody reads", 200, broadcasts_that_nobody_reads, 150'000},
    {"questions", 300, answered_questions},
    {"questions above max_pending_acks", 300, unanswered_questions},
    {"clients that are lost, above recovery_options::max_sessions", 100, lost_clients, 200'000},
    {"events that were missed, above recovery_options::max_bytes", 500, missed_events, 250'000},
};

}  // namespace

TEST_CASE("what Socket.IO costs grows no faster than the input", "[cost][socketio]") {
  for (const cost_row& row : rows) check_cost(row);
}

TEST_CASE("a thread keeps a few blocks of batches, not all that were ever used at once", "[cost][socketio]") {
  std::thread([] {
    const memory_count before = counted_memory();
    std::size_t at_once = 0;
    {
      const counting_memory counting;
      std::vector<std::unique_ptr<socketio::batch_memory>> many;
      for (int i = 0; i < 20; ++i) {
        many.push_back(std::make_unique<socketio::batch_memory>());
        static_cast<void>(boost::json::parse("[1,2]", many.back()->storage()));
      }
      at_once = counted_memory().kept - before.kept;
      for (const auto& m : many) m->release();
      for (const auto& m : many) CHECK(boost::json::parse("[1,2]", m->storage()).as_array().size() == 2);
      for (const auto& m : many) m->release();
    }
    CHECK(at_once >= 20 * 32'768);
    const std::size_t kept = counted_memory().kept - before.kept;
    CHECK(kept >= 4 * 32'768);
    CHECK(kept < 5 * 32'768);
  }).join();
}
