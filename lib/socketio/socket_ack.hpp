// Answering a client's event.

#pragma once
#include <cosio/ack.hpp>
#include <cosio/convert.hpp>

#include <cstdint>
#include <memory>

namespace cosio::inline v0_2::socketio {

class socket_core;

/// The acknowledgement of one event: sends ACK with this id, once.
ack make_ack(std::shared_ptr<socket_core> to, std::uint64_t id);
/// Queues the ACK with this id, and does not wait for room. Also after the socket has left its namespace, while the
/// session is open: the client may still wait.
void send_ack(socket_core& to, std::uint64_t id, event_data answer);

}  // namespace cosio::inline v0_2::socketio
