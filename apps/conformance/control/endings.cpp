// disconnect-self, close-server: what ends a socket, and the process. And server-side-emit, which needs a cluster.

#include "control/command.hpp"

#include <optional>

namespace conformance {
namespace {

using cosio::arguments;
using cosio::socket;
using cosio::task;

bool refuse_server_side_emit(const arguments&) {
  throw cosio::error(cosio::errc::not_supported, "server-side-emit needs an adapter that knows other servers");
}

}  // namespace

void add_endings(const socket& user, services& all) {
  user.on("disconnect-self",
          [user](std::optional<bool> close) -> task<> { co_await user.disconnect(close.value_or(false)); });

  user.on("close-server", [&all](cosio::ack answer) -> task<> {
    co_await answer(nullptr, true);
    all.shut_down();
  });

  command(user, "server-side-emit", refuse_server_side_emit);
}

}  // namespace conformance
