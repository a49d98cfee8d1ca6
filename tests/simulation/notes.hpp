// The messages of the server to clients: numbered notes. Number and contents belong together, so a receiver of a note
// knows its contents.

#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace cosio::simulation {

constexpr std::size_t note_sizes = 8;
constexpr std::size_t largest_note = 60'000;  // bytes, text and attachment together

/// @param size  Which of the sizes, 0 … note_sizes - 1.
std::uint64_t note_number(std::uint64_t count, std::size_t size, bool binary);
std::string note_text(std::uint64_t number);
bool has_attachment(std::uint64_t number);
std::string note_attachment(std::uint64_t number);
/// The answer of a client to a question of the server.
constexpr std::uint64_t answer_to(std::uint64_t number) { return number * 5 + 2; }

}  // namespace cosio::simulation
