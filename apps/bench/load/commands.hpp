// Lines on standard input, by which another program says when a run goes on.

#pragma once

namespace bench {

/// Whether a line, or the end of standard input, has come. Takes this line, and waits for nothing.
bool take_command();

}  // namespace bench
