// A map behind a mutex.

#include "known_namespaces.hpp"

#include <utility>

namespace conformance {

void known_namespaces::add(const cosio::nsp& made) {
  const std::lock_guard lock(mutex_);
  by_name_.insert_or_assign(made.name(), made);
}

cosio::nsp known_namespaces::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) throw cosio::error(cosio::errc::bad_argument, "unknown namespace");
  return found->second;
}

std::vector<cosio::nsp> known_namespaces::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<cosio::nsp> list;
  for (const auto& entry : by_name_) list.push_back(entry.second);
  return list;
}

}  // namespace conformance
