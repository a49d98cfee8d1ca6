// Offers of compression by a hostile client, and its compressed data. The first byte chooses the limit, the window and
// the context.

#include "wire/deflate.hpp"

#include <algorithm>
#include <string>

#include "check.hpp"

using namespace cosio::wire;
using cosio::errc;
using cosio::fuzz::check;

namespace {

constexpr std::size_t limits[] = {0, 1, 100, 1'024, 5'000, 65'536, 100'000, 1'000'000};

// Inflates any bytes: in every case the output is within the limit, and nothing is read or written outside.
void check_bounded(std::string_view bytes, std::size_t limit, int window, bool keep_context) {
  inflater in(window);
  for (int message = 0; message < 3; ++message) {
    const std::string_view part = bytes.substr(bytes.size() / 3 * static_cast<std::size_t>(message), bytes.size() / 3);
    const auto plain = in.inflate(part, limit);
    if (plain.has_error()) {
      check(plain.error().code == errc::bad_deflate || plain.error().code == errc::message_too_large,
            "errors are of two kinds");
      check(plain.error().offset <= std::max(part.size(), limit), "a fault lies inside the input, or at the limit");
      in.reset();
    } else {
      check(plain->size() <= limit, "what is inflated stays within the limit");
      check(plain->capacity() <= std::max<std::size_t>(limit, 15), "its memory does too");
    }
    if (!keep_context) in.reset();
  }
}

// Data that we compress inflates to the same, with and without the earlier messages, also for a client with a window of
// the agreed size.
void check_round_trip(std::string_view text, int window, bool keep_context) {
  deflater out({.level = 1 + static_cast<int>(text.size() % 9),
                .window_bits = window,
                .memory_level = 1 + static_cast<int>(text.size() % 9)});
  inflater in(window);
  for (int message = 0; message < 3; ++message) {
    std::string bytes;
    const std::string_view pieces[] = {text.substr(0, text.size() / 2), text.substr(text.size() / 2)};
    out.deflate(pieces, bytes);
    const auto back = in.inflate(bytes, text.size());
    check(back.has_value() && *back == text, "what is compressed inflates to the same");
    if (!keep_context) out.reset();
  }
}

// The agreed parameters are within the wishes of both sides, and the same header offered leads to the same agreement.
void check_offer(std::string_view header, const deflate_agreement& ours) {
  const auto chosen = choose_deflate(header, ours);
  if (chosen.has_error()) {
    check(chosen.error().code == errc::bad_request && chosen.error().offset <= header.size(),
          "a fault lies inside the header");
    return;
  }
  if (!*chosen) return;
  const deflate_agreement& agreed = **chosen;
  check(agreed.server_window_bits >= 8 && agreed.server_window_bits <= ours.server_window_bits,
        "our window is in range");
  check(agreed.client_window_bits >= 8 && agreed.client_window_bits <= 15, "the client's window is in range");
  check(ours.server_context_takeover || !agreed.server_context_takeover, "takeover only where we want it");
  const auto again = choose_deflate(to_header(agreed), ours);
  check(again.has_value() && *again && (*again)->server_window_bits == agreed.server_window_bits,
        "our answer is a list of extensions");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = cosio::fuzz::text_of(data, size);
  const std::uint8_t choice = cosio::fuzz::take_choice(bytes);
  const int window = 8 + (choice >> 3U) % 8;
  const bool keep_context = (choice & 0x40) != 0;
  check_bounded(bytes, limits[choice % 8], window, keep_context);
  check_round_trip(bytes, window, keep_context);
  check_offer(bytes, {keep_context, !keep_context, std::max(window, 9), window});
  return 0;
}
