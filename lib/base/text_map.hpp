// A hash map with text keys that is searched by string_view, without making a string.
//
// The keys may come from clients, so they are hashed with a secret: otherwise a client could choose names that all have
// one hash value, and each search would walk over all of them. Every hash of text in the library is this one.

#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/sip_hash.hpp"

namespace cosio::inline v0_2::base {

/// It is not noexcept, so that libstdc++ keeps the hash of each key: a search computes one hash, and not one more for
/// each key that it meets.
struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return static_cast<std::size_t>(sip_hash(process_secret(), text));
  }
};

template <class T>
using text_map = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

}  // namespace cosio::inline v0_2::base
