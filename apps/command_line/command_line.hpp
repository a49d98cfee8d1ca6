// The command line of a program here, read by CLI11: the same habits, words and exit codes in all of them.
//
// CLI11 takes a while to compile. So one file of each program includes this header: options.cpp, or main.cpp where
// there is at most one option.

#pragma once
#include <CLI/CLI.hpp>

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

namespace apps {

/// The exit code of a program whose arguments are wrong.
inline constexpr int exit_usage = 2;

/// A CLI::App with `--help` and `--version`. Of an option that is given twice, the last one counts.
class command_line : public CLI::App {
 public:
  /// @param name   The program, as people type it.
  /// @param about  The first lines of `--help`: the purpose of the program.
  command_line(const std::string& name, const std::string& about);

  /// Adds an option, or an argument without a name, that takes a number from `least` to `most`.
  template <class Number>
  CLI::Option* number(const std::string& name, Number& to, const std::string& about,
                      std::type_identity_t<Number> least = 0,
                      std::type_identity_t<Number> most = std::numeric_limits<Number>::max()) {
    CLI::Range range(least, most);
    range.description("");
    return add_option(name, to, about)->check(range)->type_name("N");
  }

  /// Adds an option that takes a time in milliseconds: at most 32 bits of them, which are 49 days.
  CLI::Option* milliseconds(const std::string& name, std::chrono::milliseconds& to, const std::string& about);

  /// Adds an option that takes text. The text does not begin with "--": that is an option behind a forgotten value.
  CLI::Option* text(const std::string& name, std::string& to, const std::string& about);

  /// Reads the words of main(). When the program must end now, it has printed the help, the version or the mistake.
  ///
  /// @return nothing when the program shall go on; else its exit code.
  std::optional<int> read(int argc, const char* const* argv);

 private:
  std::string describe(const CLI::ParseError& wrong) const;
  std::string unknown_argument() const;
  std::string nearest(const std::string& word) const;
  std::string usage_line() const;
};

}  // namespace apps
