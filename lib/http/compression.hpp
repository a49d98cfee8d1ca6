// Compressed bodies: what the client takes, and the compressing itself. Pure.

#pragma once
#include <cosio/http.hpp>

#include <string>
#include <string_view>

namespace cosio::http {

enum class content_encoding { identity, gzip, deflate };

/// What an Accept-Encoding header asks for: the highest q-value, of equals the one the client names first; `*` means
/// gzip. What it names with q=0, and brotli, is never chosen. Without the header: identity.
content_encoding negotiate(std::string_view accept_encoding) noexcept;

/// The token for Content-Encoding; empty for identity.
std::string_view to_string(content_encoding encoding) noexcept;

/// The bytes as gzip, or deflate (zlib's format, as HTTP means it). @throws std::bad_alloc only.
std::string compress(std::string_view bytes, content_encoding encoding);

/// Compresses the body of `answer` and says so in its head, if this Accept-Encoding allows.
void compress_for(response& answer, std::string_view accept_encoding);

}  // namespace cosio::http
