// The events of one client that wait for a handler.

#include "socketio/held_events.hpp"

#include <algorithm>
#include <utility>

namespace cosio::inline v0_2::socketio {
namespace {

// Of an event, beside its data: the places of its name in the table of names, and the heap's own blocks.
constexpr std::size_t around_event = 192;

}  // namespace

// The packets own sockets, and so perhaps the client: each list is out of its member first.
held_events::~held_events() {
  auto last = std::exchange(sockets_, {});
  for (auto& [socket, of] : last) of.all.clear_and_dispose([](entry* one) { delete one; });
  line_.clear_and_dispose([](entry* one) { delete one; });
}

held_events::entry& held_events::make(std::string nsp, received_event kept, std::string name) {
  auto made = std::make_unique<entry>();
  made->bytes = sizeof(entry) + around_event + 2 * name.size() + nsp.size() + kept.memory();
  made->packet = {std::move(nsp), std::move(kept)};
  made->name = std::move(name);
  if (made->packet.event.to) {
    of_socket& of = sockets_[made->packet.event.to.get()];
    auto& named = of.by_name[made->name];
    of.all.push_back(*made);
    named.push_back(*made);
  }
  bytes_ += made->bytes;
  return *made.release();
}

void held_events::add_to_line(std::string nsp, received_event kept, std::string name) {
  line_.push_back(make(std::move(nsp), std::move(kept), std::move(name)));
}

void held_events::add_to_turn(received_event kept, std::string name) {
  entry& made = make({}, std::move(kept), std::move(name));
  sockets_[made.packet.event.to.get()].for_turn.push_back(made);
}

held_packet held_events::take(entry& one) noexcept {
  const std::unique_ptr<entry> last(&one);
  bytes_ -= one.bytes;
  one.order_hook::unlink();
  if (one.packet.event.to) {
    one.socket_hook::unlink();
    one.name_hook::unlink();
    of_socket& of = *find(*one.packet.event.to);
    if (const auto named = of.by_name.find(one.name); named->second.empty()) of.by_name.erase(named);
    forget_if_idle(*one.packet.event.to);
  }
  return std::move(one.packet);
}

std::optional<held_packet> held_events::take_first() {
  while (!line_.empty()) {
    entry& first = line_.front();
    of_socket* const of = first.packet.event.to ? find(*first.packet.event.to) : nullptr;
    if (of == nullptr || !of->running) return take(first);
    first.order_hook::unlink();
    of->for_turn.push_back(first);
  }
  return std::nullopt;
}

std::optional<received_event> held_events::take_named(const socket_core& of, std::string_view name) {
  of_socket* const known = find(of);
  if (known == nullptr) return std::nullopt;
  const auto named = known->by_name.find(name);
  if (named == known->by_name.end()) return std::nullopt;
  return take(named->second.front()).event;
}

bool held_events::has_named(const socket_core& of, std::string_view name) const noexcept {
  const of_socket* const known = find(of);
  return known != nullptr && known->by_name.find(name) != known->by_name.end();
}

// A handful: as many as handlers wait for events at once, at most.
void held_events::defer(const std::shared_ptr<socket_core>& of, const std::string& name) {
  awaited one(of, name);
  if (std::find(deferred_.begin(), deferred_.end(), one) == deferred_.end()) deferred_.push_back(std::move(one));
}

std::optional<held_events::awaited> held_events::take_deferred() {
  if (deferred_.empty()) return std::nullopt;
  awaited last = std::move(deferred_.back());
  deferred_.pop_back();
  return last;
}

void held_events::begin_turn(const socket_core& of, turn_ptr running) { sockets_[&of].running = std::move(running); }

held_events::turn_ptr held_events::turn_of(const socket_core& of) const noexcept {
  const of_socket* const known = find(of);
  return known != nullptr ? known->running : nullptr;
}

std::optional<received_event> held_events::next_of_turn(const socket_core& of) {
  of_socket* const known = find(of);
  if (known == nullptr) return std::nullopt;
  if (!known->for_turn.empty()) return take(known->for_turn.front()).event;
  known->running = nullptr;
  forget_if_idle(of);
  return std::nullopt;
}

void held_events::drop(const socket_core& of) noexcept {
  const auto known = sockets_.find(&of);
  if (known == sockets_.end()) return;
  auto last = sockets_.extract(known);
  std::erase_if(deferred_, [&of](const awaited& one) { return one.first.get() == &of; });
  last.mapped().all.clear_and_dispose([this](entry* one) {
    bytes_ -= one->bytes;
    delete one;
  });
}

held_events::of_socket* held_events::find(const socket_core& of) noexcept {
  const auto known = sockets_.find(&of);
  return known != sockets_.end() ? &known->second : nullptr;
}

const held_events::of_socket* held_events::find(const socket_core& of) const noexcept {
  const auto known = sockets_.find(&of);
  return known != sockets_.end() ? &known->second : nullptr;
}

void held_events::forget_if_idle(const socket_core& of) noexcept {
  const auto known = sockets_.find(&of);
  if (known != sockets_.end() && known->second.all.empty() && !known->second.running) sockets_.erase(known);
}

}  // namespace cosio::inline v0_2::socketio
