// The options of the load client, for CLI11.

#include "options.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string_view>

#include "command_line/command_line.hpp"

namespace bench {
namespace {

constexpr const char* about =
    "Puts load on a Socket.IO server (Engine.IO protocol 4, as of Socket.IO 3) and prints the results.\n"
    "\n"
    "  bench SCENARIO [--port N] [OPTIONS]\n"
    "  bench load URL [--scenario SCENARIO] [OPTIONS]\n"
    "\n"
    "A URL is http://HOST[:PORT][/NAMESPACE][?QUERY], or https://; any certificate is accepted.\n"
    "\n"
    "  connect     clients come as fast as they may, and leave\n"
    "  idle        clients come and stay silent: memory, and the CPU time of heartbeats\n"
    "  echo        emit an event, wait for the event that answers it\n"
    "  ack         emit an event, wait for its acknowledgement: works with any event that the server acknowledges\n"
    "  binary      echo of one attachment\n"
    "  broadcast   one client emits, all of them must hear it, once and in order\n"
    "  room        the same, to a room\n"
    "  poll        echo over long-polling\n"
    "  file        GET of --path, of any HTTP server: no Socket.IO\n"
    "\n"
    "broadcast and room need a server that does what apps/bench/server/events.hpp says.\n";

using text = const std::string&;

constexpr double most_a_second = 1e9;

[[noreturn]] void refuse(const std::string& why) { throw CLI::ValidationError(why); }

void set_scenario(options& o, std::string_view name) {
  struct row {
    std::string_view name;
    scenario what;
  };
  static constexpr row rows[] = {
      {"connect", scenario::connect}, {"idle", scenario::idle},           {"echo", scenario::echo},
      {"ack", scenario::ack},         {"broadcast", scenario::broadcast}, {"room", scenario::room},
      {"binary", scenario::binary},   {"poll", scenario::echo},           {"file", scenario::file}};
  const auto* const found = std::ranges::find(rows, name, &row::name);
  if (found == std::end(rows)) refuse("unknown scenario '" + std::string(name) + "'");
  o.what = found->what;
  o.name = name;
  if (name == "poll") o.way = transport::polling;
}

void set_way(options& o, std::string_view name) {
  if (name == "websocket") {
    o.way = transport::websocket;
  } else if (name == "polling") {
    o.way = transport::polling;
  } else if (name == "upgrade") {
    o.way = transport::upgrade;
  } else {
    refuse("--transport: '" + std::string(name) + "' is neither websocket nor polling nor upgrade");
  }
}

std::string contents(const std::string& name) {
  std::ifstream file(name);
  if (!file) refuse("--data: cannot read '" + name + "'");
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

CLI::Option* add_call(apps::command_line& line, text name, const std::function<void(text)>& set, text help) {
  return line.add_option_function<std::string>(name, set, help);
}

CLI::Option* add_seconds(apps::command_line& line, text name, seconds& to, text help) {
  constexpr double most = 1e9;
  CLI::Range range(0.0, most);
  range.description("");
  const std::function<void(const double&)> set = [&to](double given) { to = seconds(given); };
  return line.add_option_function(name, set, help)->check(range)->type_name("S");
}

// `https://` in place of `http://`.
void set_tls(options& o) {
  constexpr std::string_view plain = "http://";
  if (o.url.starts_with(plain)) o.url.replace(0, plain.size(), "https://");
}

// `--port`, `--tls` and `--transport` come behind the words that they change: CLI11 sets in the order of this list.
void add_work(apps::command_line& line, options& o) {
  add_call(
      line, "--scenario", [&o](text name) { set_scenario(o, name); }, "with `load`: one of those above (echo)")
      ->type_name("NAME");
  line.add_option_function<std::uint16_t>(
          "--port", [&o](std::uint16_t port) { o.url = "http://127.0.0.1:" + std::to_string(port); },
          "short for the URL http://127.0.0.1:N")
      ->check(CLI::Range(1, 65'535).description(""))
      ->type_name("N");
  line.add_flag_callback("--tls", [&o] { set_tls(o); }, "https://, also with --port");
  line.add_flag("--resume", o.resume, "with TLS: connections offer the ticket of a former one");
  line.add_flag("--compress", o.compress, "offer permessage-deflate, and inflate what comes compressed");
  line.number("--clients", o.clients, "(connect, idle 2000; broadcast, room 1000; binary, file 8; else 50)", 1);
  add_call(
      line, "--transport", [&o](text name) { set_way(o, name); },
      "websocket, polling, or upgrade from the one to the other (websocket)")
      ->type_name("NAME");
  line.number("--rate", o.rate,
              "open loop: R events a second in all, whether replies come or not;\n"
              "latency counts from when an event was due",
              0, most_a_second)
      ->type_name("R");
}

void add_times(apps::command_line& line, options& o) {
  add_seconds(line, "--seconds", o.measured, "measured (5)");
  line.number("--count", o.count, "events (or broadcasts) in all: no warm-up, and no time but theirs", 1);
  add_seconds(line, "--warmup", o.warmup, "before that (1)");
  add_seconds(line, "--hold", o.hold, "idle: how long (3)");
  add_seconds(line, "--timeout", o.timeout, "for a handshake, and for any progress at all (20)");
  line.number("--concurrent", o.concurrent, "handshakes under way at once (64)", 1);
  line.number("--connect-rate", o.connect_rate, "clients that begin each second (as many as --concurrent lets)", 0,
              most_a_second)
      ->type_name("R");
  line.number("--outstanding", o.outstanding,
              "echo, ack, binary: unanswered events of each client (1; 100 with --rate)", 1);
  line.number("--window", o.window, "broadcast, room: broadcasts under way (8; 100 with --rate)", 1);
  line.number("--rooms", o.rooms, "room: how many; client i is in room i mod N (100)", 1);
  line.number("--stalled", o.stalled, "broadcast: of the clients, those that stop reading once they are in (0)");
}

void add_events(apps::command_line& line, options& o, std::vector<std::string>& headers) {
  line.number("--bytes", o.bytes, "of a payload, at least 8 (echo, ack 64; broadcast, room 100; binary 65536)", 8);
  line.add_option("--event", o.event, "emitted (echo, ack, bcast, with --data spread, room, bin)")->type_name("NAME");
  line.add_option("--reply", o.reply, "the event that answers it (the same)")->type_name("NAME");
  add_call(
      line, "--data", [&o](text json) { o.data = json.starts_with('@') ? contents(json.substr(1)) : json; },
      "echo, ack: the arguments, such as '\"hello\",1', or @FILE;\n"
      "the answer is then counted and not compared.\n"
      "broadcast: the arguments behind a number of eight digits, likewise")
      ->type_name("JSON");
  line.number("--attachments", o.attachments, "ack: of --bytes each, instead of data", 1);
  add_call(line, "--namespace", [&o](text name) { o.nsp = name; }, "instead of the URL's")->type_name("NAME");
  line.add_option("--path", o.path, "of the requests (/socket.io/); file: of the file")->type_name("PATH");
  line.add_option("--auth", o.auth, "sent when joining")->type_name("JSON");
  line.add_option("--header", headers, "of every request; may be repeated")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_results(apps::command_line& line, options& o) {
  line.add_option("--pid", o.processes,
                  "processes of the server, here: their CPU time and memory (and their children's) are told")
      ->check(CLI::Range(1, std::numeric_limits<pid_t>::max()).description(""))
      ->type_name("PID,PID")
      ->delimiter(',')
      ->allow_extra_args(false);
  line.number("--cpu", o.processor, "run on processor N only");
  line.add_flag("--spin", o.spin, "never sleep, so that the server is spared waking the load client");
  line.add_option("--label", o.label, "repeated in the result")->type_name("TEXT");
  line.add_flag("--json", o.json, "the result as one line of JSON");
  line.add_flag("--quiet", o.quiet, "no progress on standard error");
  line.add_flag(
      "--on-command", o.on_command,
      "another program sets the pace: prints 'ready' when the clients are in, and begins with the next line\n"
      "of standard input; prints 'done' behind the last answer, and leaves with the next line, or at its end");
}

std::string default_event(const options& o) {
  if (o.what == scenario::binary) return "bin";
  if (o.what == scenario::broadcast) return o.data ? "spread" : "bcast";
  return o.name == "poll" ? "echo" : o.name;
}

void fill_in_defaults(options& o) {
  const bool cast = o.what == scenario::broadcast || o.what == scenario::room;
  const bool many = o.what == scenario::connect || o.what == scenario::idle;
  const bool binary = o.what == scenario::binary;
  const bool few = binary || o.what == scenario::file;
  if (o.clients == 0) o.clients = many ? 2000 : cast ? 1000 : few ? 8 : 50;
  if (o.bytes == 0) o.bytes = cast ? 100 : binary ? 65'536 : 64;
  if (o.outstanding == 0) o.outstanding = o.rate > 0 ? 100 : 1;
  if (o.window == 0) o.window = o.rate > 0 ? 100 : 8;
  o.rooms = std::min(o.rooms, o.clients);
  if (o.event.empty()) o.event = default_event(o);
  if (o.count > 0) o.warmup = seconds(0);
  if (o.attachments > 0) o.data.emplace();
  if (o.reply.empty()) o.reply = o.event;
}

void check(const options& o) {
  const bool binary = o.what == scenario::binary;
  if (binary && o.way == transport::polling) refuse("binary goes over websocket or upgrade only");
  if (o.attachments > 0 && (o.what != scenario::ack || o.way == transport::polling))
    refuse("--attachments is for ack, over websocket or upgrade");
  if (o.stalled > 0 && (o.what != scenario::broadcast || o.way != transport::websocket || o.stalled >= o.clients))
    refuse("--stalled is for broadcast, over websocket, and leaves at least one client that reads");
  if (o.what == scenario::file && !o.path.starts_with('/')) refuse("file needs --path, which begins with /");
  if (o.what == scenario::file && o.rate > 0) refuse("--rate is not for file");
  if (o.data && o.what != scenario::echo && o.what != scenario::ack && o.what != scenario::broadcast)
    refuse("--data is for echo, ack and broadcast");
  if (o.on_command && (o.what == scenario::connect || o.what == scenario::idle || o.what == scenario::file))
    refuse("--on-command is for scenarios that emit events");
  if (o.compress && o.way == transport::polling) refuse("--compress is for websocket and upgrade");
}

// The first words say the scenario, or `load` and the URL. Options may stand in their place: `bench --clients 5`.
class first_words {
 public:
  void add(apps::command_line& line, options& o) {
    scenario_ = add_call(line, "SCENARIO", [this, &o](text word) { take(o, word); }, "one of those above, or load");
    url_ = line.add_option("URL", o.url, "with load");
  }

  void check() const {
    if (loads_ && url_->count() == 0) refuse("load needs a URL");
    if (!loads_ && url_->count() > 0)
      refuse("unknown argument '" + url_->as<std::string>() + "': a URL goes with load");
  }

 private:
  void take(options& o, text word) {
    loads_ = word == "load";
    if (!loads_) set_scenario(o, word);
  }

  CLI::Option* scenario_ = nullptr;
  CLI::Option* url_ = nullptr;
  bool loads_ = false;
};

}  // namespace

std::optional<int> read_options(options& out, int argc, const char* const* argv) {
  std::vector<std::string> headers;
  first_words words;
  apps::command_line line("bench", about);
  words.add(line, out);
  add_work(line, out);
  add_times(line, out);
  add_events(line, out, headers);
  add_results(line, out);
  line.footer(
      "Exit codes: 0 everything went well, 1 an answer was wrong or missing, 2 wrong arguments, or no load at all.");
  line.final_callback([&] {
    if (argc < 2) refuse("a scenario is missing");
    words.check();
    for (const std::string& header : headers) out.headers.append(header).append("\r\n");
    fill_in_defaults(out);
    check(out);
  });
  return line.read(argc, argv);
}

}  // namespace bench
