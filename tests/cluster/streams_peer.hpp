// A Redis with a stream in memory, which does what the test says, and a server that reads it.

#pragma once
#include <cosio/error.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/redis_peer.hpp"
#include "cluster/streams_session.hpp"
#include "cluster/streams_wire.hpp"
#include "cluster/wire_receiver.hpp"
#include "support/world.hpp"

namespace cosio::test::streams {

using cluster::redis_address;
using cluster::redis_settings;
using cluster::stream_id;
using cluster::streams_wire;
using cluster::wire_hub;
using words = redis_peer::words;

inline const std::string uid = "0e52e556fbb8bae9";

// A stream in memory, and what Redis says about it.
class stream_peer {
 public:
  explicit stream_peer(world& w) : peer(w) {
    peer.answers = [this](const words& command) { return answer(command); };
  }

  /// Adds an entry of another server, and tells who waits for one.
  void add(stream_id id, const words& fields) {
    entries.emplace(id, fields);
    wake();
  }
  void wake() {
    if (!waiting) return;
    const auto after = *waiting;
    if (entries.upper_bound(after) == entries.end()) return;
    waiting.reset();
    peer.tell(read(after), "XREAD");
  }

  redis_peer peer;
  std::map<stream_id, words> entries;
  std::map<std::string, std::string> keys;
  std::optional<stream_id> waiting;  // of the XREAD that blocks
  stream_id next{100, 0};            // of the next XADD
  bool is_told = true;               // whether readers hear of an XADD at once
  bool says_added = true;            // whether XADD is answered
  bool holds_ranges = false;         // whether XRANGE is not answered
  std::size_t entries_added = 0;     // for XINFO, in place of the number of entries
  stream_id removed_up_to;           // for XINFO, when there are no entries

 private:
  static std::string entry(const stream_id& id, const words& fields) {
    return "*2\r\n" + redis_peer::bulk(id.text()) + redis_peer::list(fields);
  }
  std::string range(stream_id from, stream_id to, std::size_t most) const {
    std::string out;
    std::size_t count = 0;
    for (auto e = entries.lower_bound(from); e != entries.end() && e->first <= to && count < most; ++e, ++count)
      out += entry(e->first, e->second);
    return "*" + std::to_string(count) + "\r\n" + out;
  }
  std::string read(stream_id after) const {
    return "*1\r\n*2\r\n" + redis_peer::bulk("s") + range(after.next(), stream_id(UINT64_MAX, 0), 100);
  }
  static stream_id bound(const std::string& text, stream_id open) { return stream_id::parse(text).value_or(open); }

  std::string answer(const words& command) {
    const std::string& verb = command[0];
    const stream_id last(UINT64_MAX, UINT64_MAX);
    if (verb == "XRANGE" && holds_ranges) return {};
    if (verb == "XRANGE")
      return range(bound(command[2], {}), bound(command[3], last), command.size() > 5 ? std::stoul(command[5]) : 1'000);
    if (verb == "XREAD") {
      const auto after = bound(command.back(), last);
      if (entries.upper_bound(after) != entries.end()) return read(after);
      waiting = after;
      return {};
    }
    if (verb == "XADD") {
      const auto star = std::find(command.begin(), command.end(), "*");
      const stream_id id = next;
      next = next.next();
      entries.emplace(id, words(star + 1, command.end()));
      if (is_told) wake();
      return says_added ? redis_peer::bulk(id.text()) : std::string();
    }
    if (verb == "XINFO") {
      const std::size_t added = entries_added != 0 ? entries_added : entries.size();
      if (added == 0) return "-ERR no such key\r\n";
      const std::string last_one = entries.empty() ? removed_up_to.text() : entries.rbegin()->first.text();
      const std::string first = entries.empty() ? "$-1\r\n" : entry(entries.begin()->first, entries.begin()->second);
      return "*8\r\n" + redis_peer::bulk("length") + ":" + std::to_string(entries.size()) + "\r\n" +
             redis_peer::bulk("entries-added") + ":" + std::to_string(added) + "\r\n" +
             redis_peer::bulk("last-generated-id") + redis_peer::bulk(last_one) + redis_peer::bulk("first-entry") +
             first;
    }
    if (verb == "SET") keys[command[1]] = command[2];
    if (verb == "GET") return keys.contains(command[1]) ? redis_peer::bulk(keys[command[1]]) : "$-1\r\n";
    if (verb == "EVAL") {
      const auto found = keys.find(command[3]);
      if (found == keys.end() || found->second != command[4]) return ":0\r\n";
      keys.erase(found);
      return ":1\r\n";
    }
    return redis_peer::usual(command);
  }
};

inline streams_options options_of() {
  streams_options out;
  out.stream_name = "s";
  return out;
}

struct wired {
  explicit wired(world& in, const stream_peer& to, bool recovers = true, streams_options settings = options_of())
      : w(in),
        hub(std::make_shared<wire_hub>(w.context().get_executor(), w.timers(), redis_address(to.peer.url()),
                                       redis_settings(), 1'000'000, cluster::redis_channel::plain, false)),
        wire(std::make_shared<streams_wire>(hub, settings, recovers ? &recovery : nullptr, std::chrono::milliseconds(0),
                                            [] { return 500'000; })) {
    hub->start();
  }
  // The connections are closed by the context, which must be there.
  ~wired() {
    wire.reset();
    hub.reset();
    w.settle();
  }
  world& w;
  recovery_options recovery;
  std::shared_ptr<wire_hub> hub;
  std::shared_ptr<streams_wire> wire;
  std::shared_ptr<wire_receiver> receiver = std::make_shared<wire_receiver>();
};

inline words entry_of(std::string from, std::vector<std::string> rooms = {}) {
  return cluster::write_entry(event(std::move(from), std::move(rooms)), "");
}

inline std::vector<words> of_kind(const stream_peer& redis, std::string_view verb) {
  std::vector<words> out;
  for (const words& one : redis.peer.seen)
    if (one[0] == verb) out.push_back(one);
  return out;
}

inline std::vector<std::string> offsets(const wire_receiver& from) {
  std::vector<std::string> out;
  for (const auto& one : from.got) out.push_back(one.offset);
  return out;
}

inline std::vector<std::string> offsets(const kept_session& from) {
  std::vector<std::string> out;
  for (const auto& one : from.events) out.push_back(one.offset);
  return out;
}

}  // namespace cosio::test::streams
