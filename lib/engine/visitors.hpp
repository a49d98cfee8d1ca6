// Counts of sessions, of those that are silent since their handshake, and of waiting handshakes: by address and in all,
// for the options that limit them.
//
// A decider: it counts and chooses, and the engine refuses and ends. Nothing is kept of an address that has none.

#pragma once
#include <netinet/in.h>
#include <cosio/options.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/counters.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::engine {

class session;

/// The part of an address that is counted: all of IPv4, and the first 64 bits of IPv6, which one customer has. An IPv4
/// address inside IPv6 counts as IPv4. Allocates nothing, since a session must end without memory.
class visitor_key {
 public:
  /// @param address  Must outlive this: text() may point into it.
  explicit visitor_key(std::string_view address) noexcept;
  visitor_key(const visitor_key&) = delete;
  visitor_key& operator=(const visitor_key&) = delete;
  std::string_view text() const noexcept { return text_; }

 private:
  std::array<char, INET6_ADDRSTRLEN> room_{};
  std::string_view text_;
};

/// Any thread. Costs nothing while no limit is set. By default only silent sessions have one.
class visitors : public std::enable_shared_from_this<visitors> {
 public:
  explicit visitors(const engine_options& limits)
      : max_sessions_(limits.max_sessions),
        max_per_address_(limits.max_sessions_per_address),
        max_handshakes_(limits.max_handshakes_per_address),
        max_silent_(limits.max_silent_sessions_per_address),
        max_all_silent_(limits.first_request_timeout.count() != 0 ? limits.max_silent_sessions : 0) {}

  /// Exists while a handshake waits for the application, and then uncounts it.
  class waiting_handshake {
   public:
    waiting_handshake() = default;
    waiting_handshake(const waiting_handshake&) = delete;
    waiting_handshake& operator=(const waiting_handshake&) = delete;
    ~waiting_handshake() {
      if (at_) at_->end_handshake(key_);
    }
    void begin(std::shared_ptr<visitors> at, std::string key) noexcept {
      at_ = std::move(at);
      key_ = std::move(key);
    }

   private:
    std::shared_ptr<visitors> at_;
    std::string key_;
  };

  /// Counts a handshake. @return the limit that refuses it, or nothing. `into` must be kept while the handshake waits.
  std::optional<base::limit> begin_handshake(std::string_view address, std::unique_ptr<waiting_handshake>& into);
  /// Counts a session. @return the limit that refuses it, or nothing: then closed() must be called once.
  std::optional<base::limit> opened(std::string_view address);
  void closed(std::string_view address) noexcept;

  /// Whether more sessions of all addresses are silent than may be.
  bool too_many_silent() const noexcept {
    return max_all_silent_ != 0 && silent_.load(std::memory_order_relaxed) > max_all_silent_;
  }
  /// Whether silent sessions have a limit. Otherwise the next three are not called.
  bool counts_silent() const noexcept { return max_silent_ != 0 || max_all_silent_ != 0; }
  struct silent_session {
    std::weak_ptr<session> which;
    bool is_chosen = false;  // by choose_silent(): it counts no more
  };
  /// The place of a silent session among those of its address. It stays valid until end_silence().
  using silence = std::list<silent_session>::iterator;
  /// Counts a session that is silent until its client's next request. end_silence() must be called once.
  silence begin_silence(std::string_view address, std::weak_ptr<session> which);
  /// The session has been heard, or has ended.
  void end_silence(std::string_view address, silence which) noexcept;
  /// @return the session that has been silent longest, when more of this address are than may be: it counts no more,
  ///         and the caller lets its strand end it. Null otherwise.
  std::shared_ptr<session> choose_silent(std::string_view address) noexcept;

 private:
  struct visitor {
    std::size_t sessions = 0;
    std::size_t handshakes = 0;
    std::list<silent_session> silent;  // the oldest first
  };
  bool counts() const noexcept { return max_sessions_ != 0 || max_per_address_ != 0; }
  void end_handshake(std::string_view key) noexcept;
  void remove_if_unused(std::string_view key) noexcept COSIO_REQUIRES(mutex_);

  const std::size_t max_sessions_;
  const std::size_t max_per_address_;
  const std::size_t max_handshakes_;
  const std::size_t max_silent_;        // of one address
  const std::size_t max_all_silent_;    // 0: no limit, or first_request_timeout is none
  std::atomic<std::size_t> silent_{0};  // of all addresses
  base::mutex mutex_;
  base::text_map<visitor> known_ COSIO_GUARDED_BY(mutex_);
  std::list<silent_session> chosen_ COSIO_GUARDED_BY(mutex_);  // until end_silence()
  std::size_t sessions_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::engine
