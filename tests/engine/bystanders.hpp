// One quiet client of every kind: whatever happens to others must not reach them.

#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/visitor.hpp"

namespace cosio::test {

class bystanders {
 public:
  explicit bystanders(engine_world& in) : house_(in) {
    for (const way& how : every_way) {
      all_.emplace_back(how, in.w, [&in] { return in.connect(); });
      all_.back().enter();
      all_.back().packet("6");  // a noop: it is the request that first_request_timeout waits for
    }
  }

  std::size_t count() const noexcept { return all_.size(); }
  /// Whether each of them is still heard.
  bool fine() {
    return std::all_of(all_.begin(), all_.end(), [&](visitor& v) {
      const std::string word = "fine " + std::to_string(++words_);
      v.message(word);
      return std::find(house_.messages.begin(), house_.messages.end(), word) != house_.messages.end();
    });
  }

 private:
  engine_world& house_;
  std::vector<visitor> all_;
  int words_ = 0;
};

}  // namespace cosio::test
