// Every event of the chat and of the classic example, with its types. The build writes the same for TypeScript.

#pragma once
#include <cosio/contract.hpp>
#include <cstddef>
#include <string>

#include "messages.hpp"

namespace chat {

using cosio::arg;
using cosio::event;

// clang-format off
struct contract {
  using client_to_server = cosio::events<
      event<"enter", void(arg<"who", introduction>)>,
      event<"say", arg<"heard", std::size_t>(arg<"text", std::string>)>,  // by how many
      event<"typing", void(arg<"isTyping", bool>)>,
      event<"go", arg<"there", welcome>(arg<"room", std::string>)>,
      event<"req", std::string(cosio::arguments)>,                        // the example of old
      event<"chat", void(arg<"text", std::string>)>>;

  using server_to_client = cosio::events<
      event<"welcome", void(arg<"here", welcome>)>,
      event<"attendance", void(arg<"now", attendance>)>,
      event<"said", void(arg<"line", line>)>,
      event<"typing", void(arg<"name", std::string>, arg<"isTyping", bool>)>,
      event<"chat", void(arg<"text", std::string>)>,                      // the example of old
      event<"hi", void(arg<"text", std::string>)>>;
};
// clang-format on

using socket = cosio::typed_socket<contract>;
using nsp = cosio::typed_nsp<contract>;

}  // namespace chat
