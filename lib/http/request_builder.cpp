// http::request_builder: a request made by hand.

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <algorithm>
#include <utility>

#include "http/field_rules.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {

request_builder::request_builder(std::string_view method, std::string_view target) : method_(method), target_(target) {
  if (!is_token(method))
    throw error(errc::bad_argument,
                "a method may hold letters, digits and !#$%&'*+-.^_`|~ only, and must not be empty");
  const auto breaks_the_line = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  if (target.empty() || std::any_of(target.begin(), target.end(), breaks_the_line))
    throw error(errc::bad_argument, "a target must not be empty, and may hold neither spaces nor control characters");
}

request_builder& request_builder::header(std::string_view name, std::string_view value) {
  check_field(name, value);
  for (const char c : name) fields_ += to_lower(c);
  fields_.append(1, ':').append(trimmed(value)).append(1, '\n');
  return *this;
}

request_builder& request_builder::body(std::string bytes) {
  body_ = std::move(bytes);
  return *this;
}

request_builder& request_builder::remote_address(std::string text) {
  remote_address_ = std::move(text);
  return *this;
}

request_builder& request_builder::secure(bool on) noexcept {
  secure_ = on;
  return *this;
}

request_builder& request_builder::client_certificate(std::string pem) {
  client_certificate_ = std::move(pem);
  return *this;
}

request request_builder::build() const {
  auto data = std::make_shared<request_data>();
  data->set_head(method_ + ' ' + target_ + '\n' + fields_, remote_address_);
  data->method_size = static_cast<std::uint32_t>(method_.size());
  data->target_size = static_cast<std::uint32_t>(target_.size());
  data->secure = secure_;
  data->client_certificate(client_certificate_);
  if (!body_.empty()) data->routed({{}, body_});
  return request(std::move(data));
}

}  // namespace cosio::inline v0_2::http
