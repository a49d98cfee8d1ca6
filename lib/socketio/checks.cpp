// Checks of emit().

#include "socketio/checks.hpp"

#include <cosio/error.hpp>

#include <string>

#include "wire/json_parser.hpp"

namespace cosio::socketio {

void check_emit(std::string_view event, const emit_flags& flags, const event_data& data) {
  // Clients of generation 2 reserve "error" too: there it would raise what only the library raises.
  if (wire::is_reserved_event(event) || event == "error") {
    throw error(errc::bad_argument, "\"" + std::string(event) + "\" is a reserved event name");
  }
  if (flags.binary == false && !data.attachments().empty()) {
    throw error(errc::bad_argument,
                "binary(false) was said, but the arguments of \"" + std::string(event) + "\" hold binary");
  }
}

void check_server_side(std::string_view event) {
  if (event == "connect" || event == "connection" || event == "new_namespace") {
    throw error(errc::bad_argument, "\"" + std::string(event) + "\" is a reserved event name");
  }
}

}  // namespace cosio::socketio
