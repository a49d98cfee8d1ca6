// Offers of permessage-deflate in an opening handshake.

#include <algorithm>
#include <array>
#include <utility>

#include "wire/deflate.hpp"

namespace cosio::inline v0_2::wire {
namespace {

constexpr std::string_view our_name = "permessage-deflate";

bool is_token_sign(char c) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         others.find(c) != std::string_view::npos;
}

// Reads the header from left to right. Every take_… returns nothing, and does not move, when something else comes. One
// thread at a time.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : text_(text) {}

  bool at_end() noexcept {
    skip_blanks();
    return at_ == text_.size();
  }
  std::size_t at() const noexcept { return at_; }

  bool take(char wanted) noexcept {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  std::string_view take_token() noexcept {
    skip_blanks();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_token_sign(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  // Takes a token, or a token in quotes: RFC 6455, section 9.1, wants a token inside of the quotes, too.
  std::string_view take_value() noexcept {
    if (!take('"')) return take_token();
    const std::string_view inside = take_token();
    return take('"') ? inside : std::string_view();
  }

 private:
  void skip_blanks() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

enum parameter : std::size_t { server_no_takeover, client_no_takeover, server_bits, client_bits, parameters };
constexpr std::array<std::string_view, parameters> names = {"server_no_context_takeover", "client_no_context_takeover",
                                                            "server_max_window_bits", "client_max_window_bits"};

struct offer {
  std::array<bool, parameters> given{};
  std::array<int, parameters> bits{15, 15, 15, 15};
};

// Parses 8 to 15, without leading zeros.
std::optional<int> parse_bits(std::string_view text) noexcept {
  if (text == "8" || text == "9") return text[0] - '0';
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') return 10 + (text[1] - '0');
  return std::nullopt;
}

bool note(offer& to, std::string_view name, std::optional<std::string_view> value) noexcept {
  for (std::size_t i = 0; i < parameters; ++i) {
    if (name != names[i]) continue;
    if (std::exchange(to.given[i], true)) return false;
    if (i == server_no_takeover || i == client_no_takeover) return !value;
    if (!value) return i == client_bits;
    const auto bits = parse_bits(*value);
    to.bits[i] = bits.value_or(0);
    return bits.has_value();
  }
  return false;
}

// Parses one extension with its parameters; nothing when it is another extension, or an offer that must be declined.
result<std::optional<offer>> parse_one(scanner& from) {
  const std::string_view name = from.take_token();
  if (name.empty()) return fault{errc::bad_request, from.at()};
  bool ours = name == our_name;
  offer found;
  while (from.take(';')) {
    const std::string_view key = from.take_token();
    std::optional<std::string_view> value;
    if (from.take('=')) value = from.take_value();
    if (key.empty() || (value && value->empty())) return fault{errc::bad_request, from.at()};
    ours = ours && note(found, key, value);
  }
  return ours ? std::optional(found) : std::nullopt;
}

// Finds the first offer of permessage-deflate that can be accepted. The rest of the list must be a valid list, too.
result<std::optional<offer>> parse_list(std::string_view text) {
  std::optional<offer> first;
  scanner from(text);
  if (from.at_end()) return first;
  do {
    const auto one = parse_one(from);
    if (one.has_error()) return one.error();
    if (!first) first = *one;
  } while (from.take(','));
  if (!from.at_end()) return fault{errc::bad_request, from.at()};
  return first;
}

}  // namespace

result<std::optional<deflate_agreement>> choose_deflate(std::string_view offers, const deflate_agreement& ours) {
  const auto listed = parse_list(offers);
  if (listed.has_error()) return listed.error();
  const std::optional<offer>& offered = *listed;
  if (!offered) return std::optional<deflate_agreement>();
  deflate_agreement agreed = ours;
  agreed.server_context_takeover &= !offered->given[server_no_takeover];
  agreed.client_context_takeover &= !offered->given[client_no_takeover];
  agreed.server_window_bits = std::min(ours.server_window_bits, offered->bits[server_bits]);
  agreed.names_server_window = offered->given[server_bits];
  // A client that did not send client_max_window_bits cannot be limited: RFC 7692, section 7.1.2.2.
  agreed.client_window_bits =
      offered->given[client_bits] ? std::min(ours.client_window_bits, offered->bits[client_bits]) : 15;
  return std::optional(agreed);
}

std::string to_header(const deflate_agreement& agreed) {
  std::string header(our_name);
  if (!agreed.server_context_takeover) header.append("; ").append(names[server_no_takeover]);
  if (!agreed.client_context_takeover) header.append("; ").append(names[client_no_takeover]);
  if (agreed.server_window_bits < 15 || agreed.names_server_window)
    header.append("; ").append(names[server_bits]).append("=").append(std::to_string(agreed.server_window_bits));
  if (agreed.client_window_bits < 15)
    header.append("; ").append(names[client_bits]).append("=").append(std::to_string(agreed.client_window_bits));
  return header;
}

}  // namespace cosio::inline v0_2::wire
