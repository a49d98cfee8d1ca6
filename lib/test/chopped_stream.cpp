// Reads and writes of any size.

#include "test/chopped_stream.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>

namespace cosio::test::inline v0_2::kit {
namespace {

// Writes of so few bytes into a connection that has room are not cut by any system.
constexpr std::size_t smallest_cut_write = 512;

}  // namespace

std::size_t chopped_stream::read_some(std::span<char> room, boost::system::error_code& ec) noexcept {
  if (dice_.chance(20)) {
    ec = boost::asio::error::would_block;
    return 0;
  }
  if (dice_.chance(300))
    room = room.first(std::min(room.size(), dice_.between(1, dice_.one_of<std::size_t>({2, 16, 300}))));
  return below_->read_some(room, ec);
}

std::size_t chopped_stream::write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept {
  std::size_t offered = 0;
  for (const iovec& piece : pieces) offered += piece.iov_len;
  if (offered < smallest_cut_write || !dice_.chance(200)) return below_->write_some(pieces, ec);
  std::array<iovec, 128> some{};
  std::size_t left = dice_.between(1, offered);
  std::size_t count = 0;
  for (; count < std::min(pieces.size(), some.size()) && left > 0; ++count) {
    some[count] = pieces[count];
    some[count].iov_len = std::min(left, some[count].iov_len);
    left -= some[count].iov_len;
  }
  return below_->write_some(std::span<const iovec>(some.data(), count), ec);
}

}  // namespace cosio::test::inline v0_2::kit
