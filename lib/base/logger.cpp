// One line per event, to the application's sink or to stderr.

#include "base/logger.hpp"

#include <unistd.h>
#include <cosio/error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/guarded.hpp"
#include "base/line_limits.hpp"
#include "base/log_levels.hpp"
#include "base/log_text.hpp"
#include "base/system_calls.hpp"

namespace cosio::inline v0_2 {
namespace {

constexpr std::size_t most_waiting = 10'000;  // lines; above, they are lost, and their number is logged

// A line that waits until the sink has taken the one before.
struct waiting_line {
  explicit waiting_line(const log_record& of) : level(of.level), component(of.component), message(of.message) {
    for (const log_field& f : of.fields) fields.push_back({f.name, values.emplace_back(f.value)});
  }
  log_record record() const { return {level, component, message, fields}; }

  log_level level;
  std::string component;
  std::string message;
  std::deque<std::string> values;  // a deque, because the fields refer to its elements
  std::vector<log_field> fields;
};

using sink_ptr = std::shared_ptr<const log_record_sink>;

// The sink runs without a lock, on the thread that made the line. Lines that other threads make meanwhile wait here,
// and that thread passes them on. So nobody waits for a sink, and a sink may wait for any thread.
struct sink_state {
  base::mutex mutex;
  sink_ptr sink COSIO_GUARDED_BY(mutex);
  std::deque<std::unique_ptr<waiting_line>> waiting COSIO_GUARDED_BY(mutex);
  std::size_t lost COSIO_GUARDED_BY(mutex) = 0;
  bool busy COSIO_GUARDED_BY(mutex) = false;
  std::atomic<std::uint64_t> calls{0};   // odd while the sink runs
  std::atomic<std::uint64_t> rounds{0};  // odd while a thread passes lines on
};

sink_state& state() {
  static auto* const kept = new sink_state;  // never destroyed: threads may log while the process ends
  return *kept;
}

thread_local bool inside_of_sink = false;

void step(std::atomic<std::uint64_t>& of) noexcept {
  of.fetch_add(1);
  of.notify_all();
}

void wait_while_odd(const std::atomic<std::uint64_t>& of) noexcept {
  const std::uint64_t now = of.load();
  if ((now & 1) != 0 && !inside_of_sink) of.wait(now);
}

constinit base::log_levels levels;

// The levels that the environment asks for, once. The text is read again for its mistakes: they are told as lines.
void tell_mistakes(std::string_view text) noexcept;
void read_environment() noexcept {
  static const char* const text = [] {
    const char* const found = std::getenv("COSIO_LOG");
    levels.read(found != nullptr ? found : "");
    return found;
  }();
  static std::atomic<bool> is_told{false};
  if (text != nullptr && !is_told.load(std::memory_order_relaxed) && !is_told.exchange(true)) tell_mistakes(text);
}

// A reader of stderr that has gone is no reason to end the process.
void to_stderr(std::string_view text) noexcept { base::write_without_signal(STDERR_FILENO, text); }

void to_stderr(const log_record& line) {
  std::string text = "[cosio] ";
  text.append(to_string(line.level)).append(1, ' ').append(line.component).append(": ").append(line.message);
  to_stderr(text.append(1, '\n'));
}

void call(sink_ptr sink, const log_record& line) noexcept {
  inside_of_sink = true;
  try {
    if (sink) {
      (*sink)(line);
    } else {
      to_stderr(line);
    }
  } catch (...) {
    to_stderr("[cosio] error log: the application's sink threw\n");
  }
  sink = nullptr;  // here: when this call is over, nothing of a sink that was replaced may be left
  inside_of_sink = false;
}

// @return whether the line is for this thread to pass on. Otherwise it waits.
bool begin_round(sink_state& to, const log_record& line, sink_ptr& sink) {
  const base::lock_guard lock(to.mutex);
  sink = to.sink;
  if (!sink && !to.busy) return true;
  if (!to.busy) {
    to.busy = true;
    step(to.rounds);
    step(to.calls);
    return true;
  }
  if (to.waiting.size() < most_waiting) {
    to.waiting.push_back(std::make_unique<waiting_line>(line));
  } else {
    ++to.lost;
  }
  return false;
}

// The next thing to pass on: a line, or the number of lines that are lost.
struct next_line {
  std::unique_ptr<waiting_line> line;
  std::size_t lost = 0;
  sink_ptr sink;
};

// @return false when nothing waits any more: then the round is over.
bool go_on(sink_state& to, next_line& next) noexcept {
  const base::lock_guard lock(to.mutex);
  step(to.calls);
  next.line.reset();
  next.lost = 0;
  if (!to.waiting.empty()) {
    next.line = std::move(to.waiting.front());
    to.waiting.pop_front();
  } else if (to.lost != 0) {
    next.lost = std::exchange(to.lost, 0);
  } else {
    to.busy = false;
    step(to.rounds);
    return false;
  }
  next.sink = to.sink;
  step(to.calls);
  return true;
}

void tell_of_lost(sink_ptr sink, std::size_t lines) noexcept {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "the sink is slow: %zu lines are lost", lines);
  call(std::move(sink), {log_level::error, "log", text.data(), {}});
}

void write(const log_record& line) {
  if (inside_of_sink) return to_stderr(line);  // to the sink, it could go on for ever
  sink_state& to = state();
  sink_ptr sink;
  if (!begin_round(to, line, sink)) return;
  if (!sink) return to_stderr(line);
  call(std::move(sink), line);
  for (next_line next; go_on(to, next);) {
    if (next.line) {
      call(std::move(next.sink), next.line->record());
    } else {
      tell_of_lost(std::move(next.sink), next.lost);
    }
  }
}

void tell_no_memory() noexcept { to_stderr("[cosio] error log: there is no memory for a line\n"); }

// The message, with the number of lines that were left out before it.
std::string with_number(std::string_view message, std::uint64_t left_out) {
  return std::string(message) + " (and " + std::to_string(left_out) + " more lines of this kind, which are left out)";
}

void tell_mistakes(std::string_view text) noexcept {
  base::guarded("application", [text] {
    for (const std::string& mistake : base::log_levels::mistakes_in(text))
      base::log(log_level::warn, "application", "COSIO_LOG: " + mistake);
  });
}

}  // namespace

