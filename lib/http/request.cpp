// http::request: views into the data of one request.

#include <cosio/http.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
namespace {

// Whether every byte of the query stands for itself. Such a query can be searched without decoding.
bool is_plain(std::string_view query) noexcept {
  unsigned char all_bits = 0;  // the loop has no early end, so that compilers can use vector instructions
  for (const char c : query) all_bits |= static_cast<unsigned char>(c);
  return all_bits < 0x80 && query.find('%') == std::string_view::npos && query.find('+') == std::string_view::npos;
}

void find_last(std::string_view query, std::span<const std::string_view> names,
               std::span<std::optional<std::string_view>> found) noexcept {
  while (!query.empty()) {
    const std::string_view piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(piece.size() + 1, query.size()));
    if (piece.empty()) continue;
    const std::string_view key = piece.substr(0, piece.find('='));
    const auto asked = std::find(names.begin(), names.end(), key);
    if (asked != names.end())
      found[static_cast<std::size_t>(asked - names.begin())] = piece.substr(std::min(key.size() + 1, piece.size()));
  }
}

// The names that have a byte. Boost.Beast knows them all, so that the parser need not search them.
constexpr std::array<std::string_view, 24> known_names = {
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "origin",
    "pragma",
    "referer",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
    "user-agent",
    "via",
};

// The name of a field line that has a byte for it; else empty.
std::string_view known_name(std::string_view line) noexcept {
  if (line.empty()) return {};
  constexpr unsigned char first = known_field_code(0);  // a token of RFC 9110 has no such byte
  const auto code = static_cast<unsigned char>(line.front());
  const std::size_t place = static_cast<std::size_t>(code) - first;
  return code >= first && place < known_names.size() ? known_names[place] : std::string_view();
}

}  // namespace

request_data::~request_data() { delete queries_.load(std::memory_order_acquire); }

std::size_t request_data::memory() const noexcept {
  const std::string_view query = first_parameters(query_of(target()));
  const auto parts = static_cast<std::size_t>(std::ranges::count(query, '&')) + 1;
  const std::size_t shown = client_certificate().empty() ? 0 : sizeof(rare_parts) + rare_->certificate.capacity();
  return sizeof(*this) + shown + size_ + query.size() + parts * sizeof(query_list::value_type);
}

void request_data::set_head(std::string_view lines, std::string_view address) {
  constexpr std::size_t longest = (std::size_t{1} << 31) - 1;
  address = address.substr(0, longest);
  const std::size_t size = lines.size() + address.size();
  std::unique_ptr<char[]> made(new char[size]);  // make_unique() would fill it first
  std::copy(address.begin(), address.end(), std::copy(lines.begin(), lines.end(), made.get()));
  head_ = std::move(made);  // the views may point into the old one until here
  size_ = static_cast<std::uint32_t>(size);
  address_size_ = static_cast<std::uint32_t>(address.size()) & longest;
}

void request_data::copy_head(const request_data& from) {
  set_head(from.lines(), from.remote_address());
  method_size = from.method_size;
  target_size = from.target_size;
  secure = from.secure;
}

void request_data::add_field(std::string_view name, std::string_view value) {
  std::string more(lines());
  more.append(name).append(1, ':').append(value).append(1, '\n');
  set_lines(more);
}

const query_list& request_data::queries() const {
  if (const query_list* const known = queries_.load(std::memory_order_acquire)) return *known;
  auto made = std::make_unique<const query_list>(parse_query(query_of(target())));
  const query_list* others = nullptr;  // of another thread that was faster
  const bool first = queries_.compare_exchange_strong(others, made.get(), std::memory_order_acq_rel);
  return first ? *made.release() : *others;
}

void request_data::find(std::span<const std::string_view> names,
                        std::span<std::optional<std::string_view>> found) const {
  const std::string_view raw = first_parameters(query_of(target()));
  if (is_plain(raw)) return find_last(raw, names, found);
  for (const auto& [key, value] : queries()) {
    const auto asked = std::find(names.begin(), names.end(), key);
    if (asked != names.end()) found[static_cast<std::size_t>(asked - names.begin())] = value;
  }
}

