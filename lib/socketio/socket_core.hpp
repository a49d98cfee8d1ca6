// One client in one namespace. The object behind <cosio/socket.hpp>.

#pragma once
#include <boost/asio/cancellation_signal.hpp>

#include <cosio/adapter.hpp>
#include <cosio/log.hpp>
#include <cosio/socket.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "socketio/acks.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/listeners.hpp"
#include "socketio/socket_owner.hpp"

namespace cosio::inline v0_2::socketio {

class nsp_core;

/// State of a socket that supports connection state recovery.
class recovery_state {
 public:
  explicit recovery_state(std::string secret) : pid(std::move(secret)) {}
  explicit recovery_state(std::shared_ptr<const session_record> from)
      : pid(from->pid), resumed(std::move(from)), recovered(true) {}

  const std::string pid;
  // On the strand: the next three.
  std::shared_ptr<const session_record> resumed;  // of a socket that comes back, until it has joined
  const bool recovered = false;
  std::string since;
  std::string resent;
  std::atomic<bool> is_kept{false};  // the client has gone, and may come back
};

/// Any thread, except what is declared below "On the strand", which means the client's strand.
class socket_core final : public local_socket, public std::enable_shared_from_this<socket_core> {
 public:
  using any_handler = detail::catch_all;
  using outgoing_handler = std::function<task<>(std::string, arguments)>;
  using packet_middleware = std::function<task<>(packet&, next)>;
  using reason_handler = std::function<task<>(reason)>;
  using error_handler = std::function<task<>(socket_error)>;

  /// @param recovery  Null for a socket that cannot come back.
  socket_core(std::shared_ptr<socket_owner> client, std::shared_ptr<nsp_core> nsp, std::string id, handshake shaken,
              std::unique_ptr<recovery_state> recovery = nullptr);

  // local_socket
  const std::string& id() const noexcept override { return id_; }
  /// The id for the log. The id of a session is a credential, and a part of this id in protocol 4: its end is left out
  /// then, so that nobody can use it.
  std::string id_for_log() const;
  bool alive() const noexcept override { return alive_.load(std::memory_order_acquire); }
  boost::json::value data() const override;
  boost::json::value handshake_json() const override { return handshake_.to_json(); }
  bool admit() override;
  delivery deliver(const outgoing_packet& packet, const emit_flags& flags) override;
  delivery emit(const outgoing_packet& packet, const emit_flags& flags) override;
  delivery ask(const outgoing_packet& packet, const emit_flags& flags, std::shared_ptr<answer_sink> to) override;
  void forget(std::uint64_t ack_id) override;
  task<> disconnect(bool close) override;
  task<> wait_for_room() override;
  bool charge_rooms(std::size_t bytes) noexcept override;
  void give_back_rooms(std::size_t bytes) noexcept override;

  const std::shared_ptr<socket_owner>& owner() const noexcept { return owner_; }
  engine::session& session() const noexcept { return owner_->session(); }
  const std::shared_ptr<nsp_core>& nsp() const noexcept { return nsp_; }
  const handshake& get_handshake() const noexcept { return handshake_; }
  bool connected() const noexcept { return connected_.load(std::memory_order_acquire); }
  wire::revision revision() const noexcept;

  recovery_state* recovery() noexcept { return recovery_.get(); }
  bool recovered() const noexcept { return recovery_ && recovery_->recovered; }
  /// Whether an event that is emitted now must not be lost: the socket supports recovery, and it has joined or may
  /// come back.
  bool may_miss() const noexcept { return recovery_ && (connected() || recovery_->is_kept); }

  void data(boost::json::value value);
  /// The state of socket::with() of this type; `make` makes it. On the strand.
  std::shared_ptr<void> state(std::type_index of, std::shared_ptr<void> (*make)());
  cosio::socketio::listeners& listeners() noexcept { return listeners_; }
  const cosio::socketio::listeners& listeners() const noexcept { return listeners_; }
  cosio::socketio::acks& acks() noexcept { return acks_; }

