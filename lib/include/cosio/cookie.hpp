// The session cookie: a hint for load balancers, never a credential.

#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cosio {

enum class same_site { unset, lax, strict, none };

/// Attributes of a cookie; the defaults are the reference's.
struct cookie_options {
  std::string name = "io";
  std::string path = "/";  ///< empty: no Path attribute
  bool http_only = true;
  cosio::same_site same_site = cosio::same_site::lax;
  bool secure = false;
  bool partitioned = false;
  std::string domain;  ///< empty: no Domain attribute
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// Checks names and attributes, so that nothing in them can break out of the header.
/// @throws error errc::bad_argument: what is wrong and where.
void validate(const cookie_options& options);

/// The value of a Set-Cookie header: "io=abc; Path=/; HttpOnly; SameSite=Lax". `value` is percent-encoded where it must
/// be.
/// @throws error errc::bad_argument as validate() does.
std::string set_cookie(const cookie_options& options, std::string_view value);

}  // namespace cosio
