// The file is opened for each line: so a process that goes and one that comes write to the same file, also when one of
// them has just renamed it.

#include "diary.hpp"

#include <fcntl.h>
#include <unistd.h>

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

diary::diary(fs::path file, std::size_t max_bytes) : file_(std::move(file)), old_(file_), max_bytes_(max_bytes) {
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
  // The line feed comes first: a line that was cut off harms none but itself.
  const std::string text = "\n" + json::serialize(json::value_from(said));
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, private_file);
  if (fd < 0) return complain();
  if (std::cmp_not_equal(::write(fd, text.data(), text.size()), text.size())) complain();
  const auto end = static_cast<std::size_t>(::lseek(fd, 0, SEEK_CUR));
  ::close(fd);
  std::error_code ignored;  // then the file grows until it works
  const bool is_large = end > max_bytes_ && fs::file_size(file_, ignored) > max_bytes_;  // no other thread has done it
  if (is_large) fs::rename(file_, old_, ignored);
}

void diary::complain() {
  const int why = errno;
  if (has_complained_.exchange(true)) return;
  std::cerr << "chat: what is said is kept in memory only, because " + file_.string() +
                   " cannot be written: " + std::strerror(why) + "\n";
}

}  // namespace chat
