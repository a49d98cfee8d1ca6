// Blocks of memory for the JSON of a batch, kept per thread.

#include "socketio/batch_memory.hpp"

#include <boost/container/static_vector.hpp>
#include <boost/json/monotonic_resource.hpp>

#include <array>
#include <optional>
#include <utility>

namespace cosio::inline v0_2::socketio {

struct batch_memory::block {
  // Makes a new resource for every batch: a resource that is released and used again doubles its blocks each time.
  void reset() { resource.emplace(first.data(), first.size()); }

  std::array<unsigned char, 32'768> first;  // enough for most batches; more is taken from the heap
  std::optional<boost::json::monotonic_resource> resource;
};

namespace {

// One free block is enough unless batches nest.
struct thread_blocks {
  boost::container::static_vector<std::unique_ptr<batch_memory::block>, 4> free;
};

thread_blocks& here() {
  thread_local thread_blocks blocks;
  return blocks;
}

}  // namespace

batch_memory::batch_memory() = default;
batch_memory::~batch_memory() = default;

boost::json::storage_ptr batch_memory::storage() {
  if (!block_) {
    auto& free = here().free;
    if (free.empty()) {
      block_ = std::make_unique<block>();
    } else {
      block_ = std::move(free.back());
      free.pop_back();
    }
  }
  if (!block_->resource) block_->reset();
  return boost::json::storage_ptr(&*block_->resource);
}

void batch_memory::release() noexcept {
  if (!block_) return;
  block_->resource.reset();
  auto& free = here().free;
  if (free.size() < free.capacity()) free.push_back(std::move(block_));  // has room
  block_ = nullptr;
}

}  // namespace cosio::inline v0_2::socketio
