// The packets of one batch of input, and memory for their JSON: a block of the thread, which is given back as a whole.
// No value may outlive the batch. A client without input holds none of it.

#pragma once
#include <boost/json/storage_ptr.hpp>

#include <memory>
#include <vector>

#include "socketio/held_events.hpp"

namespace cosio::inline v0_2::socketio {

/// Used from the first packet of a batch to its end, on one thread. Batches may nest: each has a block of its own.
class batch_memory {
 public:
  batch_memory();
  ~batch_memory();

  boost::json::storage_ptr storage();
  /// The packets that wait for the end of the batch.
  std::vector<held_packet>& packets();
  bool has_packets() const noexcept;
  /// Takes the packets away; their values still use the storage.
  std::vector<held_packet> take_packets() noexcept;
  /// Gives the block back, with the packets: no other value may use the storage any more.
  void release() noexcept;

  struct block;  // a thread keeps free ones

 private:
  block& own_block();

  std::unique_ptr<block> block_;
};

}  // namespace cosio::inline v0_2::socketio
