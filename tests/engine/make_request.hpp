// Requests as the door hands them over, made without a door.

#pragma once
#include <cosio/http.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/request_data.hpp"

namespace cosio::test {

/// @param fields  Header lines: names in lower case, "name:value\n" each.
inline http::request make_request(std::string_view method, std::string_view target, std::string_view fields = "") {
  auto data = std::make_shared<http::request_data>();
  std::string lines(method);
  lines.append(1, ' ').append(target).append(1, '\n').append(fields);
  data->set_lines(lines);
  data->method_size = static_cast<std::uint32_t>(method.size());
  data->target_size = static_cast<std::uint32_t>(target.size());
  data->set_remote_address("192.0.2.1");
  return http::request(std::move(data));
}

}  // namespace cosio::test
