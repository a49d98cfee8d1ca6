// Answering a client's event.

#pragma once
#include <cosio/ack.hpp>

#include <cstdint>
#include <memory>

namespace cosio::socketio {

class socket_core;

/// The acknowledgement of one event: sends ACK with this id, once.
ack make_ack(std::shared_ptr<socket_core> to, std::uint64_t id);

}  // namespace cosio::socketio
