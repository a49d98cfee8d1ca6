// Byte by byte: what comes behind the line belongs to the next one.

#include "commands.hpp"

#include <poll.h>
#include <unistd.h>

namespace bench {

bool take_command() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, 0) > 0) {
    char letter = 0;
    if (read(STDIN_FILENO, &letter, 1) <= 0 || letter == '\n') return true;
  }
  return false;
}

}  // namespace bench
