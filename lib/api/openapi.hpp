// The description of the HTTP API, for people and for programs that generate clients. Source: OpenAPI 3.1.

#pragma once
#include <string>
#include <string_view>

namespace cosio::inline v0_2::api {

/// @param path  The path of the API.
std::string openapi_text(std::string_view path);

}  // namespace cosio::inline v0_2::api
