// A CONNECT whose payload is no object, in the log.

#include "socketio/auth_remark.hpp"

#include <string>

#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

// The kind of a JSON value that is no object, by its first character. Empty when it begins otherwise.
std::string_view kind_of(std::string_view json) noexcept {
  constexpr std::string_view number = "-0123456789";
  if (json.empty()) return {};
  if (json.front() == '"') return "a string";
  if (json.front() == '[') return "an array";
  if (json.front() == 't' || json.front() == 'f') return "a boolean";
  if (json.front() == 'n') return "null";
  return number.find(json.front()) != std::string_view::npos ? "a number" : std::string_view();
}

// The payload itself is not told: it may be a secret.
void log_bad_auth(const base::due_remark& due, const engine::session& of, std::string_view name,
                  std::string_view kind) {
  const std::string nsp = base::shortened(name);
  const std::string who(std::string_view(of.id()).substr(0, 6));
  const std::string_view address = of.request().remote_address();
  base::log_remark(due, "socketio",
                   "client " + who + "… (" + std::string(address) + "): the auth of its CONNECT for " +
                       base::quoted(name) + " must be an object, but is " + std::string(kind) +
                       "; let the client write auth: { token: … }",
                   {{"session", who}, {"nsp", nsp}, {"address", address}});
}

}  // namespace

void note_bad_auth(const engine::session& of, std::string_view text, const fault& wrong,
                   const wire::header_limits& limits) noexcept {
  if (wrong.code != errc::bad_payload || of.revision() != wire::revision::v4) return;
  const auto head = wire::decode_header(text, limits);
  if (head.has_error() || head->type != wire::sio_type::connect) return;
  const std::string_view kind = kind_of(head->json);
  if (kind.empty()) return;
  if (const auto due = base::ask_for_remark("socketio", base::remark::auth, head->nsp, of.id()))
    base::guarded("socketio", [&] { log_bad_auth(due, of, head->nsp, kind); });
}

}  // namespace cosio::inline v0_2::socketio
