// Where the JSON of one batch of input lives: a block of the thread that is forgotten all at once. Nothing of it survives the batch.

#pragma once
#include <boost/json/storage_ptr.hpp>

#include <memory>

namespace cosio::socketio {

/// Used from the first packet of a batch to its end, on one thread. Batches may nest: each has a block of its own.
class batch_memory {
 public:
  batch_memory();
  ~batch_memory();

  boost::json::storage_ptr storage();
  /// Forgets everything: no value may use the storage any more.
  void release() noexcept;

 private:
  friend struct thread_blocks;
  struct block;
  std::unique_ptr<block> block_;
};

}  // namespace cosio::socketio
