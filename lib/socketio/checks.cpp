// Checks of emit().

#include "socketio/checks.hpp"

#include <cosio/error.hpp>

#include <string>

#include "wire/json_parser.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::socketio {

namespace {

// Says what takes the place of an emit() of this name; empty for other names.
std::string_view instead_of(std::string_view event) noexcept {
  if (event == "disconnect" || event == "disconnecting") return "; to make a socket leave, call its disconnect()";
  if (event == "connect") return "; the library tells a client itself that it has joined";
  if (event == "connect_error") return "; to refuse a client, let a middleware throw a cosio::refusal";
  if (event == "error") return "; give the event another name";
  return {};
}

[[noreturn]] void throw_reserved(std::string_view event, std::string_view advice) {
  throw error(errc::bad_argument, "\"" + std::string(event) + "\" is a reserved event name" + std::string(advice));
}

}  // namespace

void check_emit(std::string_view event, const emit_flags& flags, const event_data& data) {
  // Clients of generation 2 reserve "error" too: there it would raise what only the library raises.
  if (wire::is_reserved_event(event) || event == "error") throw_reserved(event, instead_of(event));
  if (flags.binary == false && !data.attachments().empty()) {
    throw error(errc::bad_argument,
                "binary(false) was said, but the arguments of \"" + std::string(event) + "\" hold binary");
  }
}

namespace {

std::string arguments_of(std::string_view event) {
  return event.empty() ? "the values of an acknowledgement" : "the arguments of \"" + std::string(event) + "\"";
}

}  // namespace

void check_placeholders(std::string_view event, const event_data& data) {
  if (wire::count_placeholders(data.json()) <= data.attachments().size()) return;
  throw error(errc::bad_argument,
              arguments_of(event) +
                  " hold, beside binary, an object with \"_placeholder\": true that names none of it; "
                  "clients cannot distinguish it from binary: leave that member out, or send no binary "
                  "with it");
}

void check_messages(std::string_view event, std::size_t messages, std::size_t most) {
  if (messages - 1 <= most) return;
  throw error(errc::bad_argument,
              arguments_of(event) + " hold " + std::to_string(messages - 1) +
                  " attachments, and clients of "
                  "JavaScript close their connection above 10: send fewer at once, or raise options.max_attachments (" +
                  std::to_string(most) + ") if all clients take more");
}

void check_server_side(std::string_view event) {
  if (event == "connect" || event == "connection" || event == "new_namespace") throw_reserved(event, {});
}

}  // namespace cosio::inline v0_2::socketio
