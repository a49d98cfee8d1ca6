// Names of namespaces that are made on demand.

#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

/// A pattern for namespace names: text that must match literally, with `{digits}` (one or more of 0-9), `{word}` (one or more of
/// A-Z a-z 0-9 _ -) and `{any}` (one or more of any character) in it: `/dynamic-{digits}`.
///
/// It takes the place of a regular expression: matching takes time linear in the name, whatever a client sends.
class pattern {
 public:
  /// @throws error errc::bad_argument for a pattern with an unknown or unclosed brace.
  explicit pattern(std::string_view text);

  bool matches(std::string_view name) const;

 private:
  enum class kind { literal, digits, word, any };
  struct piece {
    kind what;
    std::string text;
  };
  std::vector<piece> pieces_;
};

}  // namespace cosio
