// The window of a client that has agreed on context takeover: one stream of zlib that is never reset. It has nothing of
// ours, and what it cannot follow fails.

#pragma once
#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace cosio::test {

class zlib_window {
 public:
  /// @param bits  8 to 15
  explicit zlib_window(int bits) {
    if (::inflateInit2(&z_, -bits) != Z_OK) throw std::runtime_error("no memory for zlib");
  }
  ~zlib_window() { ::inflateEnd(&z_); }
  zlib_window(const zlib_window&) = delete;
  zlib_window& operator=(const zlib_window&) = delete;

  /// The payload of a compressed message. The output goes through a few bytes of room, so that zlib must find all that
  /// is referred to in its window. @throws std::runtime_error for what does not inflate.
  std::string inflate(std::string_view message) {
    std::string out;
    std::string input(message);
    input.append("\x00\x00\xff\xff", 4);
    z_.next_in = reinterpret_cast<Bytef*>(input.data());
    z_.avail_in = static_cast<uInt>(input.size());
    Bytef room[16];
    do {
      z_.next_out = room;
      z_.avail_out = sizeof room;
      const int did = ::inflate(&z_, Z_SYNC_FLUSH);
      if (did != Z_OK && did != Z_BUF_ERROR) throw std::runtime_error(z_.msg != nullptr ? z_.msg : "not deflate");
      out.append(reinterpret_cast<const char*>(room), sizeof room - z_.avail_out);
    } while (z_.avail_out == 0);
    if (z_.avail_in != 0) throw std::runtime_error("bytes behind the message");
    return out;
  }

 private:
  z_stream z_{};
};

}  // namespace cosio::test
