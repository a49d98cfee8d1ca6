// Finds the service that answers a request: services by the prefix of their target, then the application's routes, then
// its files, then 404.
//
//   way in    http/connection -> owner_of() -> service, or routes()

#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.hpp"
#include "http/route_pattern.hpp"
#include "http/service.hpp"
#include "http/static_files.hpp"

namespace cosio::inline v0_2::http {

/// @par Threads  Any; guarded by its own mutex. Tables are replaced as a whole, so requests under way keep theirs.
class router {
 public:
  explicit router(std::size_t max_body);

  /// Asked in the order in which they were added.
  void add_service(std::shared_ptr<service> added);
  void remove_service(const service* gone);
  std::vector<std::shared_ptr<service>> services() const;

  void add_route(std::string_view method, std::string_view path, app::handler callable);
  void add_files(std::string_view prefix, const std::string& directory);

  /// The service that owns this raw target; null when none does.
  std::shared_ptr<service> owner_of(std::string_view target) const;
  /// The shortest service::foreign_upgrade_time() of all services; one second when no service has one.
  std::chrono::milliseconds foreign_upgrade_time() const;
  /// Tells the log of a request for a path that no service, no route and no file has. At level info for a client of
  /// Engine.IO, whose path somebody must correct; for others at debug. Never throws.
  void note_unserved(const request& head) const noexcept;
  /// The application's routes and files: answers everything, takes no upgrade.
  const std::shared_ptr<service>& routes() const noexcept { return routes_; }

 private:
  using service_list = std::vector<std::shared_ptr<service>>;
  class route_service;

  std::shared_ptr<const service_list> snapshot() const;
  std::string served() const;

  mutable base::mutex mutex_;
  std::shared_ptr<const service_list> services_ COSIO_GUARDED_BY(mutex_) = std::make_shared<const service_list>();
  const std::shared_ptr<route_service> own_;
  const std::shared_ptr<service> routes_;
};

}  // namespace cosio::inline v0_2::http
