// Serving the browser client.

#include "http/client_bundle.hpp"

#include <algorithm>
#include <array>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "http/request_target.hpp"

namespace cosio::inline v0_2::http {
namespace {

constexpr std::array<std::string_view, 8> names{
    "socket.io.js",         "socket.io.js.map",         "socket.io.min.js",         "socket.io.min.js.map",
    "socket.io.esm.min.js", "socket.io.esm.min.js.map", "socket.io.msgpack.min.js", "socket.io.msgpack.min.js.map"};

std::string prefix_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path) + '/';
}

std::string_view type_of(std::string_view name) noexcept {
  return name.ends_with(".map") ? "application/json; charset=utf-8" : "application/javascript; charset=utf-8";
}

constexpr std::string_view not_built_in = "The browser client was not built into this server";
constexpr std::string_view remedy =
    "build cosio where npm and a network are at hand (COSIO_CLIENT_BUNDLE), or set options.client_directory to the "
    "folder `dist` of the npm package socket.io-client";

response missing(std::string_view why) { return response(404, std::string(why)); }

}  // namespace

client_bundle::client_bundle(std::string_view path, origin_policy origins)
    : prefix_(prefix_of(path)), origins_([origins = std::move(origins)] { return origins; }) {}

client_bundle::client_bundle(std::string_view path, const std::string& folder, origin_policy origins)
    : prefix_(prefix_of(path)),
      origins_([origins = std::move(origins)] { return origins; }),
      folder_(static_files(folder)) {}

client_bundle::client_bundle(std::string_view path, const std::string& folder, std::function<origin_policy()> origins)
    : prefix_(prefix_of(path)),
      origins_(std::move(origins)),
      folder_(folder.empty() ? std::nullopt : std::optional<static_files>(std::in_place, folder)) {}

bool client_bundle::owns(std::string_view target) const noexcept {
  if (!target.starts_with(prefix_)) return false;
  const std::string_view name = path_of(target).substr(prefix_.size());
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string client_bundle::introduce() const {
  if (!folder_ && embedded_client_files().empty() && !is_told_.test_and_set()) {
    base::log(log_level::warn, "http",
              "pages cannot load " + prefix_ + "socket.io.js. " + std::string(not_built_in) + ": " +
                  std::string(remedy) + "; options.serve_client = false if no page needs it");
  }
  return {};
}

task<std::optional<response>> client_bundle::upgrade(std::shared_ptr<exchange>) { co_return response(400); }

task<response> client_bundle::answer(std::shared_ptr<exchange> x) {
  const request asked = x->head();
  const origin_policy origins = origins_();
  const origin_verdict origin = co_await origins.check(asked);
  // There is no middleware here that a preflight could go on to.
  const bool is_preflight = asked.method() == "OPTIONS" && origins.is_cross_origin();
  if (is_preflight) co_return origins.preflight(asked, origin);
  response found = file(asked);
  origins.apply(found, asked, origin);
  co_return found;
}

response client_bundle::file(const request& asked) {
  const std::string_view name = asked.path().substr(prefix_.size());
  if (!folder_) return embedded(asked, name);
  auto found = folder_->answer(asked, name);
  if (!found) return missing("The folder of client files has no file of this name.\n");
  if (found->status() == 200) found->set("Content-Type", type_of(name));
  return std::move(*found);
}

response client_bundle::embedded(const request& asked, std::string_view name) {
  const auto files = embedded_client_files();
  const auto file = std::find_if(files.begin(), files.end(), [&](const embedded_file& f) { return f.name == name; });
  if (file == files.end()) return missing(std::string(not_built_in) + ": " + std::string(remedy) + ".\n");

  const std::string etag = '"' + std::string(embedded_client_version()) + '"';
  const std::string known = asked.header("if-none-match");
  if (known == etag || known == "W/" + etag) return response(304);
  const content_encoding encoding = negotiate(asked.header("accept-encoding"));
  response found(200);
  found.set("Cache-Control", "public, max-age=0")
      .set("Content-Type", type_of(name))
      .set("ETag", etag)
      .set("Vary", "Accept-Encoding");
  if (encoding != content_encoding::identity) found.set("Content-Encoding", to_string(encoding));
  found.body(encoded(*file, encoding));
  return found;
}

std::shared_ptr<const std::string> client_bundle::encoded(const embedded_file& file, content_encoding encoding) {
  const base::lock_guard lock(mutex_);
  auto& kept = encoded_[{file.name, encoding}];
  if (!kept) kept = std::make_shared<const std::string>(compress(file.bytes, encoding));
  return kept;
}

}  // namespace cosio::inline v0_2::http
