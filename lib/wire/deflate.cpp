// zlib's raw streams. A message ends with a flush, whose last four bytes RFC 7692 leaves out.

#include "wire/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace cosio::inline v0_2::wire {
namespace {

constexpr std::string_view flush_tail("\x00\x00\xff\xff", 4);
constexpr std::size_t flush_room = 7;  // with less, zlib may flush twice
// The streams that one message may consist of. RFC 7692, section 7.2.3.4, has a use for one block that is marked as the
// last; each one costs two copies of the window, although it may have two bytes.
constexpr int max_streams = 4;
constexpr std::size_t first_guess = 1'024;  // bytes of the first buffer for an inflated message

Bytef* bytes_of(std::string_view text) noexcept { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

struct deflater::state {
  z_stream z{};
};

deflater::deflater(const settings& s) : state_(std::make_unique<state>()) {
  // zlib has no raw stream with a window of 256 bytes. With 512 it refers back 250 bytes at most, which a client with a
  // window of 256 can follow.
  const int window = -std::max(s.window_bits, 9);
  if (::deflateInit2(&state_->z, s.level, Z_DEFLATED, window, s.memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

deflater::~deflater() {
  if (state_) ::deflateEnd(&state_->z);
}

deflater::deflater(deflater&&) noexcept = default;
deflater& deflater::operator=(deflater&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

void deflater::reset() noexcept { ::deflateReset(&state_->z); }

void deflater::deflate(std::span<const std::string_view> pieces, std::string& out) {
  std::size_t total = 0;
  for (const std::string_view piece : pieces) total += piece.size();
  if (total == 0) {  // RFC 7692, section 7.2.3.6; zlib writes nothing for two flushes in a row
    out += '\0';
    return;
  }
  z_stream& z = state_->z;
  std::size_t used = out.size();
  const auto run = [&](int how) {
    do {
      if (out.size() - used < flush_room) out.resize(used + std::max<std::size_t>(256, total / 2));
      z.next_out = bytes_of(std::string_view(out).substr(used));
      z.avail_out = static_cast<uInt>(out.size() - used);
      ::deflate(&z, how);
      used = out.size() - z.avail_out;
    } while (z.avail_out == 0);
  };
  for (const std::string_view piece : pieces) {
    z.next_in = bytes_of(piece);
    z.avail_in = static_cast<uInt>(piece.size());
    if (!piece.empty()) run(Z_NO_FLUSH);
  }
  run(Z_SYNC_FLUSH);
  out.resize(used - flush_tail.size());
}

struct inflater::state {
  z_stream z{};
};

inflater::inflater(int window_bits) : state_(std::make_unique<state>()) {
  if (::inflateInit2(&state_->z, -window_bits) != Z_OK) throw std::bad_alloc();
}

inflater::~inflater() {
  if (state_) ::inflateEnd(&state_->z);
}

inflater::inflater(inflater&&) noexcept = default;
inflater& inflater::operator=(inflater&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

void inflater::reset() noexcept { ::inflateReset(&state_->z); }

namespace {

// An output buffer that grows by doubling, but never above its limit. One thread at a time.
class bounded_buffer {
 public:
  bounded_buffer(std::size_t guess, std::size_t limit) : limit_(limit) { grow_to(std::min(guess, limit)); }

  /// Points zlib at the free part of the buffer; when the limit is reached, at a single spare byte.
  void offer(z_stream& z) {
    if (used_ == bytes_.size() && used_ < limit_)
      grow_to(bytes_.size() > limit_ / 2 ? limit_ : std::max<std::size_t>(1, bytes_.size() * 2));
    full_ = used_ == bytes_.size();
    z.next_out = full_ ? &one_too_many_ : bytes_of(std::string_view(bytes_).substr(used_));
    z.avail_out = full_ ? 1 : static_cast<uInt>(std::min<std::size_t>(bytes_.size() - used_, 1U << 30U));
    offered_ = z.avail_out;
  }
  /// @return false when zlib wrote more than the limit allows.
  bool take(const z_stream& z) noexcept {
    const std::size_t came = offered_ - z.avail_out;
    if (full_) return came == 0;
    used_ += came;
    return true;
  }
  std::string finish() {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  // Uses a new string: a string that grows may take more memory than it was asked for.
  void grow_to(std::size_t size) {
    std::string larger(size, '\0');
    std::copy_n(bytes_.begin(), used_, larger.begin());
    bytes_ = std::move(larger);
  }

  const std::size_t limit_;
  std::string bytes_;
  std::size_t used_ = 0;
  std::size_t offered_ = 0;
  bool full_ = false;
  Bytef one_too_many_ = 0;
};

// Called when a block was marked as the last one of its stream, although the connection continues: RFC 7692, section
// 7.2.3.4. Later blocks may still refer to the window, so it is kept.
bool begin_again(z_stream& z) {
  std::array<Bytef, 32'768> window;
  uInt size = 0;
  if (::inflateGetDictionary(&z, window.data(), &size) != Z_OK) return false;
  if (::inflateReset(&z) != Z_OK) return false;
  return size == 0 || ::inflateSetDictionary(&z, window.data(), size) == Z_OK;
}

// Whether zlib stands between two blocks, at a whole byte: only there a message may end.
bool is_at_end(const z_stream& z) noexcept { return (z.data_type & 128) != 0 && (z.data_type & 7) == 0; }

}  // namespace

result<std::string> inflater::inflate(std::string_view message, std::size_t max_bytes) {
  if (message.empty()) return std::string();  // some clients send an empty message as no bytes, not as one zero byte
  z_stream& z = state_->z;
  int streams = 0;
  bounded_buffer out(std::max(first_guess, message.size() * 2), max_bytes);
  for (const std::string_view part : {message, flush_tail}) {
    z.next_in = bytes_of(part);
    z.avail_in = static_cast<uInt>(part.size());
    do {
      out.offer(z);
      const int did = ::inflate(&z, Z_SYNC_FLUSH);
      if (!out.take(z)) return fault{errc::message_too_large, max_bytes};
      const std::size_t at = part.data() == message.data() ? part.size() - z.avail_in : message.size();
      if (did == Z_STREAM_END && (++streams > max_streams || !begin_again(z))) return fault{errc::bad_deflate, at};
      if (did != Z_OK && did != Z_BUF_ERROR && did != Z_STREAM_END) return fault{errc::bad_deflate, at};
      if (did == Z_BUF_ERROR) break;  // no input is left, and no output
    } while (z.avail_in > 0 || z.avail_out == 0);
  }
  if (z.avail_in != 0 || !is_at_end(z)) return fault{errc::bad_deflate, message.size()};
  return out.finish();
}

}  // namespace cosio::inline v0_2::wire
