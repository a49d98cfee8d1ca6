// Heads of Socket.IO packets.

#include "wire/packet_header.hpp"

#include <string>

#include "check.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cosio::fuzz::text_of(data, size);
  const header_limits limits;
  const auto head = decode_header(text, limits);
  if (head.has_error()) {
    check(head.error().offset <= size, "a fault lies inside the text");
    return 0;
  }
  check(is_binary(head->type) == (head->attachments > 0), "binary packets, and only they, announce attachments");
  check(head->attachments <= limits.max_attachments, "the limit of attachments holds");
  check(head->nsp.starts_with('/') && (head->type == sio_type::connect || head->nsp.size() <= limits.max_nsp_bytes),
        "a namespace is a name within its limit");
  check(head->json.data() + head->json.size() == text.data() + text.size(), "the payload ends where the text ends");
  if (head->json.starts_with('/')) return 0;  // no JSON: behind a namespace left out it would read as one

  std::string written;
  append_header(written, head->type, head->attachments, head->nsp, head->id);
  written += head->json;
  const auto again = decode_header(written, limits);
  check(again.has_value(), "what is written is read");
  check(again->type == head->type && again->attachments == head->attachments && again->nsp == head->nsp &&
            again->id == head->id && again->json == head->json,
        "what is written is read back as it was");
  return 0;
}
