// The local part of every adapter: the rooms of this server, in a room table behind a mutex. Nothing here waits, except
// for the answers of clients.
//
// An adapter that speaks to other servers derives from this class. Its overriding functions publish, and then call the
// function here for this server's sockets. It applies messages of other servers with the functions here, too.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapter/room_table.hpp"
#include "base/guarded.hpp"

namespace cosio::adapters {

/// The clients that were asked for an acknowledgement. The destructor tells their sockets that nobody waits for it any
/// more. One thread at a time.
/// thread at a time.
class asked_clients {
 public:
  asked_clients() = default;
  asked_clients(std::vector<std::shared_ptr<local_socket>> who, std::uint64_t ack_id)
      : who_(std::move(who)), ack_id_(ack_id) {}
  asked_clients(asked_clients&& other) noexcept : who_(std::exchange(other.who_, {})), ack_id_(other.ack_id_) {}
  asked_clients& operator=(asked_clients&&) = delete;
  ~asked_clients();

  std::size_t count() const noexcept { return who_.size(); }

 private:
  std::vector<std::shared_ptr<local_socket>> who_;
  std::uint64_t ack_id_ = 0;
};

/// Any thread. Order of locks: room events, then the table, then a session.
class local_adapter : public cosio::adapter {
 public:
  explicit local_adapter(adapter_host& host) : host_(host) {}

  task<> close() override;
  task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) override;
  task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) override;
  task<> leave(std::string id, std::vector<std::string> rooms) override;
  task<> remove(std::string id) override;
  std::vector<std::string> rooms_of(std::string_view id) const override;
  std::vector<std::shared_ptr<local_socket>> local_sockets(const target& to) const override;

  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<answers> broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<partial<std::vector<std::string>>> sockets(target to) override;
  task<partial<std::vector<socket_descriptor>>> fetch_sockets(target to) override;
  task<partial<std::vector<std::string>>> all_rooms() override;
  task<> sockets_join(target to, std::vector<std::string> rooms) override;
  task<> sockets_leave(target to, std::vector<std::string> rooms) override;
  task<> disconnect_sockets(target to, bool close) override;

  task<> server_side_emit(event_data event) override;
  task<answers> server_side_emit_with_ack(event_data event, std::optional<std::chrono::milliseconds> timeout) override;
  task<std::size_t> server_count() override;

 protected:
  adapter_host& host() const noexcept { return host_; }

  /// Delivers to this server's sockets.
  report deliver(const outgoing_packet& packet, const target& to);
  /// Asks this server's clients. `sink` is called once for every client. @return the clients.
  asked_clients ask_clients(const outgoing_packet& packet, const target& to, const std::shared_ptr<answer_sink>& sink);
  std::vector<std::string> ids_of(const target& to) const;
  std::vector<socket_descriptor> describe(const target& to) const;
  std::vector<std::string> room_names() const;
  bool has_members(std::string_view room) const;

  /// Whether room_changed() is called. An adapter that needs it (for example to subscribe to rooms) overrides
  /// both functions.
  virtual bool watches_rooms() const noexcept { return host_.watches_rooms(); }
  /// Called without the table's lock, in the order of the changes, before the operation completes.
  virtual void room_changed(const room_event& what) { host_.room_changed(what); }

  /// Admits a socket and adds it to the table.
  bool put_in(const std::shared_ptr<local_socket>& who, room_events* events) COSIO_REQUIRES(mutex_);
  /// Calls `change(room_events*)` with mutex_ held, and then reports the room events.
  template <class F>
  void changing(F change) COSIO_EXCLUDES(mutex_) {
    if (!watches_rooms()) {
      const base::lock_guard lock(mutex_);
      return change(nullptr);
    }
    const base::lock_guard order(telling_);
    room_events events;
    {
      const base::lock_guard lock(mutex_);
      change(&events);
    }
    tell(events);
  }
  /// Whether the host's limit lets a socket join these rooms, too.
  bool has_room_for(const local_socket& who, const std::vector<std::string>& rooms) const COSIO_REQUIRES(mutex_);
  report deliver_locked(const outgoing_packet& packet, const target& to) COSIO_REQUIRES(mutex_);

  mutable base::mutex mutex_;
  room_table table_ COSIO_GUARDED_BY(mutex_);

 private:
  void tell(const room_events& events) COSIO_REQUIRES(telling_) COSIO_EXCLUDES(mutex_) {
    for (const room_event& what : events) room_changed(what);
  }

  adapter_host& host_;
  // Keeps the room events in order. Recursive, because a handler of room events may join and leave.
  base::recursive_mutex telling_;
};

}  // namespace cosio::adapters
