// The options of the chat, for CLI11.

#include "options.hpp"

#include <cosio/successor.hpp>
#include <cstdlib>
#include <string>

#include "command_line/command_line.hpp"

namespace chat {
namespace {

namespace fs = std::filesystem;

fs::path folder(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// Where a service manager, or else the user, keeps such files. A server on a port of chance has no place to come back
// to, so it has no file.
fs::path usual_file(unsigned port) {
  const std::string name = "chat-" + std::to_string(port) + ".jsonl";
  if (port == 0) return {};
  if (const auto state = folder("STATE_DIRECTORY"); !state.empty()) return state / name;
  if (const auto state = folder("XDG_STATE_HOME"); !state.empty()) return state / "cosio" / name;
  if (const auto home = folder("HOME"); !home.empty()) return home / ".local/state/cosio" / name;
  return {};
}

}  // namespace

std::optional<int> read_options(settings& out, int argc, const char* const* argv) {
  auto& where = out.where;
  std::string certificate;
  std::string key;
  std::string history;
  bool forgetful = false;
  where.host = "127.0.0.1";
  apps::command_line line("chat", "Serves a chat: a page, and the Socket.IO server behind it.");
  line.number("--port", where.port, "0 picks a free one")->capture_default_str();
  line.text("--host", where.host, "the address to listen on; 0.0.0.0 is open to everybody")->capture_default_str();
  CLI::Option* const with_certificate = line.text("--cert", certificate, "certificate in PEM: HTTPS and WSS");
  CLI::Option* const with_key = line.text("--key", key, "its key in PEM");
  with_certificate->type_name("FILE")->needs(with_key);
  with_key->type_name("FILE")->needs(with_certificate);
  CLI::Option* const named = line.text("--history", history,
                                       "keeps what is said; default: for each port a file in "
                                       "$STATE_DIRECTORY or ~/.local/state/cosio, for --port 0 none");
  named->type_name("FILE");
  line.add_flag("--no-history", forgetful, "what is said is forgotten with the process")->excludes(named);
  if (const auto code = line.read(argc, argv)) return code;
  where.sockets = cosio::http::inherited_sockets();  // of a service manager, or of the process before this one
  if (with_key->count() > 0) {
    where.tls.emplace();
    where.tls->certificate_file = certificate;
    where.tls->key_file = key;
  }
  if (!forgetful) out.history = named->count() > 0 ? fs::path(history) : usual_file(where.port);
  return std::nullopt;
}

}  // namespace chat
