// A namespace that notes what a wire brings, and a message for it.

#pragma once
#include <cosio/cluster.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::test {

class wire_receiver final : public cluster_receiver {
 public:
  struct one {
    cluster_message message;
    std::string offset;
  };
  void received(cluster_message message, std::string_view offset) override {
    got.push_back({std::move(message), std::string(offset)});
  }
  void lost() override { ++lost_; }
  void restored(wire_gap gap) override {
    gaps.push_back(gap);
    before_gap = got.size();
  }

  std::vector<one> got;
  std::vector<wire_gap> gaps;
  int lost_ = 0;
  std::size_t before_gap = 0;  // messages before the latest gap
};

/// The event "hello" of a server, for everybody or for rooms.
inline cluster_message event(std::string from, std::vector<std::string> rooms = {}) {
  cluster_message out(message_type::broadcast);
  out.uid = std::move(from);
  out.event = event_data(R"(["hello"])", {});
  out.to.everybody = rooms.empty();
  out.to.rooms = std::move(rooms);
  return out;
}

}  // namespace cosio::test
