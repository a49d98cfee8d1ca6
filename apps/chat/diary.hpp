// The file of the history: one line of JSON for each line of the chat, so a restart forgets nothing.

#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

#include "messages.hpp"

namespace chat {

/// A file that is too large becomes the file with `.old` behind its name, in the place of the one before, and the new
/// file begins with all lines that are still wanted. So no line goes because another one was written often.
/// @par Threads  Any. Each line is one write at the end of the file, which the kernel does not mix with those of
///               another process.
class diary {
 public:
  /// @param file    With an empty name nothing is read or written.
  /// @param wanted  Says what a new file begins with. Called by write().
  explicit diary(std::filesystem::path file, std::function<std::vector<line>()> wanted);

  /// The lines of the file before, and of this one. What cannot be read is left out.
  std::vector<line> read() const;
  /// Writes a line at the end, or says on the standard error, once, why that does not work.
  void write(const line& said);

 private:
  std::size_t append(const std::string& text);
  void begin_anew();
  void complain();

  std::filesystem::path file_;
  std::filesystem::path old_;
  std::function<std::vector<line>()> wanted_;
  std::mutex mutex_;  // held while the file is written, by nobody who holds that of the house
  std::size_t max_bytes_;
  bool has_complained_ = false;
};

}  // namespace chat
