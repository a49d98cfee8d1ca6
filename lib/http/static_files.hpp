// Files of an application: content types, ETag and 304, never outside their directory.

#pragma once
#include <cosio/http.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::http {

/// The content type for a file name; "application/octet-stream" when the name says nothing about the content.
std::string_view mime_type(std::string_view file_name) noexcept;

/// Whether an If-None-Match header names this entity tag. Lists, weak tags and `*` count.
bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept;

/// @par Threads  Immutable; reads files on the calling thread.
class static_files {
 public:
  /// @throws error errc::bad_argument when the directory does not exist.
  explicit static_files(const std::string& directory);

  /// The answer for a raw path below the prefix ("css/a%20b.css"); nothing when there is no such file, when a part of
  /// the path starts with a dot, or when it leads out of the directory, also through a symbolic link. "" and "sub/"
  /// mean index.html. GET and HEAD only: 405 otherwise.
  std::optional<response> answer(const request& asked, std::string_view raw_path) const;

 private:
  std::filesystem::path root_;  // canonical
};

}  // namespace cosio::http
