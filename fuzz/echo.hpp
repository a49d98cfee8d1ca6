// A handler that sends its arguments back sends no more binary than came.

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>

#include <cstddef>
#include <vector>

#include "check.hpp"

namespace cosio::fuzz {

inline std::size_t bytes_in(const std::vector<binary>& attachments) {
  std::size_t sum = 0;
  for (const binary& one : attachments) sum += one.size();
  return sum;
}

/// @param data  The payload of a packet that was read, and accepted.
inline void check_echo(const boost::json::value& data, const std::vector<binary>& attachments) {
  const auto* list = data.if_array();
  if (list == nullptr) return;
  const auto echo = detail::encode_answer(arguments(*list, attachments));
  check(echo.attachments().size() <= attachments.size(), "an echo has no more attachments than what came");
  check(bytes_in(echo.attachments()) <= bytes_in(attachments), "an echo has no more bytes than what came");
}

}  // namespace cosio::fuzz
