// Compressed bodies: the choice of a coding, and the compression itself. Pure.

#pragma once
#include <cosio/http.hpp>

#include <string>
#include <string_view>

namespace cosio::inline v0_2::http {

enum class content_encoding { identity, gzip, deflate };

/// Chooses the coding with the highest q-value of an Accept-Encoding header; of equal ones the first. `*` means gzip. A
/// coding with q=0, and brotli, are never chosen. Without the header: identity.
content_encoding negotiate(std::string_view accept_encoding) noexcept;

/// The token for Content-Encoding; empty for identity.
std::string_view to_string(content_encoding encoding) noexcept;

/// The bytes as gzip, or deflate (zlib's format, as HTTP means it). @throws std::bad_alloc only.
std::string compress(std::string_view bytes, content_encoding encoding);

/// Compresses the body of `answer` and sets Content-Encoding, if this Accept-Encoding allows it.
void compress_for(response& answer, std::string_view accept_encoding);

}  // namespace cosio::inline v0_2::http
