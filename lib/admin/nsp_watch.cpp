// The feed's eyes in one namespace.

#include "admin/nsp_watch.hpp"

#include <utility>

#include "admin/texts.hpp"
#include "base/logger.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::admin {
namespace {

// The id of a socket of protocol 4 is that of its session, with which anybody could act as the client.
bool may_be_shown(const socketio::socket_core& who) { return who.revision() != wire::revision::v3; }

}  // namespace

template <class F>
void nsp_watch::note(F change) noexcept {
  base::guarded("socketio", [&] {
    change(feed_->changes());
    feed_->wake();
  });
}

void nsp_watch::joined(const std::shared_ptr<socketio::socket_core>& who) noexcept {
  if (!may_be_shown(*who)) return;
  note([&](backlog& changes) {
    changes.joined(nsp_, who->id(), who, who->nsp()->adapter().rooms_of(who->id()), time_now());
  });
}

void nsp_watch::left(const socketio::socket_core& who, const reason& why) noexcept {
  note([&](backlog& changes) { changes.left(nsp_, who.id(), why.text(), time_now()); });
}

void nsp_watch::upgraded(const socketio::socket_core& who) noexcept {
  note([&](backlog& changes) { changes.upgraded(nsp_, who.id()); });
}

void nsp_watch::data_changed(const socketio::socket_core& who) noexcept {
  note([&](backlog& changes) { changes.data_changed(nsp_, who.id()); });
}

void nsp_watch::received(const socketio::socket_core& who, std::string_view event, const arguments& args) noexcept {
  if (!may_be_shown(who) || !feed_->changes().has_room()) return;
  note([&](backlog& changes) {
    const std::string text = shown_event(event, args, feed_->most_shown());
    packet_text made = event_text(false, nsp_, who.id(), text, time_now());
    changes.event(std::move(made.event), std::move(made.json));
  });
}

void nsp_watch::sent(const socketio::socket_core& who, std::string_view event, const event_data& data) noexcept {
  if (!may_be_shown(who) || !feed_->changes().has_room()) return;
  note([&](backlog& changes) {
    const std::string text = shown_event(event, data, feed_->most_shown());
    packet_text made = event_text(true, nsp_, who.id(), text, time_now());
    changes.event(std::move(made.event), std::move(made.json));
  });
}

void nsp_watch::moved(const room_event& what) noexcept {
  const bool is_in = what.what == room_event::kind::joined;
  if (!wants_sockets() || (!is_in && what.what != room_event::kind::left)) return;
  note([&](backlog& changes) { changes.moved(nsp_, what.id, what.room, is_in); });
}

}  // namespace cosio::inline v0_2::admin
