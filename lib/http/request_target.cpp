// Splitting and decoding of request targets.

#include "http/request_target.hpp"

#include <boost/url/encoding_opts.hpp>
#include <boost/url/params_encoded_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstddef>

namespace cosio::inline v0_2::http {
namespace {

namespace urls = boost::urls;

constexpr std::string_view replacement = "\xEF\xBF\xBD";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

// The bytes of `text` that are one well-formed UTF-8 character (0: none), and the bytes that belong to a broken one.
struct utf8_step {
  std::size_t good = 0;
  std::size_t bad = 1;
};

utf8_step next_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return {1, 0};
  const std::size_t size = first >= 0xC2 && first <= 0xDF   ? 2
                           : first >= 0xE0 && first <= 0xEF ? 3
                           : first >= 0xF0 && first <= 0xF4 ? 4
                                                            : 0;
  unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < size; ++i, low = 0x80, high = 0xBF)
    if (byte(i) < low || byte(i) > high) return {0, i};
  return size == 0 ? utf8_step{} : utf8_step{size, 0};
}

std::string to_utf8(std::string text) {
  if (std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return text;
  std::string fixed;
  for (std::string_view rest = text; !rest.empty();) {
    const utf8_step step = next_character(rest);
    fixed += step.good != 0 ? rest.substr(0, step.good) : replacement;
    rest.remove_prefix(std::max(step.good, step.bad));
  }
  return fixed;
}

query_list from_url(const urls::params_encoded_view& params) {
  urls::encoding_opts options;
  options.space_as_plus = true;
  query_list list;
  for (const auto& param : params) {
    if (param.key.empty() && !param.has_value) continue;
    list.emplace_back(to_utf8(param.key.decode(options)), to_utf8(param.value.decode(options)));
  }
  return list;
}

query_list split_leniently(std::string_view query) {
  query_list list;
  while (!query.empty()) {
    const std::string_view piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(piece.size() + 1, query.size()));
    if (piece.empty()) continue;
    const std::string_view name = piece.substr(0, piece.find('='));
    const std::string_view value = name.size() < piece.size() ? piece.substr(name.size() + 1) : std::string_view();
    list.emplace_back(to_utf8(decode(name, true)), to_utf8(decode(value, true)));
  }
  return list;
}

}  // namespace

std::string_view first_parameters(std::string_view query) noexcept {
  if (query.size() < max_parameters) return query;  // as a rule
  std::size_t end = query.find('&');
  for (std::size_t n = 1; n < max_parameters && end != std::string_view::npos; ++n) end = query.find('&', end + 1);
  return query.substr(0, end);
}

query_list parse_query(std::string_view whole) {
  const std::string_view query = first_parameters(whole);
  // urls::parse_query() of Boost 1.81 ignores the length and reads up to a zero byte, so it is not used.
  const std::string target = "/?" + std::string(query);
  const auto url = urls::parse_origin_form(target);
  return url ? from_url(url->encoded_params()) : split_leniently(query);
}

std::string resolve_path(std::string_view path) {
  if (path.starts_with("//")) {
    const auto end = path.find('/', 2);
    path = end == std::string_view::npos ? std::string_view("/") : path.substr(end);
  }
  if (path.find("/.") == std::string_view::npos) return std::string(path);
  std::vector<std::string_view> kept;
  bool open = false;  // the last segment is "." or "..": the path ends with a slash
  for (std::string_view rest = path.substr(std::min<std::size_t>(path.size(), 1));;) {
    const auto slash = rest.find('/');
    const std::string_view piece = rest.substr(0, slash);
    open = piece == "." || piece == "..";
    if (piece == ".." && !kept.empty()) kept.pop_back();
    if (!open) kept.push_back(piece);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  std::string out;
  for (const std::string_view piece : kept) out.append("/").append(piece);
  if (open || out.empty()) out += '/';
  return out;
}

std::string decode_path(std::string_view path) { return decode(path, false); }

}  // namespace cosio::inline v0_2::http
