// Sessions and handshakes, counted by address.

#include "engine/visitors.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"

namespace cosio::inline v0_2::engine {

visitor_key::visitor_key(std::string_view address) noexcept : text_(address) {
  const std::string_view host = address.substr(0, address.find('%'));  // without the zone of a link-local address
  if (host.size() >= room_.size()) return;
  *std::copy(host.begin(), host.end(), room_.begin()) = '\0';
  in6_addr v6{};
  if (::inet_pton(AF_INET6, room_.data(), &v6) != 1) return;
  std::uint8_t* const bytes = v6.s6_addr;
  const bool is_v4 = IN6_IS_ADDR_V4MAPPED(&v6);
  if (!is_v4) std::fill(bytes + 8, bytes + sizeof v6.s6_addr, std::uint8_t{0});
  const char* const written = is_v4 ? ::inet_ntop(AF_INET, bytes + 12, room_.data(), INET6_ADDRSTRLEN)
                                    : ::inet_ntop(AF_INET6, bytes, room_.data(), INET6_ADDRSTRLEN);
  if (written != nullptr) text_ = written;
}

std::optional<base::limit> visitors::begin_handshake(std::string_view address,
                                                     std::unique_ptr<waiting_handshake>& into) {
  if (max_handshakes_ == 0) return std::nullopt;
  const visitor_key key(address);
  std::string name(key.text());
  auto made = std::make_unique<waiting_handshake>();  // this may throw, so it comes first
  const base::lock_guard lock(mutex_);
  visitor& who = known_.try_emplace(name).first->second;
  if (who.handshakes >= max_handshakes_) return base::limit::max_handshakes_per_address;
  ++who.handshakes;
  made->begin(shared_from_this(), std::move(name));
  into = std::move(made);
  return std::nullopt;
}

void visitors::end_handshake(std::string_view key) noexcept {
  const base::lock_guard lock(mutex_);
  if (const auto found = known_.find(key); found != known_.end()) --found->second.handshakes;
  remove_if_unused(key);
}

std::optional<base::limit> visitors::opened(std::string_view address) {
  if (!counts()) return std::nullopt;
  const visitor_key key(address);
  const base::lock_guard lock(mutex_);
  if (max_sessions_ != 0 && sessions_ >= max_sessions_) return base::limit::max_sessions;
  visitor& who = known_.try_emplace(std::string(key.text())).first->second;
  if (max_per_address_ != 0 && who.sessions >= max_per_address_) return base::limit::max_sessions_per_address;
  ++who.sessions;
  ++sessions_;
  return std::nullopt;
}

void visitors::closed(std::string_view address) noexcept {
  if (!counts()) return;
  const visitor_key key(address);
  const base::lock_guard lock(mutex_);
  const auto found = known_.find(key.text());
  if (found == known_.end()) return;
  --found->second.sessions;
  --sessions_;
  remove_if_unused(key.text());
}

visitors::silence visitors::begin_silence(std::string_view address, std::weak_ptr<session> which) {
  const visitor_key key(address);
  std::string name(key.text());
  std::list<silent_session> made;
  made.push_back({std::move(which)});  // this may throw, so it comes first
  const silence place = made.begin();
  const base::lock_guard lock(mutex_);
  std::list<silent_session>& silent = known_.try_emplace(std::move(name)).first->second.silent;
  silent.splice(silent.end(), made);
  silent_.fetch_add(1, std::memory_order_relaxed);
  return place;
}

void visitors::end_silence(std::string_view address, silence which) noexcept {
  const visitor_key key(address);
  silent_.fetch_sub(1, std::memory_order_relaxed);
  std::list<silent_session> gone;  // destroyed without the lock
  const base::lock_guard lock(mutex_);
  if (which->is_chosen) {
    gone.splice(gone.end(), chosen_, which);
  } else if (const auto found = known_.find(key.text()); found != known_.end()) {
    gone.splice(gone.end(), found->second.silent, which);
    remove_if_unused(key.text());
  }
}

std::shared_ptr<session> visitors::choose_silent(std::string_view address) noexcept {
  if (max_silent_ == 0) return nullptr;
  const visitor_key key(address);
  const base::lock_guard lock(mutex_);
  const auto found = known_.find(key.text());
  if (found == known_.end() || found->second.silent.size() <= max_silent_) return nullptr;
  std::list<silent_session>& silent = found->second.silent;
  const silence oldest = silent.begin();
  oldest->is_chosen = true;
  chosen_.splice(chosen_.end(), silent, oldest);
  return oldest->which.lock();
}

void visitors::remove_if_unused(std::string_view key) noexcept {
  const auto found = known_.find(key);
  if (found == known_.end()) return;
  const visitor& who = found->second;
  if (who.sessions == 0 && who.handshakes == 0 && who.silent.empty()) known_.erase(found);
}

}  // namespace cosio::inline v0_2::engine
