// One line per event, to the application's sink or to stderr.

#include "base/logger.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

namespace cosio {
namespace {

struct sink_state {
  std::mutex mutex;
  log_sink sink;
};

sink_state& state() {
  static auto* const kept = new sink_state;  // never destroyed: threads may log while the process ends
  return *kept;
}

std::atomic<log_level> threshold{log_level::warn};

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Names of namespaces and words of exceptions may be a client's: a line break in them must not look like the next line.
std::string one_line(std::string_view message) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string line;
  for (const char c : message) {
    if (is_control(c)) {
      const auto byte = static_cast<unsigned char>(c);
      line.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    } else {
      line += c;
    }
  }
  return line;
}

void to_stderr(log_level level, std::string_view component, std::string_view message) {
  const std::string_view name = to_string(level);
  std::fprintf(stderr, "[cosio] %.*s %.*s: %.*s\n", static_cast<int>(name.size()), name.data(), static_cast<int>(component.size()),
               component.data(), static_cast<int>(message.size()), message.data());
}

void write(log_level level, std::string_view component, std::string_view message) {
  const std::lock_guard lock(state().mutex);
  if (state().sink) {
    state().sink(level, component, message);
  } else {
    to_stderr(level, component, message);
  }
}

}  // namespace

void set_log_sink(log_sink sink) {
  const std::lock_guard lock(state().mutex);
  state().sink = std::move(sink);
}

void set_log_level(log_level level) noexcept { threshold.store(level, std::memory_order_relaxed); }
log_level get_log_level() noexcept { return threshold.load(std::memory_order_relaxed); }

std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warn";
    case log_level::error: return "error";
    case log_level::off: break;
  }
  return "off";
}

namespace base {

bool logs(log_level level) noexcept { return level >= get_log_level(); }

void log(log_level level, std::string_view component, std::string_view message) noexcept {
  if (!logs(level)) return;
  try {
    if (std::any_of(message.begin(), message.end(), is_control)) {
      write(level, component, one_line(message));
    } else {
      write(level, component, message);
    }
  } catch (...) {
    std::fputs("[cosio] error log: the application's sink threw\n", stderr);
  }
}

std::string describe(const std::exception_ptr& what) noexcept {
  try {
    if (!what) return "nothing";
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& e) {
      return e.what();
    } catch (...) {
      return "an exception of unknown type";
    }
  } catch (...) {
    return {};
  }
}

}  // namespace base
}  // namespace cosio
