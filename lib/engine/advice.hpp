// Refusals that a developer should know of: the page, the client or the options must be changed. The log has a line of
// each, with the change.

#pragma once
#include <cosio/http.hpp>
#include <cosio/options.hpp>

#include <optional>
#include <string>

#include "base/remarks.hpp"
#include "engine/refusal.hpp"

namespace cosio::inline v0_2::engine {

/// The reason for such a line.
struct wanted_change {
  base::remark kind;
  std::string subject;  // of the client: an origin, a version, a transport
};

/// Nothing for refusals that need no change, and for those that the application has decided.
std::optional<wanted_change> change_for(const refused& why, const http::request& request);

/// The change in words, or as a line of code where one is enough: `options.origins = {"http://localhost:5173"};`.
/// @param has_list  Whether options.origins allows other pages already.
/// @return empty for an origin that cannot be listed.
std::string advice_for(const wanted_change& change, const engine_options& settings, bool has_list);

}  // namespace cosio::inline v0_2::engine
