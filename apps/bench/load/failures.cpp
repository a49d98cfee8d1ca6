// A map of counts. A server may cause any number of kinds, so those above a limit are counted as one.

#include "failures.hpp"

#include <iostream>

namespace bench {
namespace {

constexpr std::uint64_t told_at_once = 5;
constexpr std::size_t max_kinds = 20;

}  // namespace

void failures::add(std::string_view kind, std::string_view detail) {
  if (count_++ < told_at_once) std::cerr << "bench: " << kind << (detail.empty() ? "" : ": ") << detail << "\n";
  auto found = by_kind_.find(kind);
  if (found == by_kind_.end()) {
    found = by_kind_.emplace(by_kind_.size() < max_kinds ? kind : std::string_view("other failures"), 0).first;
  }
  ++found->second;
}

}  // namespace bench
