// Slots of a Redis Cluster.

#include "cluster/redis_slots.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::int64_t slots = 16'384;

std::optional<std::uint16_t> slot_port(std::optional<std::int64_t> number) {
  if (!number || *number <= 0 || *number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// The name of a server that does not know its own is empty, or a question mark.
std::string named(std::string_view host, const redis_host& asked) {
  return host.empty() || host == "?" ? asked.host : std::string(host);
}

}  // namespace

std::uint16_t redis_slot(std::string_view key) noexcept {
  if (const std::size_t open = key.find('{'); open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  boost::crc_optimal<16, 0x1021> crc;  // CRC16/XMODEM; crc_xmodem_type of Boost 1.81 is another one
  crc.process_bytes(key.data(), key.size());
  return static_cast<std::uint16_t>(crc.checksum() % slots);
}

std::optional<redis_slots> redis_slots::read(const redis_value& reply, const redis_host& asked) {
  if (reply.kind != redis_value::kinds::list || reply.items.empty()) return std::nullopt;
  redis_slots out;
  for (const redis_value& item : reply.items) {
    const auto first = item.at(0).integer();
    const auto last = item.at(1).integer();
    const redis_value& master = item.at(2);
    const auto port = slot_port(master.at(1).integer());
    if (!first || !last || !port || *first < 0 || *last < *first || *last >= slots) return std::nullopt;
    range one;
    one.first = static_cast<std::uint16_t>(*first);
    one.last = static_cast<std::uint16_t>(*last);
    one.master = redis_host(named(master.text_at(0), asked), *port);
    out.masters_.insert(one.master);
    out.ranges_.push_back(std::move(one));
  }
  std::sort(out.ranges_.begin(), out.ranges_.end(), [](const range& a, const range& b) { return a.first < b.first; });
  return out;
}

const redis_host* redis_slots::master_of(std::uint16_t slot) const noexcept {
  auto found = std::upper_bound(ranges_.begin(), ranges_.end(), slot,
                                [](std::uint16_t wanted, const range& one) { return wanted < one.first; });
  if (found == ranges_.begin()) return nullptr;
  --found;
  return slot <= found->last ? &found->master : nullptr;
}

std::optional<redis_host> moved_to(const redis_value& reply, const redis_host& asked) {
  if (reply.code() != "MOVED" && reply.code() != "ASK") return std::nullopt;
  const std::string_view text = reply.text;
  const std::string_view place = text.substr(text.rfind(' ') + 1);
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = slot_port(redis_value(std::string(place.substr(colon + 1))).integer());
  if (!port) return std::nullopt;
  return redis_host(named(place.substr(0, colon), asked), *port);
}

}  // namespace cosio::inline v0_2::cluster
