// http::request: views into the data of one request.

#include <cosio/http.hpp>

#include <algorithm>

#include "http/request_data.hpp"

namespace cosio::http {
namespace {

// A query in which every byte stands for itself can be searched where it is.
bool is_plain(std::string_view query) noexcept {
  return std::none_of(query.begin(), query.end(),
                      [](char c) { return c == '%' || c == '+' || static_cast<unsigned char>(c) >= 0x80; });
}

std::optional<std::string_view> last_in(std::string_view query, std::string_view name) noexcept {
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::string_view piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(piece.size() + 1, query.size()));
    const std::string_view key = piece.substr(0, piece.find('='));
    if (!piece.empty() && key == name) found = piece.substr(std::min(key.size() + 1, piece.size()));
  }
  return found;
}

}  // namespace

const query_list& request_data::queries() const {
  std::call_once(decoded_, [this] { queries_ = std::make_unique<const query_list>(parse_query(query_of(target()))); });
  return *queries_;
}

std::optional<std::string_view> request_data::query(std::string_view name) const {
  const std::string_view raw = query_of(target());
  if (is_plain(raw)) return last_in(raw, name);
  const query_list& all = queries();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const auto& pair) { return pair.first == name; });
  if (found == all.rend()) return std::nullopt;
  return found->second;
}

std::optional<std::pair<std::string_view, std::string_view>> next_field(std::string_view& rest) noexcept {
  const auto colon = rest.find(':');
  const auto end = rest.find('\n');
  if (colon == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  const auto field = std::pair(rest.substr(0, colon), rest.substr(colon + 1, end - colon - 1));
  rest.remove_prefix(end + 1);
  return field;
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
  data->head = from.data()->head;
  data->method_size = from.data()->method_size;
  data->target_size = from.data()->target_size;
  data->secure = from.data()->secure;
  data->remote_address = from.data()->remote_address;
  return data;
}

request with_header(const request& from, std::string_view name, std::string_view value) {
  auto data = copy_head(from);
  data->head.append(name).append(1, ':').append(value).append(1, '\n');
  return request(std::move(data));
}

std::string_view request::method() const noexcept { return data_ ? data_->method() : std::string_view(); }
std::string_view request::target() const noexcept { return data_ ? data_->target() : std::string_view(); }
std::string_view request::path() const noexcept { return path_of(target()); }

std::optional<std::string_view> request::query(std::string_view name) const noexcept {
  return data_ ? data_->query(name) : std::nullopt;
}

const std::vector<std::pair<std::string, std::string>>& request::queries() const noexcept {
  static const query_list none;
  return data_ ? data_->queries() : none;
}

std::string request::header(std::string_view name) const {
  std::string joined;
  bool first = true;
  std::string_view rest = data_ ? data_->fields() : std::string_view();
  while (const auto field = next_field(rest)) {
    if (!same_name(field->first, name)) continue;
    if (!first) joined += ", ";
    joined += field->second;
    first = false;
  }
  return joined;
}

bool request::has_header(std::string_view name) const noexcept {
  std::string_view rest = data_ ? data_->fields() : std::string_view();
  while (const auto field = next_field(rest))
    if (same_name(field->first, name)) return true;
  return false;
}

std::vector<std::pair<std::string, std::string>> request::headers() const {
  std::vector<std::pair<std::string, std::string>> all;
  std::string_view rest = data_ ? data_->fields() : std::string_view();
  while (const auto field = next_field(rest)) all.emplace_back(field->first, field->second);
  return all;
}

std::string_view request::param(std::string_view name) const noexcept {
  if (!data_ || !data_->routed) return {};
  for (const auto& [key, value] : data_->routed->params)
    if (key == name) return value;
  return {};
}

std::string_view request::body() const noexcept {
  return data_ && data_->routed ? std::string_view(data_->routed->body) : std::string_view();
}
std::string_view request::remote_address() const noexcept {
  return data_ ? std::string_view(data_->remote_address) : std::string_view();
}
bool request::secure() const noexcept { return data_ && data_->secure; }

}  // namespace cosio::http
