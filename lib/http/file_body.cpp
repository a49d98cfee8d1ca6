// Reading a part of a file by position.

#include "http/file_body.hpp"

#include <unistd.h>
#include <cosio/error.hpp>

#include <algorithm>
#include <cerrno>

namespace cosio::inline v0_2::http {

std::size_t file_body::read(std::uint64_t at, std::span<char> room) const noexcept {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), size_ - std::min(at, size_)));
  std::size_t have = 0;
  while (have < wanted) {
    const ssize_t n = ::pread(file_->get(), room.data() + have, wanted - have, static_cast<off_t>(from_ + at + have));
    if (n > 0) have += static_cast<std::size_t>(n);
    if (n == 0 || (n < 0 && errno != EINTR)) break;
  }
  return have;
}

std::string file_body::text() const {
  std::string bytes(static_cast<std::size_t>(size_), '\0');
  if (read(0, bytes) != bytes.size()) throw error(errc::connection_closed, "the file became shorter while it was read");
  return bytes;
}

}  // namespace cosio::inline v0_2::http