std::span<const std::string_view> known_fields() noexcept { return known_names; }

std::optional<std::pair<std::string_view, std::string_view>> next_field(std::string_view& rest) noexcept {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  const std::string_view known = known_name(line);
  const auto colon = known.empty() ? line.find(':') : 0;
  if (colon == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(end + 1);
  return std::pair(known.empty() ? line.substr(0, colon) : known, line.substr(colon + 1));
}

std::optional<std::string_view> next_field(std::string_view& rest, std::string_view name) noexcept {
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (const std::string_view known = known_name(line); !known.empty()) {
      if (same_name(known, name)) return line.substr(1);
    } else if (line.size() > name.size() && line[name.size()] == ':' && same_name(line.substr(0, name.size()), name)) {
      return line.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool has_token(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::string_view piece = list.substr(0, list.find(','));
    if (same_name(trimmed(piece), token)) return true;
    list.remove_prefix(std::min(piece.size() + 1, list.size()));
  }
  return false;
}

std::shared_ptr<request_data> copy_head(const request& from) {
  auto data = std::make_shared<request_data>();
  data->copy_head(*from.data());
  data->client_certificate(std::string(from.client_certificate()));
  return data;
}

request with_header(const request& from, std::string_view name, std::string_view value) {
  auto data = copy_head(from);
  data->add_field(name, value);
  return request(std::move(data));
}

std::string_view request::method() const noexcept { return data_ ? data_->method() : std::string_view(); }
std::string_view request::target() const noexcept { return data_ ? data_->target() : std::string_view(); }
std::string_view request::path() const noexcept { return path_of(target()); }

std::optional<std::string_view> request::query(std::string_view name) const {
  return data_ ? data_->query(name) : std::nullopt;
}

const std::vector<std::pair<std::string, std::string>>& request::queries() const {
  static const query_list none;
  return data_ ? data_->queries() : none;
}

std::string_view header_of(const request& from, std::string_view name, std::string& joined) {
  std::string_view rest = from.data() ? from.data()->fields() : std::string_view();
  const auto first = next_field(rest, name);
  auto more = first ? next_field(rest, name) : std::nullopt;
  if (!more) return first.value_or(std::string_view());
  joined = *first;
  for (; more; more = next_field(rest, name)) joined.append(", ").append(*more);
  return joined;
}

std::string request::header(std::string_view name) const {
  std::string joined;
  const std::string_view value = header_of(*this, name, joined);
  return joined.empty() ? std::string(value) : std::move(joined);
}

bool request::has_header(std::string_view name) const noexcept {
  std::string_view rest = data_ ? data_->fields() : std::string_view();
  return next_field(rest, name).has_value();
}

std::vector<std::pair<std::string, std::string>> request::headers() const {
  std::vector<std::pair<std::string, std::string>> all;
  std::string_view rest = data_ ? data_->fields() : std::string_view();
  while (const auto field = next_field(rest)) all.emplace_back(field->first, field->second);
  return all;
}

std::string_view request::param(std::string_view name) const noexcept {
  if (!data_ || data_->routed() == nullptr) return {};
  for (const auto& [key, value] : data_->routed()->params)
    if (key == name) return value;
  return {};
}

std::string_view request::body() const noexcept {
  return data_ && data_->routed() != nullptr ? std::string_view(data_->routed()->body) : std::string_view();
}
std::string_view request::remote_address() const noexcept {
  return data_ ? data_->remote_address() : std::string_view();
}
bool request::secure() const noexcept { return data_ && data_->secure; }
std::string_view request::client_certificate() const noexcept {
  return data_ ? data_->client_certificate() : std::string_view();
}

}  // namespace cosio::inline v0_2::http
