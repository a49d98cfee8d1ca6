// Terms between the servers of a cluster: where they are, the limits of requests to them, and what is counted.

#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::http {

/// The header of a request that one server passes on to another. Its value is the engine's.
inline constexpr std::string_view forward_header = "x-cosio-forward";

struct node_limits {
  std::chrono::milliseconds connect{2'000};
  std::chrono::milliseconds answer{15'000};  // to take a request; to answer it; and between two parts of a body
  std::chrono::milliseconds held{0};         // more time for the answer to a GET
  std::size_t max_body = 64 * 1024 * 1024;   // bytes of one answer
  std::size_t max_requests = 8'192;
  std::size_t max_tunnels = 8'192;
  std::size_t max_idle = 64;
  std::chrono::milliseconds idle{10'000};
};

/// The numbers of all servers that an engine passes requests on to.
struct node_counts {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> upgrades{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::size_t> under_way{0};
  std::atomic<std::size_t> tunnels{0};
  std::atomic<std::size_t> kept_bytes{0};
  std::size_t max_kept_bytes = 0;
};

/// Bytes of a request, or of an answer, that count as kept until this is destroyed.
class counted_bytes {
 public:
  explicit counted_bytes(std::shared_ptr<node_counts> in) noexcept : in_(std::move(in)) {}
  counted_bytes(counted_bytes&& from) noexcept : in_(std::move(from.in_)), bytes_(std::exchange(from.bytes_, 0)) {}
  counted_bytes& operator=(counted_bytes&&) = delete;
  ~counted_bytes() {
    if (in_) in_->kept_bytes -= bytes_;
  }

  /// @return false if they would be too many; then they do not count.
  bool add(std::size_t bytes) noexcept {
    const bool fits = in_->kept_bytes.fetch_add(bytes) + bytes <= in_->max_kept_bytes;
    if (fits) {
      bytes_ += bytes;
    } else {
      in_->kept_bytes -= bytes;
    }
    return fits;
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::shared_ptr<node_counts> in_;
  std::size_t bytes_ = 0;
};

/// The place of a server: "http://10.0.0.1:3000".
class node_address {
 public:
  /// @throws error errc::bad_argument, errc::not_supported.
  explicit node_address(std::string_view url);

  std::string host;
  std::uint16_t port = 80;

  std::string text() const;
  bool operator==(const node_address&) const = default;
};

}  // namespace cosio::inline v0_2::http
