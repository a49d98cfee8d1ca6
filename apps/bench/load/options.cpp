// A table of flags, and the loop that reads the command line with it.

#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

namespace bench {
namespace {

using value = std::string_view;

template <class Number>
Number number(value text, Number least) {
  Number out{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc() || end != text.data() + text.size() || out < least) {
    throw usage_error("'" + std::string(text) + "' is not a number in range");
  }
  return out;
}

std::uint32_t count(value text) { return number<std::uint32_t>(text, 1); }
double positive(value text) { return number<double>(text, 0.0); }
seconds duration(value text) { return seconds(positive(text)); }

std::vector<pid_t> process_list(value text) {
  std::vector<pid_t> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    out.push_back(number<pid_t>(text.substr(0, end), 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string contents(value name) {
  std::ifstream file{std::string(name)};
  if (!file) throw usage_error("cannot read '" + std::string(name) + "'");
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

transport way(value text) {
  if (text == "websocket") return transport::websocket;
  if (text == "polling") return transport::polling;
  if (text == "upgrade") return transport::upgrade;
  throw usage_error("'" + std::string(text) + "' is neither websocket nor polling nor upgrade");
}

void set_scenario(options& o, value name) {
  struct row {
    value name;
    scenario what;
  };
  static constexpr row rows[] = {{"connect", scenario::connect},     {"idle", scenario::idle},
                                 {"echo", scenario::echo},           {"ack", scenario::ack},
                                 {"broadcast", scenario::broadcast}, {"room", scenario::room},
                                 {"binary", scenario::binary},       {"poll", scenario::echo}};
  const auto* const found = std::ranges::find(rows, name, &row::name);
  if (found == std::end(rows)) throw usage_error("unknown scenario '" + std::string(name) + "'");
  o.what = found->what;
  o.name = name;
  if (name == "poll") o.way = transport::polling;
}

struct flag {
  value name;
  value takes;  // empty: nothing
  value help;
  void (*set)(options&, value);
};

constexpr flag flags[] = {
    {"--scenario", "NAME", "with `load`: one of those above (echo)", set_scenario},
    {"--port", "N", "short for the URL http://127.0.0.1:N",
     [](options& o, value v) { o.url = "http://127.0.0.1:" + std::to_string(number<std::uint16_t>(v, 1)); }},
    {"--clients", "N", "(connect, idle 2000; broadcast, room 1000; binary 8; else 50)",
     [](options& o, value v) { o.clients = count(v); }},
    {"--transport", "NAME", "websocket, polling, or upgrade from the one to the other (websocket)",
     [](options& o, value v) { o.way = way(v); }},
    {"--rate", "R",
     "open loop: R events a second in all, whether replies come or not; latency counts from when an event was due",
     [](options& o, value v) { o.rate = positive(v); }},
    {"--seconds", "S", "measured (5)", [](options& o, value v) { o.measured = duration(v); }},
    {"--count", "N", "events (or broadcasts) in all: no warm-up, and no time but theirs",
     [](options& o, value v) { o.count = number<std::uint64_t>(v, 1); }},
    {"--warmup", "S", "before that (1)", [](options& o, value v) { o.warmup = duration(v); }},
    {"--hold", "S", "idle: how long (3)", [](options& o, value v) { o.hold = duration(v); }},
    {"--timeout", "S", "for a handshake, and for any progress at all (20)",
     [](options& o, value v) { o.timeout = duration(v); }},
    {"--concurrent", "N", "handshakes under way at once (64)", [](options& o, value v) { o.concurrent = count(v); }},
    {"--connect-rate", "R", "clients that begin each second (as many as --concurrent lets)",
     [](options& o, value v) { o.connect_rate = positive(v); }},
    {"--outstanding", "K", "echo, ack, binary: unanswered events of each client (1; 100 with --rate)",
     [](options& o, value v) { o.outstanding = count(v); }},
    {"--window", "W", "broadcast, room: broadcasts under way (8; 100 with --rate)",
     [](options& o, value v) { o.window = count(v); }},
    {"--rooms", "R", "room: how many; client i is in room i mod R (100)",
     [](options& o, value v) { o.rooms = count(v); }},
    {"--stalled", "N", "broadcast: of the clients, those that stop reading once they are in (0)",
     [](options& o, value v) { o.stalled = number<std::uint32_t>(v, 0); }},
    {"--bytes", "B", "of a payload, at least 8 (echo, ack 64; broadcast, room 100; binary 65536)",
     [](options& o, value v) { o.bytes = number<std::size_t>(v, 8); }},
    {"--event", "NAME", "emitted (echo, ack, bcast, room, bin)", [](options& o, value v) { o.event = v; }},
    {"--reply", "NAME", "the event that answers it (the same)", [](options& o, value v) { o.reply = v; }},
    {"--data", "JSON",
     "echo, ack: the arguments, such as '\"hello\",1', or @FILE; what comes back is then counted and not compared",
     [](options& o, value v) { o.data = v.starts_with('@') ? contents(v.substr(1)) : std::string(v); }},
    {"--attachments", "N", "ack: of --bytes each, instead of data",
     [](options& o, value v) { o.attachments = count(v); }},
    {"--namespace", "NAME", "instead of the URL's", [](options& o, value v) { o.nsp = v; }},
    {"--path", "PATH", "of the requests (/socket.io/)", [](options& o, value v) { o.path = v; }},
    {"--auth", "JSON", "sent when joining", [](options& o, value v) { o.auth = v; }},
    {"--header", "'NAME: VALUE'", "of every request; may be repeated",
     [](options& o, value v) { o.headers.append(v).append("\r\n"); }},
    {"--pid", "PID[,PID]", "processes of the server, here: their CPU time and memory (and their children's) are told",
     [](options& o, value v) { o.processes = process_list(v); }},
    {"--cpu", "N", "run on processor N only", [](options& o, value v) { o.processor = number<int>(v, 0); }},
    {"--spin", "", "never sleep, so that the server is spared waking the load client",
     [](options& o, value) { o.spin = true; }},
    {"--label", "TEXT", "repeated in the result", [](options& o, value v) { o.label = v; }},
    {"--json", "", "the result as one line of JSON", [](options& o, value) { o.json = true; }},
    {"--quiet", "", "no progress on standard error", [](options& o, value) { o.quiet = true; }},
    {"--help", "", "this", [](options& o, value) { o.help = true; }},
};

const flag& find_flag(value word) {
  const auto* const found = std::ranges::find(flags, word, &flag::name);
  if (found == std::end(flags)) throw usage_error("unknown argument '" + std::string(word) + "'");
  return *found;
}

void fill_in_defaults(options& o) {
  const bool cast = o.what == scenario::broadcast || o.what == scenario::room;
  const bool many = o.what == scenario::connect || o.what == scenario::idle;
  const bool binary = o.what == scenario::binary;
  if (o.clients == 0) o.clients = many ? 2000 : cast ? 1000 : binary ? 8 : 50;
  if (o.bytes == 0) o.bytes = cast ? 100 : binary ? 65'536 : 64;
  if (o.outstanding == 0) o.outstanding = o.rate > 0 ? 100 : 1;
  if (o.window == 0) o.window = o.rate > 0 ? 100 : 8;
  o.rooms = std::min(o.rooms, o.clients);
  if (o.event.empty())
    o.event = binary ? "bin" : o.what == scenario::broadcast ? "bcast" : o.name == "poll" ? "echo" : o.name;
  if (o.count > 0) o.warmup = seconds(0);
  if (o.attachments > 0) o.data.emplace();
  if (o.reply.empty()) o.reply = o.event;
}

void check(const options& o) {
  const bool binary = o.what == scenario::binary;
  if (binary && o.way == transport::polling) throw usage_error("binary goes over websocket or upgrade only");
  if (o.attachments > 0 && (o.what != scenario::ack || o.way == transport::polling)) {
    throw usage_error("--attachments is for ack, over websocket or upgrade");
  }
  if (o.stalled > 0 && (o.what != scenario::broadcast || o.way != transport::websocket || o.stalled >= o.clients)) {
    throw usage_error("--stalled is for broadcast, over websocket, and leaves at least one client that reads");
  }
  if (o.data && o.what != scenario::echo && o.what != scenario::ack) throw usage_error("--data is for echo and ack");
}

}  // namespace

options parse_options(std::span<char* const> words) {
  options wanted;
  auto word = words.begin();
  if (word == words.end()) throw usage_error("a scenario is missing");
  if (value(*word) == "load") {
    if (++word == words.end() || value(*word).starts_with("--")) throw usage_error("load needs a URL");
    wanted.url = *word++;
  } else if (!value(*word).starts_with("--")) {
    set_scenario(wanted, *word++);
  }
  for (; word != words.end(); ++word) {
    const flag& named = find_flag(*word);
    if (!named.takes.empty()) ++word;
    if (word == words.end()) throw usage_error(std::string(named.name) + " needs a value");
    try {
      named.set(wanted, *word);
    } catch (const usage_error& wrong) {
      throw usage_error(std::string(named.name) + ": " + wrong.what());
    }
  }
  fill_in_defaults(wanted);
  check(wanted);
  return wanted;
}

std::string usage_text() {
  std::string out =
      "usage: bench SCENARIO [--port N] [flags]\n"
      "       bench load URL [--scenario SCENARIO] [flags]\n"
      "\n"
      "Puts load on a Socket.IO server (Engine.IO protocol 4, as of Socket.IO 3) and prints what came of it. A URL is\n"
      "http://HOST[:PORT][/NAMESPACE][?QUERY]; https:// is not spoken. Fails when anything went wrong.\n"
      "\n"
      "  connect     clients come as fast as they may, and leave\n"
      "  idle        clients come and stay silent: memory, and the CPU time of heartbeats\n"
      "  echo        emit an event, wait for the event that answers it\n"
      "  ack         emit an event, wait for its acknowledgement: works with any event that the server acknowledges\n"
      "  binary      echo of one attachment\n"
      "  broadcast   one client emits, all of them must hear it, once and in order\n"
      "  room        the same, to a room\n"
      "  poll        echo over long-polling\n"
      "\n"
      "broadcast and room need a server that does what apps/bench/server/events.hpp says.\n"
      "\n";
  for (const flag& known : flags) {
    std::string line = "  " + std::string(known.name);
    if (!known.takes.empty()) line.append(" ").append(known.takes);
    line.resize(std::max<std::size_t>(line.size() + 1, 24), ' ');
    out.append(line).append(known.help).append("\n");
  }
  return out;
}

}  // namespace bench
