// The file of the history: one line of JSON for each line of the chat, so a restart forgets nothing.

#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "messages.hpp"

namespace chat {

/// A file that is too large becomes the file with `.old` behind its name, in the place of the one before. So the disk
/// holds two times `max_bytes`, and the last lines are always there.
/// @par Threads  Any: each line is one write at the end of the file, which the kernel does not mix with others.
class diary {
 public:
  /// @param file  With an empty name nothing is read or written.
  explicit diary(std::filesystem::path file, std::size_t max_bytes = 4'000'000);

  /// The lines of the file before, and of this one. What cannot be read is left out.
  std::vector<line> read() const;
  /// Writes a line at the end, or says on the standard error, once, why that does not work.
  void write(const line& said);

 private:
  void complain();

  std::filesystem::path file_;
  std::filesystem::path old_;
  std::size_t max_bytes_;
  std::atomic<bool> has_complained_ = false;
};

}  // namespace chat
