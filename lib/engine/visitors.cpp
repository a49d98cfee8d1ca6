// Sessions and handshakes, counted by address.

#include "engine/visitors.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace cosio::engine {

std::string visitor_key(std::string_view address) {
  namespace ip = boost::asio::ip;
  boost::system::error_code ec;
  const auto parsed = ip::make_address(std::string(address), ec);
  if (ec || parsed.is_v4()) return std::string(address);
  const auto v6 = parsed.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return ip::address_v6(bytes).to_string();
}

std::optional<base::limit> visitors::begin_handshake(std::string_view address, std::unique_ptr<visit>& into) {
  if (max_handshakes_ == 0) return std::nullopt;
  std::string key = visitor_key(address);
  {
    const std::lock_guard lock(mutex_);
    visitor& who = known_.try_emplace(key).first->second;
    if (who.handshakes >= max_handshakes_) return base::limit::max_handshakes_per_address;
    ++who.handshakes;
  }
  into = std::make_unique<visit>(shared_from_this(), std::move(key));
  return std::nullopt;
}

void visitors::end_handshake(const std::string& key) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(key); found != known_.end()) --found->second.handshakes;
  forget_if_gone(key);
}

std::optional<base::limit> visitors::opened(std::string_view address) {
  if (!counts()) return std::nullopt;
  const std::string key = visitor_key(address);
  const std::lock_guard lock(mutex_);
  if (max_sessions_ != 0 && sessions_ >= max_sessions_) return base::limit::max_sessions;
  visitor& who = known_.try_emplace(key).first->second;
  if (max_per_address_ != 0 && who.sessions >= max_per_address_) return base::limit::max_sessions_per_address;
  ++who.sessions;
  ++sessions_;
  return std::nullopt;
}

void visitors::closed(std::string_view address) noexcept {
  if (!counts()) return;
  const std::string key = visitor_key(address);
  const std::lock_guard lock(mutex_);
  --sessions_;
  if (const auto found = known_.find(key); found != known_.end()) --found->second.sessions;
  forget_if_gone(key);
}

void visitors::forget_if_gone(const std::string& key) noexcept {
  const auto found = known_.find(key);
  if (found != known_.end() && found->second.sessions == 0 && found->second.handshakes == 0) known_.erase(found);
}

}  // namespace cosio::engine
