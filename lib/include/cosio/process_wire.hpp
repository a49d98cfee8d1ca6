// A wire that ends in this process: several servers in it are one cluster.
//
//   const auto bus = cosio::make_process_bus();
//   options.adapter = cosio::cluster_adapter(cosio::process_wire(bus));   // for each of the servers
//
// It is for tests of applications that are meant for a cluster, and an example of a wire. Ask for this header by name.

#pragma once
#include <cosio/cluster.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace cosio::inline v0_2 {

/// Limits of what a process_bus keeps.
struct process_bus_options {
  /// Whether clients can come back on another server, where the servers offer connection state recovery.
  bool keep_sessions = true;
  /// Events that are kept for clients that come back. Older ones are removed.
  std::size_t max_events = 10'000;
  /// Bytes of these events, with the memory around them. Older ones are removed.
  std::size_t max_event_bytes = 64'000'000;
  /// Sessions of clients that are away.
  std::size_t max_sessions = 10'000;
  /// Bytes of the messages that wait for their delivery, with the memory around them, when servers publish faster than
  /// they take what comes. Above it messages are lost: publish() says so, and wire_counts::lost counts them. A message
  /// for which nothing waits is always taken.
  std::size_t max_pending_bytes = 16'000'000;
};

/// The broker. The wires of all servers of the cluster share it.
/// @par Threads  Any.
class process_bus;

std::shared_ptr<process_bus> make_process_bus(process_bus_options settings = process_bus_options());

/// Makes the wires of one server, for cluster_adapter().
/// @throws error errc::bad_argument for a null `bus`.
std::function<std::shared_ptr<cluster_wire>(adapter_host&)> process_wire(std::shared_ptr<process_bus> bus);

}  // namespace cosio::inline v0_2
