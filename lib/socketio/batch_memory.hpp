// Memory for the JSON of one batch of input: a block of the thread, which is given back as a whole. No value may
// outlive the batch.

#pragma once
#include <boost/json/storage_ptr.hpp>

#include <memory>

namespace cosio::inline v0_2::socketio {

/// Used from the first packet of a batch to its end, on one thread. Batches may nest: each has a block of its own.
class batch_memory {
 public:
  batch_memory();
  ~batch_memory();

  boost::json::storage_ptr storage();
  /// Gives the block back: no value may use the storage any more.
  void release() noexcept;

  struct block;  // a thread keeps free ones

 private:
  std::unique_ptr<block> block_;
};

}  // namespace cosio::inline v0_2::socketio
