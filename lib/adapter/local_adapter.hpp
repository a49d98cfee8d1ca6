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

namespace cosio::inline v0_2::adapters {

/// The clients that were asked for an acknowledgement. The destructor tells their sockets that nobody waits for it any
/// more. One thread at a time.
class asked_clients {
 public:
  asked_clients() = default;
  asked_clients(std::vector<std::shared_ptr<local_socket>> who, std::uint64_t ack_id)
      : who_(std::move(who)), ack_id_(ack_id) {}
  asked_clients(asked_clients&& other) noexcept : who_(std::exchange(other.who_, {})), ack_id_(other.ack_id_) {}
  asked_clients& operator=(asked_clients&&) = delete;
  ~asked_clients();

  std::size_t count() const noexcept { return who_.size(); }
  const std::vector<std::shared_ptr<local_socket>>& all() const noexcept { return who_; }

 private:
  std::vector<std::shared_ptr<local_socket>> who_;
  std::uint64_t ack_id_ = 0;
};

/// Any thread. Order of locks: the table, then a session. No code of the application runs with the table locked.
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
  /// As sockets_join() and sockets_leave(), before they return.
  void join_all(const target& to, const std::vector<std::string>& rooms) COSIO_EXCLUDES(mutex_);
  void leave_all(const target& to, const std::vector<std::string>& rooms) COSIO_EXCLUDES(mutex_);
  std::vector<std::string> ids_of(const target& to) const;
  std::vector<socket_descriptor> describe(const target& to) const;
  std::vector<std::string> room_names() const;
  bool has_members(std::string_view room) const;

  /// Whether room_changed() is called. An adapter that needs it (for example to subscribe to rooms) overrides
  /// both functions.
  virtual bool watches_rooms() const noexcept { return host_.watches_rooms(); }
  /// Called without a lock, in the order of the changes, one call at a time. The thread that makes a change calls it
  /// before the operation completes, unless another thread is calling it just then: that one calls it for this change,
  /// too. So a handler of room events may do anything, and no thread ever waits for another one's handler.
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
    const telling_scope afterwards(*this);  // also when change() throws: its changes have happened
    const base::lock_guard lock(mutex_);
    change(&untold_);
  }
  /// Puts a socket into rooms. @return false when a limit forbids it: then it has joined none of them.
  enum class joined { all, above_max_rooms, above_max_bytes };
  joined join_rooms(const std::shared_ptr<local_socket>& who, const std::vector<std::string>& rooms,
                    room_events* events) COSIO_REQUIRES(mutex_);
  /// Counts receivers as over budget that were counted as queued: see adapter_host::gather().
  static void correct(report& sum, std::size_t over) noexcept;
  report deliver_locked(const outgoing_packet& packet, const target& to) COSIO_REQUIRES(mutex_);

  mutable base::mutex mutex_;
  room_table table_ COSIO_GUARDED_BY(mutex_);

 private:
  // Tells of the changes that wait, unless another thread does.
  class telling_scope {
   public:
    explicit telling_scope(local_adapter& of) noexcept : of_(of) {}
    telling_scope(const telling_scope&) = delete;
    telling_scope& operator=(const telling_scope&) = delete;
    ~telling_scope() { of_.tell(); }

   private:
    local_adapter& of_;
  };
  class leaving;

  void leave_rooms(const std::string& id, const std::vector<std::string>& rooms) COSIO_EXCLUDES(mutex_);
  room_table::leaver take(const std::string& id) COSIO_EXCLUDES(mutex_);
  void leave_some(room_table::leaver& who) COSIO_EXCLUDES(mutex_);
  void tell() noexcept COSIO_EXCLUDES(mutex_);
  room_events take_untold() COSIO_EXCLUDES(mutex_);

  adapter_host& host_;
  room_events untold_ COSIO_GUARDED_BY(mutex_);       // in order
  bool is_telling_ COSIO_GUARDED_BY(mutex_) = false;  // a thread is telling of changes
};

}  // namespace cosio::inline v0_2::adapters
