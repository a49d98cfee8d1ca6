// Reading files for browsers: which paths may be read, and whether the browser has the file already.

#include "http/static_files.hpp"

#include <sys/stat.h>
#include <cosio/error.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/system_calls.hpp"
#include "http/request_data.hpp"
#include "http/request_target.hpp"

namespace cosio::http {
namespace {

namespace fs = std::filesystem;

// Whether the text of a decoded path stays below its root: no dot files, no "..", no byte that ends a C string.
bool is_harmless(std::string_view path) noexcept {
  if (path.find('\0') != std::string_view::npos || path.find('\\') != std::string_view::npos) return false;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.starts_with('.')) return false;
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
    if (segment.empty()) return false;  // "//", or an absolute path
  }
  return true;
}

bool is_below(const fs::path& root, const fs::path& file) {
  return std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first == root.end();
}

std::string hex(std::uint64_t number) {
  std::string digits(16, '\0');
  digits.resize(static_cast<std::size_t>(std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr -
                                         digits.data()));
  return digits;
}

// Made of the size and the time of the last change in nanoseconds.
std::string etag_of(const struct stat& file) {
  const timespec changed = base::modified(file);
  return '"' + hex(static_cast<std::uint64_t>(file.st_size)) + '-' + hex(static_cast<std::uint64_t>(changed.tv_sec)) +
         '-' + hex(static_cast<std::uint64_t>(changed.tv_nsec)) + '"';
}

std::optional<std::string> contents_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept {
  if (trimmed(if_none_match) == "*") return true;
  while (!if_none_match.empty()) {
    const std::string_view piece = if_none_match.substr(0, if_none_match.find(','));
    if_none_match.remove_prefix(std::min(piece.size() + 1, if_none_match.size()));
    std::string_view tag = trimmed(piece);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

static_files::static_files(const std::string& directory) {
  std::error_code ec;
  root_ = fs::canonical(directory, ec);
  if (ec || !fs::is_directory(root_))
    throw error(errc::bad_argument, "the directory of static files \"" + directory + "\" does not exist");
}

std::optional<response> static_files::answer(const request& asked, std::string_view raw_path) const {
  std::string path = decode_path(raw_path);
  if (path.empty() || path.ends_with('/')) path += "index.html";
  if (!is_harmless(path)) return std::nullopt;

  std::error_code ec;
  const fs::path file = fs::canonical(root_ / path, ec);  // follows symbolic links
  struct stat about{};
  if (ec || !is_below(root_, file) || ::stat(file.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;

  if (asked.method() != "GET" && asked.method() != "HEAD") return response(405).set("Allow", "GET, HEAD");
  const std::string etag = etag_of(about);
  if (matches_etag(asked.header("if-none-match"), etag))
    return response(304).set("ETag", etag).set("Cache-Control", "public, max-age=0");
  auto bytes = contents_of(file);
  if (!bytes) return std::nullopt;
  response found(200, std::move(*bytes), mime_type(path));
  found.set("ETag", etag).set("Cache-Control", "public, max-age=0");
  return found;
}

}  // namespace cosio::http
