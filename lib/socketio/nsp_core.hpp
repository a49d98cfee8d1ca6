// One namespace: its adapter, its middleware and handlers. The object behind the handles of <cosio/nsp.hpp>.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/nsp.hpp>
#include <cosio/options.hpp>
#include <cosio/parser.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/runtime.hpp"
#include "async/spawn.hpp"
#include "base/counters.hpp"
#include "base/guarded.hpp"
#include "socketio/adapter_line.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/listeners.hpp"
#include "socketio/nsp_watcher.hpp"
#include "socketio/socket_ids.hpp"

namespace cosio::inline v0_2::socketio {

class client_host;
class parent_core;

/// Middleware and handlers of a namespace, or of the parent of many. Readers take a snapshot, which never changes. The
/// application's callables are neither copied nor destroyed with the lock held. Any thread.
class nsp_handlers {
 public:
  template <class T>
  using list = std::shared_ptr<const std::vector<T>>;
  using error_handler = hook<socket, const socket_error&>::function;
  using room_handler = hook<const room_event&>::function;

  nsp_handlers() = default;
  nsp_handlers(const nsp_handlers& other);

  // Each add() returns the number under which remove() takes the callable out.
  std::uint64_t add(detail::nsp_middleware middleware);
  std::uint64_t add(detail::connection_handler handler);
  std::uint64_t add(error_handler handler);
  std::uint64_t add(room_handler handler);
  /// A snapshot that was taken before still has it.
  void remove(std::uint64_t number);
  void clear() noexcept;
  list<detail::nsp_middleware> middlewares() const;
  list<detail::connection_handler> connection_handlers() const;
  list<error_handler> error_handlers() const;
  list<room_handler> room_handlers() const;
  void sequential(bool on) noexcept {
    sequential_.store(on ? order::one_at_a_time : order::concurrent, std::memory_order_relaxed);
  }
  bool sequential(handler_order otherwise) const noexcept {
    const order said = sequential_.load(std::memory_order_relaxed);
    return said == order::unsaid ? otherwise == handler_order::sequential : said == order::one_at_a_time;
  }

 private:
  enum class order : char { unsaid, concurrent, one_at_a_time };

  // The callables with their numbers. The list has functions that share the callables.
  template <class T>
  struct numbered {
    list<T> calls;
    std::vector<std::uint64_t> numbers;
  };
  template <class T>
  std::uint64_t add_to(numbered<T> nsp_handlers::* where, T callable);
  template <class T>
  list<T> remove_from(numbered<T>& where, std::uint64_t number) COSIO_REQUIRES(mutex_);
  template <class T>
  numbered<T> copy_of(numbered<T> nsp_handlers::* which) const {
    const base::lock_guard lock(mutex_);
    return this->*which;
  }
  template <class T>
  list<T> calls_of(numbered<T> nsp_handlers::* which) const {
    const base::lock_guard lock(mutex_);
    return (this->*which).calls;
  }

  std::atomic<order> sequential_{order::unsaid};
  mutable base::mutex mutex_;
  numbered<detail::nsp_middleware> middlewares_ COSIO_GUARDED_BY(mutex_);
  numbered<detail::connection_handler> connection_handlers_ COSIO_GUARDED_BY(mutex_);
  numbered<error_handler> error_handlers_ COSIO_GUARDED_BY(mutex_);
  numbered<room_handler> room_handlers_ COSIO_GUARDED_BY(mutex_);
  std::uint64_t last_number_ COSIO_GUARDED_BY(mutex_) = 0;
};

/// Any thread.
class nsp_core final : public adapter_host, public std::enable_shared_from_this<nsp_core> {
 public:
  nsp_core(const std::shared_ptr<client_host>& server, std::string name, const nsp_handlers& handlers);

