// Carriage returns on a terminal.

#include "progress.hpp"

#include <unistd.h>

#include <chrono>
#include <iostream>

namespace bench {
namespace {

constexpr std::chrono::milliseconds on_a_terminal{200};
constexpr std::chrono::seconds elsewhere{5};
constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

progress::progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {
  if (!terminal_) next_ = clock::now() + elsewhere;
}

bool progress::is_due() {
  if (quiet_) return false;
  const auto now = clock::now();
  if (now < next_) return false;
  next_ = now + (terminal_ ? nanoseconds(on_a_terminal) : nanoseconds(elsewhere));
  return true;
}

void progress::print(std::string_view line) {
  printed_ = true;
  if (terminal_) {
    std::cerr << erase_line << line << std::flush;
  } else {
    std::cerr << line << std::endl;
  }
}

void progress::clear() {
  if (printed_ && terminal_) std::cerr << erase_line << std::flush;
  printed_ = false;
}

}  // namespace bench