void set_log_sink(log_sink sink) {
  log_record_sink plain;
  if (sink)
    plain = [sink = std::move(sink)](const log_record& line) { sink(line.level, line.component, line.message); };
  set_log_record_sink(std::move(plain));
}

void set_log_record_sink(log_record_sink sink) {
  sink_ptr replaced = sink ? std::make_shared<const log_record_sink>(std::move(sink)) : nullptr;
  sink_state& to = state();
  {
    const base::lock_guard lock(to.mutex);
    to.sink.swap(replaced);
  }
  base::limits_of_log().begin_anew();
  wait_while_odd(to.calls);
}

void set_log_level(log_level level) noexcept {
  read_environment();
  levels.set(level);
}
void set_log_level(std::string_view component, log_level level) {
  read_environment();
  if (!levels.set(component, level)) throw error(errc::bad_argument, base::unknown_component(component));
}
log_level get_log_level() noexcept {
  read_environment();
  return levels.common();
}
log_level get_log_level(std::string_view component) noexcept {
  read_environment();
  return levels.of(component);
}

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

void wait_for_log() noexcept { wait_while_odd(state().rounds); }

bool logs(log_level level) noexcept {
  if (level < levels.lowest()) return false;
  read_environment();  // after the first time, one load
  return level >= levels.lowest();
}

bool logs(log_level level, std::string_view component) noexcept { return logs(level) && level >= levels.of(component); }

void read_log_levels(std::string_view text) noexcept {
  read_environment();
  levels.read(text);
  tell_mistakes(text);
}

void log(log_level level, std::string_view component, std::string_view message, std::initializer_list<log_field> fields,
         const std::source_location& kind) noexcept {
  if (!logs(level, component)) return;
  if (logs(log_level::debug, component)) return log_due(level, component, message, fields, 0);
  try {
    const auto verdict = limits_of_log().take(kind.file_name(), kind.line(), std::chrono::steady_clock::now());
    if (verdict.is_written) log_due(level, component, message, fields, verdict.left_out);
  } catch (...) {
    tell_no_memory();
  }
}

void log_due(log_level level, std::string_view component, std::string_view message,
             std::initializer_list<log_field> fields, std::uint64_t left_out) noexcept {
  try {
    std::string numbered;
    if (left_out != 0) message = numbered = with_number(message, left_out);
    const auto is_dirty = [](const log_field& f) { return has_control(f.value); };
    if (has_control(message) || std::any_of(fields.begin(), fields.end(), is_dirty)) {
      std::vector<std::string> values;
      std::vector<log_field> cleaned;
      values.reserve(fields.size());
      for (const log_field& f : fields) cleaned.push_back({f.name, values.emplace_back(one_line(f.value))});
      write({level, component, one_line(message), cleaned});
    } else {
      write({level, component, message, std::span(fields.begin(), fields.size())});
    }
  } catch (...) {
    tell_no_memory();
  }
}

void log_thrown(std::string_view component, std::initializer_list<std::string_view> what,
                const std::exception_ptr& thrown, const std::source_location& kind) noexcept {
  try {
    std::string line;
    for (const std::string_view part : what) line += part;
    log(log_level::error, component, line + ": " + describe(thrown), {}, kind);
  } catch (...) {
    log(log_level::error, component, "no memory, not even to say for what", {}, kind);
  }
}

std::string describe(const std::exception_ptr& what) noexcept {
  try {
    if (!what) return "nothing";
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& e) {
      return words_of(e);
    } catch (...) {
      return "an exception of unknown type";
    }
  } catch (...) {
    return {};
  }
}

}  // namespace base
}  // namespace cosio::inline v0_2
