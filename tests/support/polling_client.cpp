// Targets of a session, and its id out of the open packet.

#include "support/polling_client.hpp"

#include <stdexcept>
#include <utility>

namespace cosio::test {

polling_client::polling_client(std::uint16_t port, std::string query, std::string_view more_headers, std::string path)
    : path_(std::move(path)), query_(std::move(query)), gets_(port), posts_(port) {
  opened_ = gets_.ask(get(path_ + "?" + query_ + "&transport=polling", more_headers));
  sid_ = text_member(opened_.body, "sid");
  if (opened_.status != 200 || sid_.empty())
    throw std::runtime_error("polling client: refused with " + std::to_string(opened_.status) + ": " + opened_.body);
}

std::string polling_client::target(std::string_view transport) const {
  return path_ + "?" + query_ + "&transport=" + std::string(transport) + "&sid=" + sid_;
}

std::string text_member(std::string_view open_packet, std::string_view name) {
  const std::string mark = "\"" + std::string(name) + "\":\"";
  const auto found = open_packet.find(mark);
  if (found == std::string_view::npos) return {};
  open_packet.remove_prefix(found + mark.size());
  return std::string(open_packet.substr(0, open_packet.find('"')));
}

}  // namespace cosio::test
