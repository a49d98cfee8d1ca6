// One line per event, to the application's sink or to stderr.

#include "base/logger.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.hpp"

namespace cosio {
namespace {

struct sink_state {
  base::mutex mutex;
  log_record_sink sink COSIO_GUARDED_BY(mutex);
};

sink_state& state() {
  static auto* const kept = new sink_state;  // never destroyed: threads may log while the process ends
  return *kept;
}

std::atomic<log_level> threshold{log_level::warn};

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Names of namespaces and texts of exceptions may come from a client. A line break in them must not look like a
// new line.
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

void to_stderr(const log_record& line) {
  const std::string_view name = to_string(line.level);
  std::fprintf(stderr, "[cosio] %.*s %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
               static_cast<int>(line.component.size()), line.component.data(), static_cast<int>(line.message.size()),
               line.message.data());
}

void write(const log_record& line) {
  sink_state& to = state();
  const base::lock_guard lock(to.mutex);
  if (to.sink) {
    to.sink(line);
  } else {
    to_stderr(line);
  }
}

}  // namespace

void set_log_sink(log_sink sink) {
  log_record_sink plain;
  if (sink)
    plain = [sink = std::move(sink)](const log_record& line) { sink(line.level, line.component, line.message); };
  set_log_record_sink(std::move(plain));
}

void set_log_record_sink(log_record_sink sink) {
  sink_state& to = state();
  const base::lock_guard lock(to.mutex);
  to.sink.swap(sink);
}

void set_log_level(log_level level) noexcept { threshold.store(level, std::memory_order_relaxed); }
log_level get_log_level() noexcept { return threshold.load(std::memory_order_relaxed); }

std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warn:
      return "warn";
    case log_level::error:
      return "error";
    case log_level::off:
      break;
  }
  return "off";
}

namespace base {

bool logs(log_level level) noexcept { return level >= get_log_level(); }

void log(log_level level, std::string_view component, std::string_view message,
         std::initializer_list<log_field> fields) noexcept {
  if (!logs(level)) return;
  try {
    if (std::any_of(message.begin(), message.end(), is_control)) {
      std::vector<std::string> values;  // a field repeats a part of the message: it may hold such characters, too
      std::vector<log_field> cleaned;
      values.reserve(fields.size());
      for (const log_field& f : fields) cleaned.push_back({f.name, values.emplace_back(one_line(f.value))});
      write({level, component, one_line(message), cleaned});
    } else {
      write({level, component, message, std::span(fields.begin(), fields.size())});
    }
  } catch (...) {
    std::fputs("[cosio] error log: the application's sink threw\n", stderr);
  }
}

void log_thrown(std::string_view component, std::initializer_list<std::string_view> what,
                const std::exception_ptr& thrown) noexcept {
  try {
    std::string line;
    for (const std::string_view part : what) line += part;
    log(log_level::error, component, line + ": " + describe(thrown));
  } catch (...) {
    log(log_level::error, component, "no memory, not even to say for what");
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
