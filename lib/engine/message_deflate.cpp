// Compressors of threads and of connections.

#include "engine/message_deflate.hpp"

#include <cosio/error.hpp>

#include <utility>

namespace cosio::inline v0_2::engine {
namespace {

constexpr int largest_window = 15;

// The thread's compressor, made when first used. It is reset: the next message refers to no earlier one.
wire::deflater& thread_deflater(const wire::deflater::settings& s) {
  thread_local std::optional<wire::deflater> kept;
  thread_local wire::deflater::settings made_with;
  if (kept && made_with == s) {
    kept->reset();
  } else {
    kept.emplace(s);
    made_with = s;
  }
  return *kept;
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
      settings_{options.level, agreed.server_window_bits, options.memory_level},
      threshold_(agreed.server_context_takeover ? 0 : options.threshold),
      shares_(agreed.server_window_bits == options.server_max_window_bits) {}

shared_frame message_deflate::outgoing(shared_frame f) {
  if (f->what() == frame::kind::raw || !f->compress() || f->message_size() < threshold_) return f;
  if (agreed_.server_context_takeover) {
    if (!context_) context_.emplace(settings_);
    return f->deflated_by(*context_);  // even when it is not smaller, since later messages refer to it
  }
  const auto alone = [this](const frame& of) { return of.deflated_by(thread_deflater(settings_)); };
  if (shares_) {
    const shared_frame& kept = f->deflated(alone);
    return kept ? kept : f;
  }
  auto made = alone(*f);
  return made->size() < f->size() ? made : f;
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
