// Messages between the servers of a cluster. Everything on the bus is data: it is read or ignored. A message that was
// read is written and read back unchanged.

#include <cosio/cluster.hpp>
#include <cosio/error.hpp>

#include <string>
#include <string_view>

#include "check.hpp"
#include "cluster/redis_messages.hpp"

using namespace cosio::cluster;
using cosio::fuzz::check;

namespace {

void same(const travelling_event& a, const std::optional<travelling_event>& b) {
  check(b.has_value(), "what was read can be written and read");
  check(a.uid == b->uid && a.nsp == b->nsp && a.name == b->name, "names come back");
  if (a.data.attachments().size() == b->data.attachments().size())
    check(a.data.json() == b->data.json(), "data comes back");
  // Binary may stand in members that nobody knows, too: it is read, and not written again.
  check(a.data.attachments().size() >= b->data.attachments().size(), "no attachment comes of nothing");
  check(a.to.rooms == b->to.rooms && a.to.except == b->to.except && a.to.everybody == b->to.everybody,
        "receivers come back");
}

void cluster_message_comes_back(std::string_view input) {
  const auto got = cosio::read_message(input, "/");
  if (!got) return;
  check(!got->uid.empty(), "a message has a sender");
  std::string written;
  try {
    written = cosio::write_message(*got);
  } catch (const cosio::error& e) {  // an event may be read that is a little deeper than one that may be written
    check(e.code() == cosio::errc::bad_argument, "only what is too deep is not written");
    return;
  }
  const auto again = cosio::read_message(written, "/");
  check(again.has_value(), "what was read can be written and read");
  check(again->type == got->type && again->uid == got->uid && again->nsp == got->nsp, "names come back");
  check(again->request_id == got->request_id && again->event.json() == got->event.json(), "data comes back");
  check(again->to.rooms == got->to.rooms && again->to.except == got->to.except, "receivers come back");
  check(again->rooms == got->rooms && again->sockets.size() == got->sockets.size(), "lists come back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cosio::fuzz::text_of(data, size);
  cluster_message_comes_back(input);
  if (const auto got = read_broadcast(input)) {
    same(*got, read_broadcast(write_broadcast(got->uid, got->nsp, got->data, got->to)));
    static_cast<void>(plain_json(got->data));
  }
  if (const auto got = read_broadcast_request(input)) {
    same(*got,
         read_broadcast_request(write_broadcast_request(got->uid, got->request_id, got->nsp, got->data, got->to)));
  }
  static_cast<void>(read_broadcast_ack(input));
  if (const auto got = read_json_message(input)) {
    static_cast<void>(text_of(*got, "requestId"));
    static_cast<void>(number_of(*got, "type"));
    static_cast<void>(read_names(got->if_contains("rooms")));
    static_cast<void>(read_opts(got->if_contains("opts")));
    if (const auto* sockets = got->if_contains("sockets")) static_cast<void>(read_sockets(*sockets));
    check(read_json_message(serialized(*got)).has_value(), "a request is written and read");
  }
  return 0;
}
