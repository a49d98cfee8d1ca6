// The bytes of a server's frame on the wire.

#pragma once
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <string>

#include "engine/frame.hpp"

namespace cosio::test {

inline std::string bytes_of(const engine::shared_frame& frame) {
  std::array<iovec, 2> pieces{};
  std::string out;
  const std::size_t n = frame->pieces(pieces.data());
  for (std::size_t i = 0; i < n; ++i) out.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  return out;
}

}  // namespace cosio::test
