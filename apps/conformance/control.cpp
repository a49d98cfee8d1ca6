// Gives every socket of /control its commands.

#include "control.hpp"

#include <utility>

#include "control/command.hpp"

namespace conformance {

boost::json::object failure(const std::exception& wrong) {
  const auto* const ours = dynamic_cast<const cosio::error*>(&wrong);
  boost::json::object told;
  told["message"] = ours != nullptr ? ours->detail() : wrong.what();
  return told;
}

cosio::arguments outcome(const cosio::answers& got) {
  cosio::arguments firsts;
  for (const cosio::arguments& response : got.responses()) firsts.append(response, 0);

  boost::json::object shown;
  shown["error"] = got.complete() ? boost::json::value() : boost::json::value(got.problem());
  shown["responses"] = firsts.values();
  boost::json::array list;
  list.push_back(std::move(shown));
  return cosio::arguments(std::move(list), firsts.attachments());
}

cosio::arguments list_of(const std::optional<std::vector<cosio::argument>>& values) {
  cosio::arguments all;
  if (!values) return all;
  for (const cosio::argument& one : *values) {
    boost::json::array single;
    single.push_back(one.value());
    all.append(cosio::arguments(std::move(single), one.attachments()), 0);
  }
  return all;
}

void mount_control(services& all) {
  all.io.of("/control").on_connection([&all](cosio::socket user) {
    add_emitting(user, all);
    add_rooms(user, all);
    add_listeners(user);
    add_introspection(user, all);
    add_servers(user, all);
    add_endings(user, all);
  });
}

}  // namespace conformance
