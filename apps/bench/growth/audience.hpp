// Clients on a thread of their own, which connect and read everything.

#pragma once
#include <atomic>
#include <cstdint>
#include <thread>

namespace bench {

/// A number of clients of a server of this process.
class audience {
 public:
  audience(std::uint16_t port, std::uint32_t clients);
  ~audience();
  audience(const audience&) = delete;
  audience& operator=(const audience&) = delete;

 private:
  void attend(std::uint16_t port, std::uint32_t clients) const;

  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace bench
