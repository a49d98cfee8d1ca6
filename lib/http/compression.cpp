// Accept-Encoding, and zlib.

#include "http/compression.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
namespace {

struct offer {
  int quality = -1;  // thousandths; -1: not named
  int place = std::numeric_limits<int>::max();
};

// Accepts "0", "0.5", "1.000". Anything else counts as 0: the reference's parser drops it, too.
int parse_quality(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
    return 0;
  int quality = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    quality += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(quality, 1000);
}

int quality_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::string_view piece = parameters.substr(0, parameters.find(';'));
    const std::string_view one = trimmed(piece);
    if (one.size() > 2 && to_lower(one[0]) == 'q' && one[1] == '=') return parse_quality(one.substr(2));
    parameters.remove_prefix(std::min(piece.size() + 1, parameters.size()));
  }
  return 1000;
}

// The offer for one coding. A mention by name counts before `*`.
offer offer_of(std::string_view list, std::string_view coding, bool wildcard_counts) noexcept {
  offer by_name;
  offer by_wildcard;
  for (int place = 0; !list.empty(); ++place) {
    const std::string_view piece = list.substr(0, list.find(','));
    list.remove_prefix(std::min(piece.size() + 1, list.size()));
    const std::string_view name = trimmed(piece.substr(0, piece.find(';')));
    const std::string_view parameters = piece.substr(std::min(piece.size(), piece.find(';')));
    if (same_name(name, coding)) by_name = {quality_of(parameters), place};
    if (name == "*" && wildcard_counts) by_wildcard = {quality_of(parameters), place};
  }
  return by_name.quality >= 0 ? by_name : by_wildcard;
}

bool is_better(const offer& a, const offer& b) noexcept {
  return a.quality != b.quality ? a.quality > b.quality : a.place < b.place;
}

}  // namespace

content_encoding negotiate(std::string_view accept_encoding) noexcept {
  content_encoding best = content_encoding::identity;
  offer reason{0, std::numeric_limits<int>::max()};
  for (const auto candidate : {content_encoding::gzip, content_encoding::deflate}) {
    const offer said = offer_of(accept_encoding, to_string(candidate), true);
    if (said.quality <= 0 || !is_better(said, reason)) continue;
    best = candidate;
    reason = said;
  }
  const offer plain = offer_of(accept_encoding, "identity", false);
  return plain.quality > 0 && is_better(plain, reason) ? content_encoding::identity : best;
}

std::string_view to_string(content_encoding encoding) noexcept {
  switch (encoding) {
    case content_encoding::gzip:
      return "gzip";
    case content_encoding::deflate:
      return "deflate";
    case content_encoding::identity:
      break;
  }
  return {};
}

std::string compress(std::string_view bytes, content_encoding encoding) {
  if (encoding == content_encoding::identity) return std::string(bytes);
  constexpr int memory_level = 8;
  const int window = encoding == content_encoding::gzip ? 15 + 16 : 15;
  z_stream z{};
  if (::deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out;
  out.resize(::deflateBound(&z, static_cast<uLong>(bytes.size())));
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  ::deflate(&z, Z_FINISH);  // one call is enough: the output has room for deflateBound()
  out.resize(z.total_out);
  ::deflateEnd(&z);
  out.shrink_to_fit();  // deflateBound() is more than the bytes that were compressed
  return out;
}

void compress_for(response& answer, std::string_view accept_encoding) {
  const content_encoding chosen = negotiate(accept_encoding);
  if (chosen == content_encoding::identity) return;
  answer.body(compress(answer.body(), chosen));
  answer.set("Content-Encoding", to_string(chosen));
}

}  // namespace cosio::inline v0_2::http
