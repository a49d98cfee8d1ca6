// http::response: a status, headers that cannot break out of the head, a body.

#include <cosio/http.hpp>

#include <algorithm>

#include "http/field_rules.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
response::response(unsigned status) noexcept : status_(status) {}

response::response(unsigned status, std::string body, std::string_view content_type)
    : status_(status), body_(std::move(body)) {
  if (content_type.empty()) return;
  headers_.reserve(2);  // nearly every answer has a second header
  add("Content-Type", content_type);
}

response& response::set(std::string_view name, std::string_view value) {
  check_field(name, value);
  const auto same = [&](const auto& field) { return same_name(field.first, name); };
  const auto first = std::find_if(headers_.begin(), headers_.end(), same);
  if (first == headers_.end()) {
    headers_.emplace_back(name, value);
  } else {
    first->second = value;
    headers_.erase(std::remove_if(first + 1, headers_.end(), same), headers_.end());
  }
  return *this;
}

response& response::add(std::string_view name, std::string_view value) {
  check_field(name, value);
  headers_.emplace_back(name, value);
  return *this;
}

void response::remove(std::string_view name) {
  std::erase_if(headers_, [&](const auto& field) { return same_name(field.first, name); });
}

std::string_view response::get(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers_)
    if (same_name(key, name)) return value;
  return {};
}

void response::body(std::string bytes) noexcept {
  shared_.reset();
  file_.reset();
  body_.swap(bytes);  // an assignment of a short text would keep the memory of the long one
}

std::string response::take_body() {
  std::string out;
  if (shared_) {
    out = *shared_;
  } else {
    out = std::move(body_);
  }
  body(std::string());
  return out;
}

}  // namespace cosio::inline v0_2::http
