// The levels of the log: one for each component of the library, and the text of COSIO_LOG that sets them.
//
//   info,engine=debug,socketio=warn     all components at info, but these two
//
// A line asks lowest() first, which is one load. Only a line that is not below it asks for its own component.

#pragma once
#include <cosio/log.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::base {

/// The components that write lines.
inline constexpr std::array<std::string_view, 8> log_components{"adapter", "application", "async",    "cluster",
                                                                "engine",  "http",        "socketio", "tls"};

/// Any thread, without a lock.
class log_levels {
 public:
  static constexpr log_level by_default = log_level::info;

  /// The lowest level of all components. Until a level is set it is `debug`: so the first line of all is not held back
  /// before somebody has read the text.
  log_level lowest() const noexcept { return lowest_.load(std::memory_order_relaxed); }
  /// The level that set(level) has set last.
  log_level common() const noexcept { return common_.load(std::memory_order_relaxed); }
  /// The level of a component; common() for a name that is none.
  log_level of(std::string_view component) const noexcept;

  /// Sets all components.
  void set(log_level all) noexcept;
  /// Sets one. @return false for a name that is no component: then nothing changes.
  bool set(std::string_view component, log_level level) noexcept;
  /// Sets what a text says; what is wrong in it is left out. A level without a component counts first, wherever it is.
  void read(std::string_view text) noexcept;
  /// The parts of a text that read() leaves out: a sentence for each.
  static std::vector<std::string> mistakes_in(std::string_view text);

 private:
  log_level least() const noexcept;
  void update_lowest() noexcept;

  std::atomic<log_level> common_{by_default};
  std::array<std::atomic<log_level>, log_components.size()> own_{};  // debug, until set() or read()
  std::atomic<log_level> lowest_{log_level::debug};
};

/// The sentence for a name that is no component: `there is no component "engin"; did you mean "engine"?`
std::string unknown_component(std::string_view name);

}  // namespace cosio::inline v0_2::base
