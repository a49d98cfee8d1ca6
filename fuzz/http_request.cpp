// Requests of HTTP/1.1, several on one connection. The first byte chooses the size of the pieces in which they come:
// what they mean may not depend on it.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "check.hpp"
#include "http/request_parser.hpp"
#include "http/request_target.hpp"

using namespace cosio::http;
using cosio::fuzz::check;

namespace {

constexpr std::size_t max_body = 100;
constexpr head_limits limits{500, 8};

void check_head(const request_data& data) {
  const std::string_view head = data.lines();
  check(head.size() <= limits.max_bytes, "a head has its limit");
  const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
  check(lines <= limits.max_fields + 1, "fields have their limit");
  const bool plain = std::all_of(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7F : c == '\n' || c == '\t';
  });
  check(plain, "no control character comes through");
  check(data.method().size() + data.target().size() + 2 <= head.size(), "method and target are in the head");
  for (const auto& [name, value] : parse_query(query_of(data.target())))
    check(name.size() + value.size() <= 3 * data.target().size(),
          "bytes that are no UTF-8 become U+FFFD, nothing more");
}

// All that was understood of the bytes, in words.
std::string understood(std::string_view bytes, std::size_t piece) {
  std::string all;
  std::string unread;
  std::string body;
  request_parser parser(limits);
  bool has_head = false;
  while (!bytes.empty() || !unread.empty()) {
    const bool last = bytes.empty();
    unread += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (bool more = true; more;) {
      const auto used = has_head ? parser.feed_body(unread, body, max_body) : parser.feed_head(unread);
      // A chunk may be wrong in bytes that are not looked at before more of them came: see feed_body().
      if (used.has_error()) return all + (has_head ? "no whole body" : "refused");
      check(*used <= unread.size(), "no more is taken than there is");
      unread.erase(0, *used);
      more = *used > 0;
      if (!has_head && *used > 0) {
        has_head = true;
        const auto data = parser.take_head();
        check_head(*data);
        all += data->lines();
        all += parser.keep_alive() ? "stays" : "closes";
        all += parser.wants_upgrade() ? ", upgrades: " : ": ";
      }
      if (has_head && parser.done()) {
        check(body.size() <= max_body && body.size() <= parser.body_size(), "a body has its limit");
        all += body + " of " + std::to_string(parser.body_size()) + "\n";
        parser = request_parser(limits);
        body.clear();
        has_head = false;
        more = !unread.empty();
      }
    }
    if (last) break;
  }
  return all + (has_head ? "no whole body" : unread.empty() ? "end" : "incomplete head");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t pieces[] = {1, 2, 3, 5, 8, 13, 64, 300};
  std::string_view input = cosio::fuzz::text_of(data, size);
  const std::size_t piece = pieces[cosio::fuzz::take_choice(input) % std::size(pieces)];
  check(understood(input, input.size() + 1) == understood(input, piece), "pieces mean what the whole does");
  return 0;
}
