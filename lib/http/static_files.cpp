// Reading files for browsers: which paths may be read, and whether the browser has the file already.

#include "http/static_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <cosio/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "base/logger.hpp"
#include "base/system_calls.hpp"
#include "http/file_body.hpp"
#include "http/request_data.hpp"
#include "http/request_target.hpp"

namespace cosio::inline v0_2::http {
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

// Made of the size and the time of the last change in nanoseconds.
std::string etag_of(const struct stat& file) {
  constexpr std::size_t most_digits = 16;
  const timespec changed = base::modified(file);
  std::array<char, 3 * most_digits + 4> text;
  char* end = text.data();
  char before = '"';
  for (const auto number : {static_cast<std::uint64_t>(file.st_size), static_cast<std::uint64_t>(changed.tv_sec),
                            static_cast<std::uint64_t>(changed.tv_nsec)}) {
    *end++ = std::exchange(before, '-');
    end = std::to_chars(end, end + most_digits, number, 16).ptr;
  }
  *end++ = '"';
  return std::string(text.data(), end);
}

// A number of digits only. One that is too large for the type is its largest value.
std::optional<std::uint64_t> number_of(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  if (digits.empty() || read.ptr != end) return std::nullopt;
  return read.ec == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : number;
}

// Whether the part that is asked for belongs to the body that the client has the rest of.
bool is_of_this_body(const request& asked, std::string_view etag) {
  std::string joined;
  const std::string_view condition = trimmed(header_of(asked, "if-range", joined));
  return condition.empty() || condition == etag;
}

response part_of(std::shared_ptr<const base::descriptor> file, const request& asked, std::uint64_t size,
                 std::string_view etag) {
  const auto range =
      asked.method() == "GET" && is_of_this_body(asked, etag) ? find_range(asked.header("range"), size) : std::nullopt;
  response answer(range ? 206 : 200);
  const std::string whole = std::to_string(size);
  if (range && range->size == 0) return response(416).set("Content-Range", "bytes */" + whole);
  if (range)
    answer.set("Content-Range", "bytes " + std::to_string(range->first) + '-' +
                                    std::to_string(range->first + range->size - 1) + '/' + whole);
  const byte_range part = range.value_or(byte_range{0, size});
  answer.file(std::make_shared<const file_body>(std::move(file), part.first, part.size));
  return answer;
}

// The answer when a file could not be opened. A file may be there for which the process has no descriptor or no memory.
std::optional<response> answer_without(int why) {
  if (why != EMFILE && why != ENFILE && why != ENOMEM) return std::nullopt;
  base::log(log_level::warn, "http",
            std::string("a file was not served: there is no ") + (why == ENOMEM ? "memory" : "free file descriptor"));
  return response(503).set("Cache-Control", "no-store");
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

std::optional<byte_range> find_range(std::string_view header, std::uint64_t size) noexcept {
  constexpr std::string_view unit = "bytes=";
  if (size == 0 || header.size() < unit.size() || !same_name(header.substr(0, unit.size()), unit)) return std::nullopt;
  const std::string_view text = trimmed(header.substr(unit.size()));
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = number_of(text.substr(0, dash));
  const auto to = number_of(text.substr(dash + 1));
  if (dash == 0) {  // the last bytes
    if (!to) return std::nullopt;
    const std::uint64_t last = std::min(*to, size);
    return byte_range{size - last, last};
  }
  if (!from || (!to && dash + 1 != text.size()) || (to && *to < *from)) return std::nullopt;
  if (*from >= size) return byte_range{};
  return byte_range{*from, std::min(to.value_or(size), size - 1) - *from + 1};
}

base::descriptor open_inside(const fs::path& root, std::string_view path) {
  // As a rule there are no links: the root is canonical.
  const std::string name = std::string(root.native()).append(1, '/').append(path);
  base::descriptor direct(base::open_without_links(name.c_str()));
  if (direct.get() >= 0 || errno == ENOENT || errno == ENOTDIR) return direct;
  std::error_code ec;
  const fs::path file = fs::canonical(name, ec);  // follows symbolic links
  if (ec || !is_below(root, file)) return direct;
  return open_below(root, file);
}

base::descriptor open_below(const fs::path& root, const fs::path& file) {
  base::descriptor at(::open(root.c_str(), base::search_directory));
  const fs::path inside = file.lexically_relative(root);
  for (auto step = inside.begin(); step != inside.end() && at.get() >= 0; ++step) {
    const bool last = std::next(step) == inside.end();
    // A device or a pipe does not block, and is refused by its kind.
    const int flags = last ? O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY : base::search_directory;
    at = base::descriptor(::openat(at.get(), step->c_str(), flags | O_NOFOLLOW));
  }
  return at;
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

  base::descriptor found = open_inside(root_, path);
  if (found.get() < 0) return answer_without(errno);
  const auto opened = std::make_shared<const base::descriptor>(std::move(found));
  struct stat about{};
  if (::fstat(opened->get(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;

  if (asked.method() != "GET" && asked.method() != "HEAD") return response(405).set("Allow", "GET, HEAD");
  const std::string etag = etag_of(about);
  if (matches_etag(asked.header("if-none-match"), etag))
    return response(304).set("ETag", etag).set("Cache-Control", "public, max-age=0");
  response whole_or_part = part_of(opened, asked, static_cast<std::uint64_t>(about.st_size), etag);
  whole_or_part.set("Content-Type", mime_type(path)).set("ETag", etag).set("Cache-Control", "public, max-age=0");
  whole_or_part.set("Accept-Ranges", "bytes");
  return whole_or_part;
}

}  // namespace cosio::inline v0_2::http
