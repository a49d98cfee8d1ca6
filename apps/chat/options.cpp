// The options of the chat, for CLI11.

#include "options.hpp"

#include <cosio/successor.hpp>
#include <string>

#include "command_line/command_line.hpp"

namespace chat {

std::optional<int> read_options(cosio::http::app_options& out, int argc, const char* const* argv) {
  std::string certificate;
  std::string key;
  out.host = "127.0.0.1";
  apps::command_line line("chat", "Serves a chat: a page, and the Socket.IO server behind it.");
  line.number("--port", out.port, "0 picks a free one")->capture_default_str();
  line.text("--host", out.host, "the address to listen on; 0.0.0.0 is open to everybody")->capture_default_str();
  CLI::Option* const with_certificate = line.text("--cert", certificate, "certificate in PEM: HTTPS and WSS");
  CLI::Option* const with_key = line.text("--key", key, "its key in PEM");
  with_certificate->type_name("FILE")->needs(with_key);
  with_key->type_name("FILE")->needs(with_certificate);
  if (const auto code = line.read(argc, argv)) return code;
  out.sockets = cosio::http::inherited_sockets();  // of a service manager, or of the process before this one
  if (with_key->count() > 0) {
    out.tls.emplace();
    out.tls->certificate_file = certificate;
    out.tls->key_file = key;
  }
  return std::nullopt;
}

}  // namespace chat
