// Compressors of threads and of connections.

#include "engine/message_deflate.hpp"

#include <cosio/error.hpp>

#include <utility>

namespace cosio::inline v0_2::engine {
namespace {

constexpr int largest_window = 15;
constexpr int smallest_window = 9;  // of zlib; a client with 8 can follow it, too: see wire/deflate.cpp

// A compressor for messages by themselves. One thread.
class lone_deflater {
 public:
  /// The next message refers to no earlier one.
  wire::deflater& with(const wire::deflater::settings& s) {
    if (kept_ && made_with_ == s) {
      kept_->reset();
    } else {
      kept_.emplace(s);
      made_with_ = s;
    }
    return *kept_;
  }

 private:
  std::optional<wire::deflater> kept_;
  wire::deflater::settings made_with_;
};

// The thread's compressors, made when first used: one for each window, or each broadcast to clients with different ones
// would make them anew.
wire::deflater& thread_deflater(frame::window reach, wire::deflater::settings s) {
  thread_local lone_deflater usual;
  thread_local lone_deflater smallest;
  if (reach == frame::window::usual) return usual.with(s);
  s.window_bits = smallest_window;
  return smallest.with(s);
}

// The largest window fits every client.
wire::inflater& thread_inflater() {
  thread_local wire::inflater kept(largest_window);
  kept.reset();
  return kept;
}

void require(int value, int least, int most, const char* name) {
  if (value >= least && value <= most) return;
  throw error(errc::bad_argument, "per_message_deflate: " + std::string(name) + " is " + std::to_string(value) +
                                      ", not in " + std::to_string(least) + " to " + std::to_string(most));
}

}  // namespace

message_deflate::message_deflate(const wire::deflate_agreement& agreed, const deflate_options& options)
    : agreed_(agreed),
      settings_{options.level,
                agreed.server_context_takeover ? agreed.server_window_bits : options.server_max_window_bits,
                options.memory_level},
      threshold_(agreed.server_context_takeover ? 0 : options.threshold),
      can_follow_all_(agreed.server_window_bits >= options.server_max_window_bits) {}

// A message that fits into the client's window has nothing in it that is out of the client's reach, however far its
// compressor might have referred.
frame::window message_deflate::reach_for(const frame& f) const noexcept {
  const bool can_follow = can_follow_all_ || f.message_size() <= std::size_t{1} << agreed_.server_window_bits;
  return can_follow ? frame::window::usual : frame::window::smallest;
}

shared_frame message_deflate::outgoing(shared_frame f) {
  if (f->what() == frame::kind::raw || !f->compress() || f->message_size() < threshold_) return f;
  if (agreed_.server_context_takeover) {
    if (!context_) context_.emplace(settings_);
    return f->deflated_by(*context_);  // even when it is not smaller, since later messages refer to it
  }
  const auto reach = reach_for(*f);
  const shared_frame& kept =
      f->deflated(reach, [&](const frame& of) { return of.deflated_by(thread_deflater(reach, settings_)); });
  return kept ? kept : f;
}

result<std::string> message_deflate::incoming(std::string_view message, std::size_t max_bytes) {
  if (!agreed_.client_context_takeover) return thread_inflater().inflate(message, max_bytes);
  if (!client_context_) client_context_.emplace(agreed_.client_window_bits);
  return client_context_->inflate(message, max_bytes);
}

void check(const deflate_options& options) {
  require(options.server_max_window_bits, 9, largest_window, "server_max_window_bits");
  require(options.client_max_window_bits, 8, largest_window, "client_max_window_bits");
  require(options.level, 1, 9, "level");
  require(options.memory_level, 1, 9, "memory_level");
}

}  // namespace cosio::inline v0_2::engine
