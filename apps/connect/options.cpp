// The options of `cosio connect`, for CLI11.

#include "options.hpp"

#include <boost/json/parse.hpp>

#include <iostream>
#include <stdexcept>
#include <utility>

#include "command_line/command_line.hpp"

namespace shell {
namespace {

// `name`, or `["name", 1, {…}]`.
event event_of(const std::string& text, bool asks) {
  if (text.empty() || text.front() != '[') return {text, {}, asks};
  boost::json::array all = boost::json::parse(text).as_array();
  if (all.empty() || !all.front().is_string()) throw std::invalid_argument("an event begins with its name: " + text);
  event made{std::string(all.front().get_string()), {}, asks};
  all.erase(all.begin());
  made.arguments = std::move(all);
  return made;
}

std::pair<std::string, std::string> field_of(const std::string& text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string::npos || at == 0) throw std::invalid_argument("no name in: " + text);
  const std::size_t value = text.find_first_not_of(' ', at + 1);
  return {text.substr(0, at), value == std::string::npos ? "" : text.substr(value)};
}

}  // namespace

std::optional<int> read_options(options& out, int argc, const char* const* argv) {
  apps::command_line line("cosio connect",
                          "Connects to a server of Socket.IO, sends events, and prints those that come.\n"
                          "An event is a name, or a JSON array of a name and arguments: '[\"say\",\"hello\"]'.");
  line.footer(
      "Exit codes: 0 ended as asked, 1 failed while running, 2 wrong arguments, 3 the server was not reached,\n"
      "4 the server refused the socket, 5 no acknowledgement came in time, 6 the server disconnected the socket.");
  std::string auth;
  std::string transport;
  std::vector<std::string> emits;
  std::vector<std::string> asks;
  std::vector<std::string> headers;
  std::vector<std::string> query;
  bool msgpack = false;
  // Each occurrence is one value, also when it has brackets, which CLI11 would take for a list.
  const auto add_each = [&line](const char* name, std::vector<std::string>& to, const char* kind, const char* help) {
    line.add_option(name, to, help)
        ->type_name(kind)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->expected(1)
        ->allow_extra_args(false);
  };
  line.text("URL", out.url, "the server, such as https://chat.example/namespace")->required();
  line.text("--namespace", out.nsp, "the namespace; that of the URL if it is left out");
  line.text("--auth", auth, "a JSON object that the server's middleware gets");
  add_each("--emit", emits, "EVENT", "an event to send");
  add_each("--ack", asks, "EVENT", "an event to send, whose acknowledgement is printed");
  line.add_flag("--listen", out.listen, "stay, and print the events that come");
  add_each("--only", out.only, "NAME", "print events of this name only");
  line.number("--count", out.count, "end after so many events");
  line.milliseconds("--time", out.time, "listen so long; 0: no limit");
  line.milliseconds("--timeout", out.timeout, "for the connection, and for each acknowledgement");
  line.add_flag("--json", out.json, "print a JSON object on each line");
  line.add_flag("--trace", out.trace, "print what happens to the connection, and each packet, to stderr");
  add_each("--header", headers, "FIELD", "a field of the requests: 'name: value'");
  add_each("--query", query, "PARAMETER", "a parameter of the requests: name=value");
  line.text("--path", out.connection.connection.path, "where the server is, on its host")->capture_default_str();
  line.add_option("--transport", transport, "the only transport")->check(CLI::IsMember({"polling", "websocket"}));
  line.number("--protocol", out.connection.protocol, "4 for servers of Socket.IO 2", 4U, 5U)->capture_default_str();
  line.add_flag("--msgpack", msgpack, "packets are MessagePack");
  line.text("--proxy", out.connection.connection.proxy, "http://host:port or socks5://host:port");
  line.text("--ca", out.connection.connection.tls.ca_file, "certificates of authorities, in PEM")->type_name("FILE");
  line.add_flag("--insecure", out.connection.connection.tls.insecure_skip_verification, "take any certificate");
  if (const auto code = line.read(argc, argv)) return code;
  try {
    if (!auth.empty()) out.auth = boost::json::parse(auth).as_object();
    for (const std::string& each : emits) out.events.push_back(event_of(each, false));
    for (const std::string& each : asks) out.events.push_back(event_of(each, true));
    for (const std::string& each : headers) out.connection.connection.extra_headers.push_back(field_of(each, ':'));
    for (const std::string& each : query) out.connection.connection.query.push_back(field_of(each, '='));
    if (!transport.empty()) out.connection.connection.transports = {transport};
    if (msgpack) out.connection.parser = cosio::msgpack_parser();
  } catch (const std::exception& wrong) {
    std::cerr << "cosio connect: " << wrong.what() << '\n';
    return apps::exit_usage;
  }
  if (out.count > 0 || out.time.count() > 0 || out.events.empty()) out.listen = true;
  return std::nullopt;
}

}  // namespace shell
