// Gives every socket of /control its commands.

#include "control.hpp"

#include "control/command.hpp"

namespace conformance {

boost::json::object failure(const std::exception& wrong) {
  const auto* const ours = dynamic_cast<const cosio::error*>(&wrong);
  boost::json::object told;
  told["message"] = ours != nullptr ? ours->detail() : wrong.what();
  return told;
}

void mount_control(services& all) {
  all.io.of("/control").on_connection([&all](cosio::socket user) {
    add_emitting(user, all);
    add_rooms(user, all);
    add_listeners(user);
    add_introspection(user, all);
    add_endings(user, all);
  });
}

}  // namespace conformance
