// The helpers of the tests of conversions: a value as JSON text, and JSON text as a value or as words of its refusal.

#pragma once
#include <boost/json/parse.hpp>

#include <cosio/convert.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace converted {

inline cosio::binary bytes(std::string_view text) { return cosio::binary(std::string(text)); }

template <class... T>
std::string written(const T&... values) {
  return cosio::detail::encode_answer(values...).json();
}

inline cosio::arguments list_of(std::string_view text, std::vector<cosio::binary> attachments = {}) {
  return cosio::arguments(boost::json::parse({text.data(), text.size()}).as_array(), std::move(attachments));
}

template <class T>
T read(std::string_view one, std::vector<cosio::binary> attachments = {}) {
  return list_of("[" + std::string(one) + "]", std::move(attachments)).template get<T>(0);
}

template <class T>
std::string problem(std::string_view one, std::vector<cosio::binary> attachments = {}) {
  try {
    static_cast<void>(read<T>(one, std::move(attachments)));
  } catch (const cosio::error& e) {
    CHECK(e.code() == cosio::errc::conversion);
    return e.detail();
  }
  return "it fits";
}

// Written and read again.
template <class T>
T there_and_back(const T& value) {
  const cosio::event_data data = cosio::detail::encode_answer(value);
  return list_of(data.json(), data.attachments()).template get<T>(0);
}

}  // namespace converted
