// Patterns of namespace names.

#include <cosio/error.hpp>
#include <cosio/nsp.hpp>

#include <algorithm>

namespace cosio::inline v0_2 {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

}  // namespace

pattern::pattern(std::string_view text) {
  const std::string whole(text);
  while (!text.empty()) {
    const auto brace = text.find('{');
    if (brace != 0) {
      pieces_.push_back({kind::literal, std::string(text.substr(0, brace))});
      text.remove_prefix(std::min(brace, text.size()));
      continue;
    }
    const auto end = text.find('}');
    const std::string_view name = text.substr(1, end == std::string_view::npos ? end : end - 1);
    if (end == std::string_view::npos || (name != "digits" && name != "word" && name != "any")) {
      throw error(errc::bad_argument,
                  "the pattern \"" + whole + "\" may use {digits}, {word} and {any}, nothing else in braces");
    }
    pieces_.push_back({name == "digits" ? kind::digits : name == "word" ? kind::word : kind::any, {}});
    text.remove_prefix(end + 1);
  }
}

// The positions at which the pieces so far can end, one piece after the other. No backtracking: the steps are at most
// pieces x length.
bool pattern::matches(std::string_view name) const {
  std::vector<bool> here(name.size() + 1, false);
  here[0] = true;
  for (const piece& p : pieces_) {
    std::vector<bool> next(name.size() + 1, false);
    for (std::size_t at = 0; at <= name.size(); ++at) {
      if (p.what == kind::literal) {
        if (here[at] && name.substr(at).starts_with(p.text)) next[at + p.text.size()] = true;
        continue;
      }
      // One or more characters of the kind: from a start, or going on from the character before.
      if (at == 0 || !(here[at - 1] || next[at - 1])) continue;
      const char c = name[at - 1];
      next[at] = p.what == kind::any || (p.what == kind::digits ? is_digit(c) : is_word(c));
    }
    here = std::move(next);
  }
  return here[name.size()];
}

}  // namespace cosio::inline v0_2