  // adapter_host
  const std::string& name() const noexcept override { return name_; }
  std::size_t gather(const std::function<void()>& walk) override;
  std::weak_ptr<adapter_host> weak() noexcept override { return weak_from_this(); }
  boost::asio::any_io_executor executor() override { return runtime_->get_executor(); }
  async::deadlines& timers() noexcept override { return runtime_->timers(); }
  std::int64_t wall_clock() const noexcept override;
  const recovery_options* recovery() const noexcept override { return recovery_ ? &*recovery_ : nullptr; }
  std::chrono::milliseconds longest_silence() const noexcept override { return longest_silence_; }
  void delivered(const report& what) noexcept override;
  std::size_t max_rooms() const noexcept override { return max_rooms_; }
  void rooms_refused() noexcept override { counters_->hit(base::limit::max_rooms_per_client); }
  std::shared_ptr<const outgoing_packet> encode(std::string event, event_data data, std::optional<std::uint64_t> ack_id,
                                                const emit_flags& flags) const override;
  /// One counter for all acknowledgements of the namespace, as in the reference.
  std::uint64_t next_ack_id() noexcept override { return next_ack_id_.fetch_add(1, std::memory_order_relaxed); }
  void server_side_event(arguments event, ack answer) override;
  bool watches_rooms() const noexcept override { return watches_rooms_.load(std::memory_order_acquire); }
  void room_changed(const room_event& what) override;
  /// While it exists, this thread starts no handlers of room events.
  class no_room_events {
   public:
    no_room_events() noexcept;
    ~no_room_events();
    no_room_events(const no_room_events&) = delete;
    no_room_events& operator=(const no_room_events&) = delete;
  };

  nsp_handlers& handlers() noexcept { return handlers_; }
  bool sequential() const noexcept { return handlers_.sequential(order_); }
  cosio::adapter& adapter() noexcept { return *adapter_; }
  const std::shared_ptr<cosio::adapter>& shared_adapter() const noexcept { return adapter_; }
  void adapter(std::shared_ptr<cosio::adapter> made);
  /// Copies the options that sockets read while events arrive. Before the server is attached.
  void configure(const client_host& server);
  // The adapter is started and closed in the line of steps of the namespace's name; see nsp_table. These three are for
  // namespaces in the table.
  /// Queues the adapter's start, unless it is open. @return whether run_adapter_line() is to be called.
  bool open_adapter();
  /// Queues the adapter's end, if it is open. @return whether run_adapter_line() is to be called.
  bool close_adapter();
  void run_adapter_line() { adapter_line_->run(runtime_->get_executor()); }
  const std::shared_ptr<socketio::adapter_line>& adapter_line() const noexcept { return adapter_line_; }
  /// Before anybody else knows the namespace.
  void adapter_line(std::shared_ptr<socketio::adapter_line> line) { adapter_line_ = std::move(line); }
  bool keeps_sessions() const noexcept { return keeps_sessions_; }
  /// Whether connection state recovery was asked for, and the adapter cannot do it.
  bool lacks_sessions() const noexcept { return recovery_ && !keeps_sessions_; }
  /// How many acknowledgements a client may owe; 0: no limit.
  std::size_t max_pending_acks() const noexcept { return max_pending_acks_; }
  /// How many listeners a socket may have; 0: no limit.
  std::size_t max_listeners() const noexcept { return max_listeners_; }
  /// Whether an event that is refused is answered, when the client asked for an acknowledgement.
  bool answers_refused_events() const noexcept { return answers_refused_events_; }
  /// The same for an event whose handler fails.
  bool answers_failed_events() const noexcept { return answers_failed_events_; }
  /// options.explain_refusals.
  bool explains_refusals() const noexcept { return explains_refusals_; }
  /// The counters of the server.
  base::counters& counters() noexcept { return *counters_; }
  listeners& server_side() noexcept { return server_side_; }
  std::uint64_t add_room_handler(nsp_handlers::room_handler handler);
  /// The ids of its sockets, where the application makes them.
  socket_ids& ids() noexcept { return *ids_; }
  /// How packets are written here.
  packet_form form() const noexcept { return {parser_.get(), max_attachments_}; }
  /// Numbers for waits that are no acknowledgements. They count down from the highest, so the two never meet.
  std::uint64_t next_wait_id() noexcept { return next_wait_id_.fetch_sub(1, std::memory_order_relaxed); }
  std::shared_ptr<client_host> server() const { return server_.lock(); }
  /// Whether the io_context has ended: then nothing that is started here would run.
  bool has_ended() const noexcept { return runtime_->has_ended(); }
  /// Where operations with a completion token start, one after the other. Made on first use.
  async::strand start_strand();

  /// Somebody looks on, until the namespace goes: readers need no lock. @return false when somebody else does already.
  bool watched_by(std::shared_ptr<nsp_watcher> who);
  /// Whoever is to be told of sockets; null: nobody.
  nsp_watcher* sockets_watcher() const noexcept {
    nsp_watcher* const who = watcher_.load(std::memory_order_acquire);
    return who != nullptr && who->wants_sockets() ? who : nullptr;
  }
  /// The same for events.
  nsp_watcher* events_watcher() const noexcept {
    nsp_watcher* const who = watcher_.load(std::memory_order_acquire);
    return who != nullptr && who->wants_events() ? who : nullptr;
  }

