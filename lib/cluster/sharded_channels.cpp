// The channels of the sharded Redis adapter.

#include "cluster/sharded_channels.hpp"

#include <utility>

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t id_size = 20;  // of the ids of Engine.IO

// Ids of Engine.IO 4, and those that clients of Engine.IO 3 have outside of the main namespace: `/nsp#id`.
bool may_be_id(std::string_view nsp, std::string_view room) noexcept {
  if (utf16_size(room) == id_size) return true;
  return room.size() > nsp.size() && room.starts_with(nsp) && room[nsp.size()] == '#';
}

}  // namespace

std::size_t utf16_size(std::string_view text) noexcept {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) ++units;  // the first byte of a character
    if (byte >= 0xF0) ++units;            // a character of two units
  }
  return units;
}

sharded_channels::sharded_channels(std::string prefix, subscription_mode mode)
    : prefix_(std::move(prefix)), mode_(mode) {}

std::string sharded_channels::main(std::string_view nsp) const { return prefix_ + "#" + std::string(nsp) + "#"; }

std::string sharded_channels::answers(std::string_view nsp, std::string_view uid) const {
  return main(nsp) + std::string(uid) + "#";
}

std::string sharded_channels::room(std::string_view nsp, std::string_view room) const {
  return main(nsp) + std::string(room) + "#";
}

bool sharded_channels::has_channel(std::string_view room) const noexcept {
  return mode_ == subscription_mode::dynamic_private ||
         (mode_ == subscription_mode::dynamic && utf16_size(room) != id_size);
}

std::string sharded_channels::of(const cluster_message& message) const {
  const bool is_for_one_room = message.type == message_type::broadcast && message.request_id.empty() &&
                               !message.to.everybody && message.to.rooms.size() == 1;
  if (!is_for_one_room || mode_ == subscription_mode::static_) return main(message.nsp);
  const std::string& only = message.to.rooms.front();
  if (mode_ == subscription_mode::dynamic && may_be_id(message.nsp, only)) return main(message.nsp);
  return room(message.nsp, only);
}

}  // namespace cosio::inline v0_2::cluster
