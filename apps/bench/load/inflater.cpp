// One raw stream of zlib. The four bytes that end a message are not sent: they are added here.

#include "inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "bad_answer.hpp"

namespace bench {
namespace {

constexpr std::string_view message_tail("\x00\x00\xff\xff", 4);
constexpr std::size_t first_room = 4'096;
constexpr std::size_t max_message = 1U << 30;
constexpr int window = 15;  // the largest: a server may use a smaller one

Bytef* bytes_of(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

struct inflater::state {
  z_stream z{};
};

inflater::inflater() : state_(std::make_unique<state>()), out_(first_room, '\0') {
  if (::inflateInit2(&state_->z, -window) != Z_OK) throw std::bad_alloc();
}

inflater::~inflater() { ::inflateEnd(&state_->z); }

std::string_view inflater::inflate(std::string_view message, bool alone) {
  z_stream& z = state_->z;
  if (alone) ::inflateReset(&z);
  std::size_t used = 0;
  for (const std::string_view part : {message, message_tail}) {
    z.next_in = bytes_of(part);
    z.avail_in = static_cast<uInt>(part.size());
    do {
      if (used == out_.size()) out_.resize(2 * used);
      if (used > max_message) throw bad_answer("a compressed message of more than 1 GiB");
      z.next_out = bytes_of(std::string_view(out_).substr(used));
      z.avail_out = static_cast<uInt>(out_.size() - used);
      const int did = ::inflate(&z, Z_SYNC_FLUSH);
      used = out_.size() - z.avail_out;
      if (did == Z_BUF_ERROR) break;  // no input is left, and no output
      if (did != Z_OK) throw bad_answer("a message that cannot be inflated");
    } while (z.avail_in > 0 || z.avail_out == 0);
  }
  return std::string_view(out_).substr(0, used);
}

bool keeps_context(std::string_view extensions) {
  if (!extensions.starts_with("permessage-deflate")) throw bad_answer("the server does not compress");
  return extensions.find("server_no_context_takeover") == std::string_view::npos;
}

}  // namespace bench
