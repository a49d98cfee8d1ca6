// Three handlers per socket, and a queue that removes its oldest entry.

#include "event_log.hpp"

#include <algorithm>
#include <boost/json/value_from.hpp>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace conformance {
namespace {

constexpr std::size_t max_entries = 1000;

boost::json::value sorted_rooms(const cosio::socket& who) {
  std::vector<std::string> rooms = who.rooms();
  std::ranges::sort(rooms);
  return boost::json::value_from(rooms);
}

}  // namespace

void event_log::watch(const cosio::nsp& where) {
  where.on_connection([this](cosio::socket who) {
    record(who, "connection", nullptr);
    who.on_disconnecting(
        [this, who](const cosio::reason& why) { record(who, "disconnecting", boost::json::value(why.text())); });
    who.on_disconnect(
        [this, who](const cosio::reason& why) { record(who, "disconnect", boost::json::value(why.text())); });
  });
}

boost::json::array event_log::entries() const {
  const std::lock_guard lock(mutex_);
  return boost::json::array(entries_.begin(), entries_.end());
}

void event_log::record(const cosio::socket& who, std::string_view what, boost::json::value why) {
  boost::json::value entry = boost::json::array{who.id(), what, std::move(why), sorted_rooms(who)};
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
  if (entries_.size() > max_entries) entries_.pop_front();
}

}  // namespace conformance
