// Content types by file name.

#include <algorithm>
#include <iterator>
#include <utility>

#include "http/request_data.hpp"
#include "http/static_files.hpp"

namespace cosio::inline v0_2::http {
namespace {

constexpr std::pair<std::string_view, std::string_view> types[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json; charset=utf-8"},
    {"map", "application/json; charset=utf-8"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"xml", "application/xml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/x-icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"wav", "audio/wav"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"wasm", "application/wasm"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"webmanifest", "application/manifest+json"},
};

}  // namespace

std::string_view mime_type(std::string_view file_name) noexcept {
  const auto dot = file_name.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? std::string_view() : file_name.substr(dot + 1);
  const auto known =
      std::find_if(std::begin(types), std::end(types), [&](const auto& type) { return same_name(type.first, ending); });
  return known == std::end(types) ? "application/octet-stream" : known->second;
}

}  // namespace cosio::inline v0_2::http
