// Sessions and handshakes, counted by address.

#include "engine/visitors.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"

namespace cosio::engine {

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
  --sessions_;
  if (const auto found = known_.find(key.text()); found != known_.end()) --found->second.sessions;
  remove_if_unused(key.text());
}

void visitors::remove_if_unused(std::string_view key) noexcept {
  const auto found = known_.find(key);
  if (found != known_.end() && found->second.sessions == 0 && found->second.handshakes == 0) known_.erase(found);
}

}  // namespace cosio::engine
