// Blocks of memory for the JSON of a batch, kept per thread.

#include "socketio/batch_memory.hpp"

#include <boost/container/static_vector.hpp>
#include <boost/json/monotonic_resource.hpp>

#include <array>
#include <optional>
#include <utility>

#include "base/release.hpp"

namespace cosio::inline v0_2::socketio {

struct batch_memory::block {
  // Makes a new resource for every batch: a resource that is released and used again doubles its blocks each time.
  void reset() { resource.emplace(first.data(), first.size()); }

  std::array<unsigned char, 32'768> first;  // enough for most batches; more is taken from the heap
  std::optional<boost::json::monotonic_resource> resource;
  std::vector<held_packet> packets;  // destroyed before the resource
};

namespace {

constexpr std::size_t kept_packets = 16;  // a free block keeps room for so many

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

batch_memory::block& batch_memory::own_block() {
  if (block_) return *block_;
  auto& free = here().free;
  if (free.empty()) {
    block_ = std::make_unique<block>();
  } else {
    block_ = std::move(free.back());
    free.pop_back();
  }
  return *block_;
}

boost::json::storage_ptr batch_memory::storage() {
  block& own = own_block();
  if (!own.resource) own.reset();
  return boost::json::storage_ptr(&*own.resource);
}

std::vector<held_packet>& batch_memory::packets() { return own_block().packets; }

bool batch_memory::has_packets() const noexcept { return block_ && !block_->packets.empty(); }

std::vector<held_packet> batch_memory::take_packets() noexcept {
  std::vector<held_packet> taken;
  if (block_) taken.swap(block_->packets);
  return taken;
}

void batch_memory::release() noexcept {
  if (!block_) return;
  auto used = std::move(block_);
  if (used->packets.capacity() > kept_packets) {
    base::release(used->packets);
  } else {
    used->packets.clear();
  }
  used->resource.reset();
  auto& free = here().free;
  if (free.size() < free.capacity()) free.push_back(std::move(used));  // has room
}

}  // namespace cosio::inline v0_2::socketio
