// The path of a route: literal text, `:name` and a final `*`. Pure; immutable, any thread.

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_target.hpp"

namespace cosio::inline v0_2::http {

class route_pattern {
 public:
  /// @throws error errc::bad_argument: the pattern does not start with `/` (and is not `*`), a name is empty or occurs
  ///         twice, two names touch, or `*` is not at the end.
  explicit route_pattern(std::string_view pattern);

  /// @param path  Raw, without query. Literal text is compared as it is. The text that a name matches is decoded, and
  ///              is never empty.
  /// @return The values of the names; nothing when the path does not fit.
  std::optional<query_list> match(std::string_view path) const;

 private:
  struct part {
    std::string name;     // of the parameter in front of the text; empty: none
    std::string literal;  // the text that follows
  };
  std::vector<part> parts_;
  bool any_end_ = false;  // a final `*`
};

}  // namespace cosio::inline v0_2::http
