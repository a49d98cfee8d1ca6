// A walk over arguments in either of their forms.

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/json_ref.hpp>

#include <cstddef>

namespace cosio::inline v0_2::detail {

/// Calls `each` with a json_ref of every argument, in order.
template <class Each>
void for_each_value(const arguments& list, Each each) {
  if (!list.parsed().list) {
    for (const boost::json::value& value : list.values()) each(json_ref(value));
    return;
  }
  const std::size_t count = list.size();
  if (count == 0) return;
  json_ref::iterator at(element_at(list.parsed(), 0));
  for (std::size_t i = 0; i < count; ++i, ++at) each(*at);
}

}  // namespace cosio::inline v0_2::detail
