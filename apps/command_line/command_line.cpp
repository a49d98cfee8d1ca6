// Mistakes in words, and the option that was probably meant.

#include "command_line/command_line.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace apps {
namespace {

// The letters that must be changed, added or removed to make one word of the other: the Levenshtein distance.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string check_for_value(const std::string& text) { return text.starts_with("--") ? "needs a value" : ""; }

}  // namespace

command_line::command_line(const std::string& name, const std::string& about) : CLI::App(about, name) {
  set_help_flag("-h,--help", "print this and end");
  set_version_flag("--version", name + " of cosio " COSIO_APPS_VERSION, "print the version and end");
  option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  get_formatter()->label("Usage", "usage");
  footer("Exit codes: 0 ended as asked, 1 failed while running, 2 wrong arguments.");
}

CLI::Option* command_line::milliseconds(const std::string& name, std::chrono::milliseconds& to,
                                        const std::string& about) {
  const std::function<void(const std::uint32_t&)> set = [&to](std::uint32_t ms) { to = std::chrono::milliseconds(ms); };
  CLI::Range range(std::uint32_t{0}, std::numeric_limits<std::uint32_t>::max());
  range.description("");
  return add_option_function(name, set, about)->check(range)->type_name("MS")->default_str(std::to_string(to.count()));
}

CLI::Option* command_line::text(const std::string& name, std::string& to, const std::string& about) {
  return add_option(name, to, about)->check(CLI::Validator(check_for_value, ""));
}

std::optional<int> command_line::read(int argc, const char* const* argv) {
  try {
    parse(argc, argv);
    if (!remaining().empty()) throw CLI::ExtrasError(get_name(), remaining());  // "--" alone, which parse() takes
    return std::nullopt;
  } catch (const CLI::Success& told) {
    return exit(told);
  } catch (const CLI::ParseError& wrong) {
    std::cerr << get_name() << ": " << describe(wrong) << "\n"
              << usage_line() << "\n`" << get_name() << " --help` lists the options.\n";
    return exit_usage;
  }
}

std::string command_line::describe(const CLI::ParseError& wrong) const {
  const std::string words = wrong.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&wrong) != nullptr) return unknown_argument();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&wrong) != nullptr)
    return words.substr(0, words.find(':')) + " needs a value";
  return words;
}

std::string command_line::unknown_argument() const {
  const std::vector<std::string> left = remaining();
  const auto option = std::ranges::find_if(left, [](const std::string& word) { return word.starts_with('-'); });
  const std::string& word = option == left.end() ? left.front() : *option;
  const std::string name = word.substr(0, word.find('='));
  const std::string meant = nearest(name);
  return "unknown argument '" + name + "'" + (meant.empty() ? "" : "; did you mean " + meant + "?");
}

// The option whose name is most like the word; empty when no name is like it.
std::string command_line::nearest(const std::string& word) const {
  std::size_t least = 2 + word.size() / 4;
  std::string found;
  for (const CLI::Option* const known : get_options()) {
    for (const std::string& long_name : known->get_lnames()) {
      const std::size_t apart = distance(word, "--" + long_name);
      if (apart >= least) continue;
      least = apart;
      found = "--" + long_name;
    }
  }
  return found;
}

std::string command_line::usage_line() const {
  const std::string all = help();
  const std::size_t begin = std::min(all.find("usage:"), all.size());
  return all.substr(begin, all.find('\n', begin) - begin);
}

}  // namespace apps
