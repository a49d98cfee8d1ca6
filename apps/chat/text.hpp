// Text as people type it, made ready to be shown. Lengths are counted in characters: code points of Unicode.

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

/// A name: one line, without characters that cannot be seen, and with single spaces. Empty when nothing is left.
std::string one_line(std::string_view text, std::size_t max_characters);

/// A message: control characters become spaces, but line feeds stay. Empty when there is nothing to see in it.
std::string several_lines(std::string_view text, std::size_t max_characters);

/// The same for all names that look alike but for capital letters.
std::string folded(std::string_view name);

/// A secret that nobody guesses.
std::string random_secret();

/// The id of the person with this secret, which may be shown to everybody: nobody finds the secret by it.
std::string public_id(std::string_view secret);

}  // namespace chat
