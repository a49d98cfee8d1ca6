// The channels of Redis that a wire listens to.

#include "cluster/wire_channels.hpp"

#include <algorithm>

#include "base/logger.hpp"
#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::cluster {

wire_listener::wire_listener(std::string name, std::string who, std::shared_ptr<cluster_receiver> receiver)
    : nsp(std::move(name)), uid(std::move(who)), to(std::move(receiver)) {
  own_end_ = R"("uid":)";
  wire::append_json_string(own_end_, uid);
  own_end_ += R"(,"nsp":)";
  wire::append_json_string(own_end_, nsp);
  own_end_ += '}';
}

void wire_channels::entry::end_waits() noexcept {
  for (const auto& done : waiting) done->give();
  waiting.clear();
}

void wire_channels::add(const std::string& channel, const std::shared_ptr<wire_listener>& to,
                        const std::shared_ptr<confirmation>& done) {
  auto& known = entries_[channel];
  const bool is_new = known == nullptr;
  if (is_new) known = std::make_shared<entry>();
  const std::shared_ptr<entry> mine = known;
  const auto used = std::ranges::find(mine->uses, to, &use::by);
  if (used != mine->uses.end()) {
    ++used->count;
  } else {
    mine->uses.push_back({to, 1});
  }
  if (done && (mine->is_confirmed || !link_->connected())) {
    done->give();
  } else if (done) {
    mine->waiting.push_back(done);
  }
  if (!is_new) return;
  link_->subscribe(kind_, channel, [weak = std::weak_ptr<entry>(mine)] {
    const auto self = weak.lock();
    if (!self) return;
    self->is_confirmed = true;
    self->end_waits();
  });
}

void wire_channels::remove(const std::string& channel, const std::shared_ptr<wire_listener>& of) {
  const auto found = entries_.find(channel);
  if (found == entries_.end()) return;
  auto& uses = found->second->uses;
  const auto used = std::ranges::find(uses, of, &use::by);
  if (used == uses.end() || --used->count != 0) return;
  uses.erase(used);
  if (uses.empty()) drop(channel);
}

void wire_channels::remove_all(const std::shared_ptr<wire_listener>& of) {
  std::vector<std::string> unused;
  for (const auto& [channel, known] : entries_) {
    std::erase_if(known->uses, [&](const use& one) { return one.by == of; });
    if (known->uses.empty()) unused.push_back(channel);
  }
  for (const std::string& channel : unused) drop(channel);
}

void wire_channels::drop(const std::string& channel) {
  const auto found = entries_.find(channel);
  const auto gone = found->second;
  entries_.erase(found);
  gone->end_waits();
  link_->unsubscribe(kind_, channel);
}

std::size_t wire_channels::receive(std::string_view channel, std::string_view payload) const {
  const auto found = entries_.find(channel);
  if (found == entries_.end()) return 0;
  const std::shared_ptr<entry> keep = found->second;
  std::size_t given = 0;
  for (const use& one : keep->uses) {
    if (one.by->wrote(payload)) continue;
    base::guarded("cluster", [&] {
      auto message = read_message(payload, one.by->nsp);
      if (!message) tell_foreign_message(has_told_foreign_);
      if (!message || message->nsp != one.by->nsp || message->uid == one.by->uid) return;
      ++given;
      one.by->to->received(std::move(*message), {});
    });
  }
  return given;
}

void wire_channels::lost() noexcept {
  for (const auto& [channel, known] : entries_) known->end_waits();
}

}  // namespace cosio::inline v0_2::cluster
