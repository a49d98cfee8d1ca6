// Every event of the chat and of the classic example, with its types. The build writes the same for TypeScript.

#pragma once
#include <cosio/contract.hpp>
#include <cstdint>
#include <string>

#include "messages.hpp"

namespace chat {

using cosio::arg;
using cosio::event;

// clang-format off
struct contract {
  using client_to_server = cosio::events<
      event<"enter", arg<"here", welcome>(arg<"who", introduction>)>,     // also to go elsewhere, and for a new name
      event<"say", arg<"said", line>(arg<"what", message>)>,
      event<"edit", arg<"edited", line>(arg<"number", std::uint64_t>, arg<"text", std::string>)>,
      event<"typing", void(arg<"isTyping", bool>)>,
      event<"req", std::string(cosio::arguments)>,                        // the example of old
      event<"chat", void(arg<"text", std::string>)>>;

  using server_to_client = cosio::events<
      event<"attendance", void(arg<"now", attendance>)>,                  // for who is back after a lost connection
      event<"moves", void(arg<"since", moves>)>,
      event<"said", void(arg<"line", line>)>,
      event<"edited", void(arg<"line", line>)>,
      event<"heard", arg<"pass", std::string>(arg<"number", std::uint64_t>)>,  // do you have it, and who are you?
      event<"receipt", void(arg<"of", receipt>)>,
      event<"news", void(arg<"elsewhere", news>)>,
      event<"typing", void(arg<"who", person>, arg<"isTyping", bool>)>,
      event<"chat", void(arg<"text", std::string>)>,                      // the example of old
      event<"hi", void(arg<"text", std::string>)>>;

  using socket_data = person;
};
// clang-format on

using socket = cosio::typed_socket<contract>;
using nsp = cosio::typed_nsp<contract>;

}  // namespace chat
