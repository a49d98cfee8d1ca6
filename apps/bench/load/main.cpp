// The load client: a command line, a run, and its results.

#include <csignal>
#include <exception>
#include <iostream>

#include "options.hpp"
#include "run.hpp"

namespace {

constexpr int exit_errors = 1;
constexpr int exit_failed = 2;

int obey(const bench::options& wanted) {
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
    bench::options wanted;
    if (const auto code = bench::read_options(wanted, argc, argv)) return *code;
    return obey(wanted);
  } catch (const std::exception& failed) {
    std::cerr << "bench: " << failed.what() << "\n";
    return exit_failed;
  }
}
