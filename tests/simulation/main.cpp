// The program: simulation [--seed N] [--seeds N] [--clients N] [--steps N] [--twice] [-v]
//
// Runs as many seeds as asked for, beginning with the first. A seed that fails is run again to tell its last events in
// words; then the next one has its turn.

#include <cosio/log.hpp>

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kit.hpp"
#include "simulation/story.hpp"
#include "wire/msgpack.hpp"

using namespace cosio::simulation;

namespace {

constexpr std::size_t lines_kept = 60;
// So many seeds meet everything that there is; where no sanitizer slows it down, the test suite runs no fewer.
constexpr std::uint64_t seeds_that_meet_all = 500;

struct arguments {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::uint64_t clients = 0;
  std::uint64_t steps = 0;
  bool twice = false;
  bool verbose = false;
  std::string progress;  // file: a line for every seed that has begun
};

// The last words of a program that crashes.
char last_words[256] = "simulation: died before the first seed\n";

void on_death(int signal) {
  const auto written = write(STDERR_FILENO, last_words, std::strlen(last_words));
  static_cast<void>(written);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string repeat_command(const arguments& a, std::uint64_t seed) {
  std::string out = "simulation --seed " + std::to_string(seed);
  if (a.clients != 0) out += " --clients " + std::to_string(a.clients);
  if (a.steps != 0) out += " --steps " + std::to_string(a.steps);
  return out;
}

story_options options_for(const arguments& a, std::uint64_t seed) {
  return {seed, static_cast<std::size_t>(a.clients), static_cast<std::size_t>(a.steps)};
}

struct outcome {
  std::string problem;  // empty: none
  story::figures counted;
  std::uint64_t events = 0;
};

outcome run(const story_options& options, journal& told) {
  outcome out;
  auto one = std::make_unique<story>(options, told);
  try {
    one->run();
  } catch (const std::exception& e) {
    out.problem = e.what();
  }
  out.counted = one->counted();
  out.events = told.events();
  if (!out.problem.empty())
    static_cast<void>(one.release());  // its coroutines have not ended: nothing in there may be touched
  return out;
}

void tell_failure(const arguments& a, std::uint64_t seed, const std::string& problem) {
  std::printf("\nseed %llu failed: %s\n", static_cast<unsigned long long>(seed), problem.c_str());
  journal told(journal::mode::last_lines, lines_kept);
  const outcome again = run(options_for(a, seed), told);
  if (again.problem != problem) std::printf("  … and differently when it was repeated: %s\n", again.problem.c_str());
  for (const std::string& line : told.lines()) std::puts(line.c_str());
  std::printf("repeat: %s\n", repeat_command(a, seed).c_str());
  std::fflush(stdout);
}

void tell_progress(const arguments& a, std::uint64_t seed) {
  std::snprintf(last_words, sizeof last_words, "simulation: died; repeat: %s\n", repeat_command(a, seed).c_str());
  if (a.progress.empty()) return;
  if (std::FILE* file = std::fopen(a.progress.c_str(), "w")) {
    std::fprintf(file, "%llu %llu\n", static_cast<unsigned long long>(seed),
                 static_cast<unsigned long long>(seed - a.seed));
    std::fclose(file);
  }
}

// The figures of all seeds.
struct total {
  std::uint64_t seeds = 0, failed = 0, events = 0;
  story::figures sum;

  void add(const outcome& one) {
    ++seeds;
    failed += !one.problem.empty();
    events += one.events;
    const story::figures& f = one.counted;
    sum.clients += f.clients;
    sum.steps += f.steps;
    sum.handlers += f.handlers;
    sum.connections += f.connections;
    sum.bytes += f.bytes;
    for (std::size_t i = 0; i < features; ++i) sum.met[i] += f.met[i];
    sum.time += f.time;
    sum.book.lives += f.book.lives;
    sum.book.sockets += f.book.sockets;
    sum.book.notes += f.book.notes;
    sum.book.deliveries += f.book.deliveries;
    sum.book.dropped += f.book.dropped;
    sum.book.commands += f.book.commands;
    sum.book.questions += f.book.questions;
    for (const auto& [reason, count] : f.book.ends) sum.book.ends[reason] += count;
  }

  void print(double seconds) const {
    const auto n = [](std::size_t count) { return static_cast<unsigned long long>(count); };
    std::printf("%llu seeds, %llu failed, %.1f s\n", n(seeds), n(failed), seconds);
    std::printf("  clients %llu, sessions %llu, sockets %llu, connections %llu\n", n(sum.clients), n(sum.book.lives),
                n(sum.book.sockets), n(sum.connections));
    std::printf("  steps %llu, handlers run %llu, events %llu, commands %llu, questions %llu\n", n(sum.steps),
                n(sum.handlers), n(events), n(sum.book.commands), n(sum.book.questions));
    std::printf("  notes sent %llu, heard %llu, dropped %llu; %llu bytes; %.0f hours of virtual time\n",
                n(sum.book.notes), n(sum.book.deliveries), n(sum.book.dropped), n(sum.bytes),
                static_cast<double>(sum.time.count()) / 3'600'000);
    std::printf("  ends:");
    for (const auto& [reason, count] : sum.book.ends) std::printf(" %s %llu;", reason.c_str(), n(count));
    std::printf("\n  met:");
    for (std::size_t i = 0; i < features; ++i) std::printf(" %s %llu;", feature_names[i], n(sum.met[i]));
    std::puts("");
  }

  /// Whether everything that runs can meet was met; tells what was not.
  bool met_all() const {
    bool all = true;
    for (std::size_t i = 0; i < features; ++i) {
      const bool can_be_met = i < static_cast<std::size_t>(feature::msgpack) || cosio::wire::has_msgpack();
      if (sum.met[i] != 0 || !can_be_met) continue;
      std::printf("no seed has met: %s\n", feature_names[i]);
      all = false;
    }
    return all;
  }
};

// Memory with holes everywhere, so that new objects lie in another order. No result may depend on addresses.
std::vector<std::unique_ptr<char[]>> holes_in_memory() {
  constexpr std::size_t blocks = 20'000;
  constexpr std::size_t largest = 2'000;
  dice chance(blocks);
  std::vector<std::unique_ptr<char[]>> kept(blocks);
  for (auto& block : kept) block = std::make_unique<char[]>(chance.between(16, largest));
  for (auto& block : kept)
    if (chance.chance(500)) block = nullptr;
  return kept;
}

int run_all(const arguments& a) {
  total all;
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t seed = a.seed; seed < a.seed + a.seeds; ++seed) {
    tell_progress(a, seed);
    journal told(a.verbose ? journal::mode::print : journal::mode::silent, lines_kept);
    if (a.verbose)
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  story(options_for(a, seed), told).settings().c_str());
    outcome one = run(options_for(a, seed), told);
    if (a.twice && one.problem.empty()) {
      const auto elsewhere = holes_in_memory();
      journal second(journal::mode::silent, 0);
      const outcome again = run(options_for(a, seed), second);
      if (again.counted.handlers != one.counted.handlers || again.counted.bytes != one.counted.bytes ||
          again.events != one.events) {
        one.problem = "the same seed ran differently the second time";
      }
    }
    all.add(one);
    if (!one.problem.empty()) tell_failure(a, seed, one.problem);
  }
  all.print(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  const bool must_meet_all = a.seeds >= seeds_that_meet_all && a.clients == 0 && a.steps == 0;
  return all.failed == 0 && (!must_meet_all || all.met_all()) ? 0 : 1;
}

std::optional<arguments> parse(int argc, char** argv) {
  arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    const auto number = [&](std::uint64_t& to) {
      ++i;
      return std::from_chars(value.data(), value.data() + value.size(), to).ptr == value.data() + value.size() &&
             !value.empty();
    };
    bool good = true;
    if (name == "--seed")
      good = number(out.seed);
    else if (name == "--seeds")
      good = number(out.seeds);
    else if (name == "--clients")
      good = number(out.clients);
    else if (name == "--steps")
      good = number(out.steps);
    else if (name == "--progress")
      out.progress = argv[++i] != nullptr ? argv[i] : "";
    else if (name == "--twice")
      out.twice = true;
    else if (name == "-v")
      out.verbose = true;
    else
      good = false;
    if (!good) return std::nullopt;
  }
  return out;
}

}  // namespace

// AddressSanitizer calls it before it reports.
extern "C" void __asan_on_error() { std::fputs(last_words, stderr); }

int main(int argc, char** argv) {
  const auto a = parse(argc, argv);
  if (!a) {
    std::fputs("usage: simulation [--seed N] [--seeds N] [--clients N] [--steps N] [--twice] [-v]\n", stderr);
    return 2;
  }
  cosio::set_log_level(cosio::log_level::off);
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS}) {
    const auto before = std::signal(signal, on_death);
    if (before != SIG_DFL) std::signal(signal, before);  // a sanitizer's
  }
  return run_all(*a);
}