  /// Sends to this socket, also before it has joined (middleware may emit). Refused after it has left.
  delivery send(const encoded_packet& packet, bool is_volatile);
  bool above_high_water() const;

  // Handlers that are no listeners. Each add() returns a handle that removes the handler.
  listener_handle add_any(any_handler handler, bool first);
  listener_handle add_outgoing(outgoing_handler handler, bool first);
  listener_handle add(packet_middleware middleware);
  /// Handlers of the end: `event` is "disconnect" or "disconnecting".
  static bool is_end(std::string_view event) noexcept { return event == "disconnect" || event == "disconnecting"; }
  listener_handle add_end(std::string_view event, reason_handler handler, bool first);
  void remove_end(std::string_view event);
  std::vector<listener_handle> end_handles(std::string_view event);
  listener_handle add(error_handler handler);
  void remove_any();
  void remove_outgoing();
  std::vector<listener_handle> any_handles();
  std::vector<listener_handle> outgoing_handles();
  /// The limit of this socket's listeners; 0: no limit. That of its namespace, until another one is set.
  std::size_t max_listeners() const;
  void max_listeners(std::size_t most);
  /// Keeps the id from other sockets until the socket is over.
  void keep_id(std::shared_ptr<const void> lease);
  /// Whether catch-alls or middleware must be asked before listeners. Few sockets have any.
  bool intercepts() const noexcept { return intercepts_.load(std::memory_order_acquire); }
  std::vector<std::shared_ptr<any_handler>> any_handlers() const;
  std::shared_ptr<const std::vector<packet_middleware>> middlewares() const;

  /// Waits until the socket has left. Returns the reason, also when it has left already.
  task<reason> wait_disconnected();

  /// Emits `stop` (terminal) when the socket leaves. @return false when it has left already.
  bool stop_at_end(const std::shared_ptr<boost::asio::cancellation_signal>& stop);
  /// `stop` is not emitted any more. @return false when it was emitted, or is about to be.
  bool remove_stop(const std::shared_ptr<boost::asio::cancellation_signal>& stop);

  // On the strand.
  /// The socket has joined.
  void set_connected() noexcept;
  /// Whether it has ever joined.
  bool ever_joined() const noexcept { return ever_joined_; }
  /// Whether its client has sent a packet to it: then the client knows that it has joined. On the strand.
  bool was_heard() const noexcept { return heard_; }
  void note_heard() noexcept { heard_ = true; }
  /// The socket is over. Only its client calls this (client_sockets::end), for every socket and every way out. In this
  /// order: disconnecting handlers, if it had joined; rooms; the end of every wait; disconnect handlers.
  /// @return false when it was over already: then nothing is done, and the first reason stays.
  bool end(const reason& why);
  /// The end when the io_context has ended, and with it the strand: no handler is told, but coroutines that wait
  /// elsewhere are.
  void forsake() noexcept;
  /// Tells the on_error handlers of the socket and of its namespace, and the log.
  /// @param where  For the log: the code of the application that failed. Empty: the handler of the event, if there is
  ///               an event.
  void fail(std::string_view event, std::exception_ptr thrown, std::string_view where = {}) noexcept {
    fail(event, std::move(thrown), where, nullptr);
  }
  /// The same for the handler of an event. A cosio::refusal is an answer there, and no failure for log and metrics.
  /// @param is_asked  Whether the client asked for an acknowledgement.
  void fail_handler(std::string_view event, std::exception_ptr thrown, bool is_asked) noexcept;
  /// The same for packet middleware that keeps an event from its listeners.
  void fail_middleware(std::string_view event, std::exception_ptr thrown, bool is_asked) noexcept;
  void fail(socket_error what, std::string_view where = {});
  /// The arguments of an event do not fit one of its listeners, which was not called. Tells the log and on_error.
  /// @param is_served  Whether they fit another one: then the log is told at level debug.
  void refuse_arguments(std::string_view event, std::string problem, bool is_served);
  /// Nobody listens to an event. Tells the log.
  void note_unheard(std::string_view event) const noexcept;

