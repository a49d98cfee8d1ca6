// Moving bytes between clients and the server.

#include "test/network.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>

#include "test/chopped_stream.hpp"

namespace cosio::test::inline v0_2::kit {

line::line(network& in, const std::string& address) : net_(in) {
  async::memory_streams pair(in.roll.between(in.smallest_pipe, in.largest_pipe));
  if (!address.empty()) pair.near->remote_address(address);
  in.server->serve(std::make_unique<chopped_stream>(std::move(pair.near), in.roll, in.server_streams));
  far_ = std::move(pair.far);
  ++in.connections;
}

std::size_t line::some_of(std::size_t bytes, bool all) {
  if (all || net_.roll.chance(600)) return bytes;
  return std::min(bytes, net_.roll.between(1, net_.roll.one_of<std::size_t>({3, 20, 200})));
}

std::size_t line::push(bool all) {
  if (out_.empty() || ended_) return 0;
  std::string piece = out_.substr(0, some_of(out_.size(), all));
  if (told_ && net_.faults && net_.roll.chance(100)) {
    piece[net_.roll.below(piece.size())] ^= static_cast<char>(1U << net_.roll.below(8));
    told_();
  }
  boost::system::error_code ec;
  const iovec bytes{piece.data(), piece.size()};
  const std::size_t n = far_->write_some({&bytes, 1}, ec);
  out_.erase(0, n);
  if (ec && ec != boost::asio::error::would_block) out_.clear();  // nobody reads it any more; pull() finds the end
  net_.bytes += n;
  return n;
}

std::size_t line::pull(bool all) {
  static std::array<char, 65'536> room;
  std::size_t total = 0;
  while (!ended_) {
    boost::system::error_code ec;
    const std::size_t n = far_->read_some(std::span(room).first(some_of(room.size(), all)), ec);
    in_.append(room.data(), n);
    total += n;
    if (ec && ec != boost::asio::error::would_block) ended_ = true;
    if (ec || !all) break;
  }
  net_.bytes += total;
  return total;
}

}  // namespace cosio::test::inline v0_2::kit
