// The results of a run: named figures in order, printed for people or as one line of JSON.

#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "histogram.hpp"

namespace bench {

/// An ordered list of names and values.
class figures {
 public:
  using value = std::variant<bool, std::int64_t, double, std::string>;

  void add(std::string_view name, bool is) { list_.push_back({std::string(name), is}); }
  void add(std::string_view name, double is) { list_.push_back({std::string(name), is}); }
  void add(std::string_view name, std::string_view is) { list_.push_back({std::string(name), std::string(is)}); }
  template <class Integer>
  void add_count(std::string_view name, Integer is) {
    list_.push_back({std::string(name), static_cast<std::int64_t>(is)});
  }
  /// name_p50_us, name_p90_us, name_p99_us, name_p999_us, name_max_us
  void add_latency(std::string_view name, const histogram& seen);

  void print_json(std::ostream& out) const;
  void print_lines(std::ostream& out) const;

 private:
  struct figure {
    std::string name;
    value is;
  };
  std::vector<figure> list_;
};

}  // namespace bench
