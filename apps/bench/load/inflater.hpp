// Messages that a server has compressed: permessage-deflate (RFC 7692) as a client has it, on zlib itself.

#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

/// Inflates the messages of one connection; or of many, when each message is compressed by itself. One thread.
class inflater {
 public:
  /// @throws std::bad_alloc
  inflater();
  ~inflater();
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;

  /// Inflates one message. Valid until the next call.
  ///
  /// @param alone  it refers to no earlier message, and is refused when it does
  /// @throws bad_answer for what cannot be inflated, or is larger than 1 GiB
  std::string_view inflate(std::string_view message, bool alone);

 private:
  struct state;
  std::unique_ptr<state> state_;
  std::string out_;
};

/// Shared by all connections of a run that offers compression.
struct compression {
  inflater alone;              // of messages that are compressed by themselves
  std::uint64_t messages = 0;  // those that came compressed
};

/// Whether a server that answers `extensions` refers to earlier messages.
///
/// @throws bad_answer when it has not agreed to compress
bool keeps_context(std::string_view extensions);

}  // namespace bench
