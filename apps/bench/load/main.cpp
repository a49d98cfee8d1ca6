// The load client: a command line, a run, and its results.

#include <csignal>
#include <cstddef>
#include <exception>
#include <iostream>
#include <span>
#include <stdexcept>

#include "options.hpp"
#include "run.hpp"

namespace {

constexpr int exit_errors = 1;
constexpr int exit_failed = 2;

int obey(const bench::options& wanted) {
  if (wanted.help) {
    std::cout << bench::usage_text();
    return 0;
  }
  const bench::outcome got = bench::run(wanted);
  if (wanted.json) {
    got.found.print_json(std::cout);
  } else {
    got.found.print_lines(std::cout);
  }
  return got.ok ? 0 : exit_errors;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return obey(bench::parse_options(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1)));
  } catch (const bench::usage_error& wrong) {
    std::cerr << "bench: " << wrong.what() << "; `bench --help` tells more\n";
  } catch (const std::exception& failed) {
    std::cerr << "bench: " << failed.what() << "\n";
  }
  return exit_failed;
}
