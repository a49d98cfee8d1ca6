// The namespaces that exist, by name. So a command can refuse an unknown namespace instead of making it.

#pragma once
#include <cosio/cosio.hpp>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

/// @par Threads  Any, guarded by a mutex.
class known_namespaces {
 public:
  void add(const cosio::nsp& made);

  /// @throws cosio::error for a name that no namespace has.
  cosio::nsp find(std::string_view name) const;
  std::vector<cosio::nsp> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, cosio::nsp, std::less<>> by_name_;
};

}  // namespace conformance