 private:
  template <class F>
  struct registered {
    std::uint64_t id;
    std::shared_ptr<F> call;
  };
  using state_map = std::map<std::type_index, std::shared_ptr<void>>;
  // Members that even fewer sockets need.
  struct rare {
    std::optional<std::size_t> max_listeners;
    std::shared_ptr<const void> id;
  };
  // Members that few sockets need.
  struct extras {
    std::vector<registered<any_handler>> any;
    std::vector<registered<outgoing_handler>> outgoing;
    std::vector<registered<packet_middleware>> middlewares;
    std::vector<registered<reason_handler>> disconnecting;
    std::vector<registered<reason_handler>> disconnect;
    std::vector<registered<error_handler>> error;
    std::vector<std::shared_ptr<async::suspension>> waiting;               // for the end
    std::vector<std::shared_ptr<boost::asio::cancellation_signal>> stops;  // of handlers that end with the socket
    boost::json::value data;
    std::unique_ptr<state_map> state;
    std::uint64_t last_id = 0;
    std::unique_ptr<rare> rarely;
  };

  template <class F>
  using list_of = std::vector<registered<F>> extras::*;
  static list_of<reason_handler> end_list(std::string_view event) noexcept;
  rare& rare_members() COSIO_REQUIRES(mutex_);
  template <class F>
  listener_handle add_to(std::vector<registered<F>> extras::* list, F handler, bool first = false);
  template <class F>
  listener_handle handle_of(std::vector<registered<F>> extras::* list, std::uint64_t id);
  template <class F>
  std::vector<listener_handle> handles_of(std::vector<registered<F>> extras::* list);
  template <class F>
  std::vector<std::shared_ptr<F>> snapshot(std::vector<registered<F>> extras::* list) const;
  // Code that may refuse by throwing a refusal.
  struct refusing {
    std::string_view where;   // the code, when it has refused
    std::string_view untold;  // for the log: why the client is not told. Empty: it is told
  };
  void fail(std::string_view event, std::exception_ptr thrown, std::string_view where,
            const refusing* may_refuse) noexcept;
  void describe_failure(std::string_view event, std::exception_ptr thrown, std::string_view where,
                        const refusing* may_refuse);
  void log_failure(const socket_error& what, std::string_view where, log_level level, std::string_view advice,
                   const std::source_location& kind) const;
  void tell_error_handlers(const socket_error& what);
  delivery counted(delivery what) noexcept;
  void tell_of_sending(std::string_view event, const event_data& data);
  void tell_outgoing(std::string_view event, const event_data& data);
  static task<> call_outgoing(std::shared_ptr<socket_core> self, std::shared_ptr<outgoing_handler> handler,
                              std::string event, event_data data);
  void start_all(const std::vector<std::shared_ptr<reason_handler>>& handlers, const reason& why);
  extras become_over(const reason& why);
  void clean_up(const reason& why);
  void leave_adapter(const reason& why);
  std::shared_ptr<session_record> record_for(const reason& why);

  const std::shared_ptr<socket_owner> owner_;
  const std::shared_ptr<nsp_core> nsp_;
  const std::string id_;
  const handshake handshake_;
  const std::unique_ptr<recovery_state> recovery_;
  cosio::socketio::listeners listeners_;
  [[no_unique_address]] cosio::socketio::acks acks_;  // ends with free bytes, in which the next three lie
  bool ever_joined_ = false;                          // on the strand
  bool heard_ = false;                                // on the strand
  bool over_ COSIO_GUARDED_BY(mutex_) = false;

  mutable base::small_mutex mutex_;
  std::atomic<bool> connected_{false};
  std::atomic<bool> alive_{true};
  std::atomic<bool> intercepts_{false};    // catch-alls or middleware were added
  std::atomic<bool> has_outgoing_{false};  // handlers of outgoing events were added
  std::unique_ptr<extras> extras_ COSIO_GUARDED_BY(mutex_);
  // Null until the socket is over, and when there was no memory for the reason.
  std::unique_ptr<const reason> ended_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::socketio
