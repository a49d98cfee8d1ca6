// The functions of <cosio/http_api.hpp>.

#include <cosio/error.hpp>
#include <cosio/http_api.hpp>
#include <cosio/server.hpp>

#include <memory>
#include <string>
#include <utility>

#include "api/service.hpp"
#include "base/option_rules.hpp"
#include "http/app_state.hpp"

namespace cosio::inline v0_2 {

void http_api(const server& of, http::app& on, std::string_view path, std::vector<http_api_key> keys,
              http_api_options limits) {
  base::require_path("path", path);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) throw error(errc::bad_argument, "the path of an HTTP API must not be \"/\": write \"/api\"");
  auto made = std::make_shared<api::api_service>(of.internals(), std::string(path), std::move(keys), std::move(limits));
  if (on.internals()->routes().owner_of(path))
    throw error(errc::bad_argument, "something else is served at the path " + std::string(path) +
                                        " of this application: give the HTTP API another path");
  on.internals()->add_service(std::move(made));
}

void http_api(const server& of, std::string_view path, std::vector<http_api_key> keys, http_api_options limits) {
  http::app on = of.internals()->serving_app();
  http_api(of, on, path, std::move(keys), std::move(limits));
}

}  // namespace cosio::inline v0_2
