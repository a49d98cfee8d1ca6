// The file is opened for each line: so a process that goes and one that comes write to the same file, also when one of
// them has just renamed it.

#include "diary.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

namespace chat {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int private_file = 0600;
constexpr std::size_t least_max_bytes = 4'000'000;

// The line feed comes first: a line that was cut off harms none but itself.
std::string text_of(const line& said) { return "\n" + json::serialize(json::value_from(said)); }

void read_lines(const fs::path& file, std::vector<line>& into) {
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    boost::system::error_code wrong;
    const json::value value = json::parse(text, wrong);
    if (wrong) continue;  // an empty one between two, or one that was cut off by the end of the process
    if (auto said = json::try_value_to<line>(value)) into.push_back(std::move(*said));
  }
}

}  // namespace

diary::diary(fs::path file, std::function<std::vector<line>()> wanted)
    : file_(std::move(file)), old_(file_), wanted_(std::move(wanted)), max_bytes_(least_max_bytes) {
  old_ += ".old";
  std::error_code ignored;  // write() tells of it
  if (file_.has_parent_path()) fs::create_directories(file_.parent_path(), ignored);
}

std::vector<line> diary::read() const {
  std::vector<line> all;
  if (file_.empty()) return all;
  read_lines(old_, all);
  read_lines(file_, all);
  return all;
}

void diary::write(const line& said) {
  if (file_.empty()) return;
  const std::lock_guard lock(mutex_);
  if (append(text_of(said)) > max_bytes_) begin_anew();
}

// Returns the size of the file.
std::size_t diary::append(const std::string& text) {
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, private_file);
  if (fd < 0) {
    complain();
    return 0;
  }
  if (std::cmp_not_equal(::write(fd, text.data(), text.size()), text.size())) complain();
  const auto end = static_cast<std::size_t>(::lseek(fd, 0, SEEK_CUR));
  ::close(fd);
  return end;
}

void diary::begin_anew() {
  std::error_code failed;
  if (fs::file_size(file_, failed) <= max_bytes_ || failed) return;  // another process has done it
  fs::rename(file_, old_, failed);
  if (failed) return;  // then the file grows until it works
  std::string text;
  for (const line& said : wanted_()) text += text_of(said);
  // The next one is not begun before as much has been written again.
  max_bytes_ = std::max(least_max_bytes, 2 * append(text));
}

void diary::complain() {
  const int why = errno;
  if (std::exchange(has_complained_, true)) return;
  std::cerr << "chat: what is said is kept in memory only, because " + file_.string() +
                   " cannot be written: " + std::strerror(why) + "\n";
}

}  // namespace chat
