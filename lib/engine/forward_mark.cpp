// Marks of requests that are passed on. HMAC comes from OpenSSL.

#include "engine/forward_mark.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <chrono>
#include <new>

#include "base/hex.hpp"
#include "http/node_terms.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::engine {
namespace {

constexpr std::string_view version = "2";
constexpr std::size_t most_bytes = 256;  // of a mark: an address is at most 45 characters

template <class Number>
std::optional<Number> number(std::string_view text) noexcept {
  Number value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Exactly seven parts.
std::optional<std::array<std::string_view, 7>> split(std::string_view text) noexcept {
  std::array<std::string_view, 7> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    const auto end = text.find(';');
    if (is_last != (end == std::string_view::npos)) return std::nullopt;
    parts[i] = text.substr(0, end);
    if (!is_last) text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace

std::int64_t seconds_of_marks() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
}

std::string mark_keeper::code_of(std::string_view claims, const http::request& request) const {
  std::string text("cosio forward\n");
  text.append(claims).append(1, '\n').append(request.method()).append(1, ' ').append(request.target());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr)
    throw std::bad_alloc();
  std::string hex;
  for (unsigned i = 0; i < size; ++i) base::append_hex(hex, digest[i]);
  return hex;
}

std::string mark_keeper::make(unsigned from, unsigned to, const http::request& request) const {
  std::string claims(version);
  claims.append(1, ';').append(std::to_string(from)).append(1, ';').append(std::to_string(to)).append(1, ';');
  claims.append(std::to_string(clock_())).append(1, ';');
  claims.append(request.remote_address()).append(request.secure() ? ";https" : ";http");
  const std::string code = code_of(claims, request);
  return claims.append(1, ';').append(code);
}

mark_keeper::reading mark_keeper::read(const http::request& request, std::string& room) const {
  reading found;
  const std::string_view value = http::header_of(request, http::forward_header, room);
  found.has_mark = !value.empty();
  if (value.empty() || value.size() > most_bytes) return found;
  const auto parts = split(value);
  if (!parts) return found;
  const auto& [kind, from, to, time, address, scheme, code] = *parts;
  const auto sender = number<unsigned>(from);
  const auto receiver = number<unsigned>(to);
  const auto seconds = number<std::uint32_t>(time);
  const bool is_known = kind == version && sender && receiver && seconds && (scheme == "http" || scheme == "https");
  if (!is_known) return found;
  const std::string right = code_of(value.substr(0, value.size() - code.size() - 1), request);
  if (right.size() != code.size() || CRYPTO_memcmp(right.data(), code.data(), code.size()) != 0) return found;
  found.late_by = clock_() - std::int64_t{*seconds};
  const bool is_late = found.late_by > skew_ || found.late_by < -skew_;
  (is_late ? found.late : found.mark) = forward_mark{*sender, *receiver, address, scheme == "https"};
  return found;
}

}  // namespace cosio::inline v0_2::engine
