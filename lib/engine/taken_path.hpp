// The path of an engine is its own among the services of an application.
//
//   way in    engine_server and server_core, before the engine is added to an application

#pragma once
#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <string>

#include "engine/engine.hpp"
#include "http/app_state.hpp"

namespace cosio::inline v0_2::engine {

/// The service that was added first gets all requests below its path: an engine at the same path, or below it, would
/// get none.
/// @param added  May be in the application already: a server can be attached to one twice.
/// @throws error errc::bad_argument when another service of the application gets the requests for the path of `added`.
inline void refuse_taken_path(const http::app& app, const engine_core& added) {
  const std::string path = path_prefix(added.settings());
  const auto owner = app.internals()->routes().owner_of(path);
  if (!owner || owner.get() == &added) return;
  throw error(errc::bad_argument, "another server of this application, attached before, answers the requests for " +
                                      path + ": give one of the two another path");
}

}  // namespace cosio::inline v0_2::engine