  /// A socket has joined.
  void note_joined() noexcept { was_joined_.store(true, std::memory_order_relaxed); }
  /// Whether a socket has ever joined.
  bool was_joined() const noexcept { return was_joined_.load(std::memory_order_relaxed); }

  /// The namespace was made on demand by this parent. Before anybody else knows the namespace.
  void made_by(const std::shared_ptr<parent_core>& parent) { parent_ = parent; }
  bool is_child() const noexcept { return !parent_.expired(); }
  /// The parent, if there is one, knows the namespace from now on.
  void join_parent();
  /// The parent forgets the namespace.
  void leave_parent() noexcept;

 private:
  const std::weak_ptr<client_host> server_;
  const std::string name_;
  // Of the server; they never change once it is attached.
  std::shared_ptr<async::runtime> runtime_;
  base::small_mutex start_mutex_;  // of the next member, and of kept_watcher_
  std::optional<async::strand> start_strand_ COSIO_GUARDED_BY(start_mutex_);
  std::shared_ptr<base::counters> counters_;
  std::optional<recovery_options> recovery_;
  std::chrono::milliseconds longest_silence_{};
  std::size_t max_rooms_ = 0;
  std::size_t max_pending_acks_ = 0;
  std::size_t max_listeners_ = 0;
  std::size_t max_attachments_ = 0;
  handler_order order_ = handler_order::concurrent;  // for a namespace that says nothing else
  nsp_handlers handlers_;
  listeners server_side_;
  const std::shared_ptr<socket_ids> ids_ = std::make_shared<socket_ids>();
  std::atomic<bool> watches_rooms_{false};
  // Coroutines of on_room_event() at once. Clients cause changes as often as they like, and none waits for these
  // coroutines. One client may leave as many rooms at once as max_rooms_per_client says, by default this number.
  static constexpr std::size_t most_room_coroutines = 10'000;
  async::bounded_start room_coroutines_{most_room_coroutines};
  bool answers_refused_events_ = true;
  bool answers_failed_events_ = false;
  bool explains_refusals_ = false;
  bool keeps_sessions_ = false;
  std::shared_ptr<cosio::adapter> adapter_;
  std::shared_ptr<const cosio::parser> parser_;
  std::atomic<std::uint64_t> next_ack_id_{0};
  std::atomic<std::uint64_t> next_wait_id_{~std::uint64_t{0}};
  std::atomic<bool> was_joined_{false};
  std::shared_ptr<nsp_watcher> kept_watcher_ COSIO_GUARDED_BY(start_mutex_);
  std::atomic<nsp_watcher*> watcher_{nullptr};
  adapter_state adapter_state_;
  std::shared_ptr<socketio::adapter_line> adapter_line_;
  std::weak_ptr<parent_core> parent_;
};

/// A rule for names, and the middleware and handlers that its namespaces start with. The object behind parent_nsp.
/// Any thread.
class parent_core {
 public:
  using rule = std::function<task<bool>(std::string, handshake)>;

  /// @param server  That of the namespaces. Tests leave it out.
  explicit parent_core(rule allow, std::weak_ptr<client_host> server = {})
      : allow_(std::move(allow)), server_(std::move(server)) {}

  const rule& allow() const noexcept { return allow_; }
  nsp_handlers& handlers() noexcept { return handlers_; }
  void add_child(const std::shared_ptr<nsp_core>& made);
  void remove_child(const nsp_core& gone) noexcept;
  /// In the order in which they were made.
  std::vector<std::shared_ptr<nsp_core>> children() const;
  /// Where operations with a completion token start, one after the other. Nothing when the server, or its io_context,
  /// has ended.
  std::optional<async::strand> start_strand();

 private:
  const rule allow_;
  const std::weak_ptr<client_host> server_;
  nsp_handlers handlers_;
  mutable base::mutex mutex_;
  std::map<std::uint64_t, std::weak_ptr<nsp_core>> children_ COSIO_GUARDED_BY(mutex_);  // by their numbers
  std::unordered_map<const nsp_core*, std::uint64_t> numbers_ COSIO_GUARDED_BY(mutex_);
  std::uint64_t last_number_ COSIO_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<async::runtime> start_runtime_ COSIO_GUARDED_BY(mutex_);  // outlives the strand
  std::optional<async::strand> start_strand_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::socketio
