// Files of an application: content types, ETag, 304 and ranges of bytes, never outside their directory.

#pragma once
#include <cosio/http.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace cosio::inline v0_2::http {

/// The content type for a file name; "application/octet-stream" when the name says nothing about the content.
std::string_view mime_type(std::string_view file_name) noexcept;

/// Whether an If-None-Match header names this entity tag. Lists, weak tags and `*` count.
bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept;

/// The part of a body that a Range header asks for.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;  // 0: the range is outside of the body, and is answered with 416

  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// Reads a Range header for a body of `size` bytes. @return nothing when the header is to be ignored: another unit than
/// bytes, several ranges, no syntax of a range, an empty body.
/// @par Source  RFC 9110, section 14.
std::optional<byte_range> find_range(std::string_view header, std::uint64_t size) noexcept;

/// Opens a file for reading. It goes down from the root step by step and follows no link: so a link that somebody puts
/// there after the path was made canonical leads nowhere.
/// @param file  A canonical path below the canonical root. @return no descriptor when it cannot be opened so.
base::descriptor open_below(const std::filesystem::path& root, const std::filesystem::path& file);

/// Opens a file for reading, by one system call if the path has no link. Links are followed inside of the root.
/// @param root  Canonical.
/// @param path  Below it: no "." and no "..", no empty segment.
/// @return no descriptor when there is no such file inside.
base::descriptor open_inside(const std::filesystem::path& root, std::string_view path);

/// @par Threads  Immutable; reads files on the calling thread.
class static_files {
 public:
  /// @throws error errc::bad_argument when the directory does not exist.
  explicit static_files(const std::string& directory);

  /// The answer for a raw path below the prefix ("css/a%20b.css"); nothing when there is no such file, when a part of
  /// the path starts with a dot, or when it leads out of the directory, also through a symbolic link. "" and "sub/"
  /// mean index.html. GET and HEAD only: 405 otherwise. The bytes of a file are not read here: response::file().
  std::optional<response> answer(const request& asked, std::string_view raw_path) const;

 private:
  std::filesystem::path root_;  // canonical
};

}  // namespace cosio::inline v0_2::http
