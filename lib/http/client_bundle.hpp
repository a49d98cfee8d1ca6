// The browser client under the path of a server: socket.io.js, its variants and source maps, embedded at build time or
// from a folder.
//
//   way in    http/connection -> client_bundle (in front of the engine, which answers all other names)

#pragma once
#include <cosio/origins.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/guarded.hpp"
#include "http/compression.hpp"
#include "http/service.hpp"
#include "http/static_files.hpp"

namespace cosio::inline v0_2::http {

/// One embedded file.
struct embedded_file {
  std::string_view name;
  std::string_view bytes;
};

// Defined by a file that the build generates (lib/cmake/embed_client.cmake). Without a bundle: no files, and
// no version.
std::span<const embedded_file> embedded_client_files() noexcept;
std::string_view embedded_client_version() noexcept;

/// @par Threads  Any; compressed forms are made once, guarded by its own mutex.
class client_bundle final : public service {
 public:
  /// Serves the embedded files.
  /// @param path  The path of the server: "/socket.io".
  explicit client_bundle(std::string_view path, origin_policy origins = {});
  /// Serves the files of a folder, under the same names. @throws error errc::bad_argument when there is no such folder.
  client_bundle(std::string_view path, const std::string& folder, origin_policy origins = {});
  /// The same, with origins that may change: they are asked for at every request. @param folder  Empty: the
  /// embedded files.
  client_bundle(std::string_view path, const std::string& folder, std::function<origin_policy()> origins);

  /// Whether the target without its query is "<path>/<one of the names>".
  bool owns(std::string_view target) const noexcept override;
  bool may_hold(const request&) const noexcept override { return false; }
  task<response> answer(std::shared_ptr<exchange> x) override;
  task<std::optional<response>> upgrade(std::shared_ptr<exchange> x) override;
  void closing() override {}
  /// Writes a line when there are no files to serve, once.
  std::string introduce() const override;

 private:
  response file(const request& asked);
  response embedded(const request& asked, std::string_view name);
  std::shared_ptr<const std::string> encoded(const embedded_file& file, content_encoding encoding);

  const std::string prefix_;                      // "/socket.io/"
  const std::function<origin_policy()> origins_;  // called at every request
  const std::optional<static_files> folder_;
  mutable std::atomic_flag is_told_;
  base::mutex mutex_;
  std::map<std::pair<std::string_view, content_encoding>, std::shared_ptr<const std::string>> encoded_
      COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::http
