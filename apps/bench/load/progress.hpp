// Shows the progress on standard error: one line that is rewritten on a terminal, otherwise a line now and then.

#pragma once
#include <string_view>

#include "clock.hpp"

namespace bench {

/// Shows progress at most as often as it can be read.
class progress {
 public:
  explicit progress(bool quiet);
  ~progress() { clear(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// @param line  makes the text; called only when it is time
  template <class Line>
  void show(Line line) {
    if (is_due()) print(line());
  }
  /// Removes the line from the terminal.
  void clear();

 private:
  bool is_due();
  void print(std::string_view line);

  bool quiet_;
  bool terminal_;
  bool printed_ = false;
  clock::time_point next_{};
};

}  // namespace bench
