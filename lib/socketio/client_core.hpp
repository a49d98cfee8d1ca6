// Packets of one session to its sockets: decoding, namespaces, the order of events.
//
//   way in    engine/session -> client_core -> connect, socket_core, listeners
//
// All on the client's strand. What arrives together is decoded first and then handled in order, at the end of the
// input: so a packet for a namespace whose CONNECT came with it is premature, and a DISCONNECT undoes the events that
// came with it, as in the reference.

#pragma once
#include <boost/container/small_vector.hpp>

#include <cosio/handshake.hpp>
#include <cosio/reason.hpp>
#include <cosio/socket.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/suspensions.hpp"
#include "base/text_map.hpp"
#include "engine/session.hpp"
#include "socketio/batch_memory.hpp"
#include "socketio/client_host.hpp"
#include "socketio/foreign_parser.hpp"
#include "socketio/handler_queue.hpp"
#include "socketio/rate_limiter.hpp"
#include "socketio/shared_name.hpp"
#include "socketio/socket_owner.hpp"
#include "wire/json_parser.hpp"

namespace cosio::socketio {

class nsp_core;
class socket_core;

class client_core final : public engine::session_handler,
                          public socket_owner,
                          private handler_queue::owner,
                          public std::enable_shared_from_this<client_core> {
 public:
  client_core(std::shared_ptr<client_host> server, std::shared_ptr<engine::session> session);
  ~client_core() override;

  /// The session is open: starts the time within which a namespace must be joined.
  void start();

  /// The client of a socket.
  static std::shared_ptr<client_core> of(const socket_core& socket);

  // session_handler
  void on_text(std::string_view text) override;
  void on_binary(cosio::binary bytes) override;
  void on_input_end() override;
  void on_heartbeat() override;
  void on_close(const reason& why) override;
  void on_forsaken() noexcept override;

  // socket_owner
  bool admit(const std::shared_ptr<socket_core>& who) override;
  void disconnect(const std::shared_ptr<socket_core>& who, bool close) override;
  /// The server closes: every socket leaves, nothing is sent.
  void shut_down(const reason& why);
  /// The same; the session is closed when the handlers that run have ended and what they answered is sent. @param until_then  Is held that long.
  void part(const reason& why, std::shared_ptr<void> until_then);

  /// The credentials expire after this time, if nobody renews them; nothing: never. Any thread.
  void expires_in(std::optional<std::chrono::milliseconds> time);

 private:
  friend class connecting;  // connect.cpp

  // The time within which a namespace must be joined.
  class connect_limit final : public async::deadline {
   public:
    explicit connect_limit(std::weak_ptr<client_core> of) : of_(std::move(of)) {}
    void on_deadline() override;

   private:
    std::weak_ptr<client_core> of_;
  };

  struct entry {
    std::shared_ptr<socket_core> socket;  // null while a predicate or the like decides
    bool joined = false;
  };
  class expiry;

  // Something that came, waiting for the end of the input.
  struct pending {
    wire::sio_type type;
    std::string nsp;                      // of a CONNECT
    std::shared_ptr<socket_core> socket;  // of an EVENT
    boost::json::value data;
    std::vector<binary> attachments;
    std::optional<std::uint64_t> id;
  };

  void on_decoded(result<std::optional<wire::socket_packet>> packet);
  void on_packet(wire::socket_packet packet);
  void on_connect(std::string_view nsp, wire::socket_packet& packet);
  void on_ack(const std::shared_ptr<socket_core>& socket, wire::socket_packet& packet);
  std::shared_ptr<void> keep_handlers() override { return shared_from_this(); }
  const async::strand& handler_strand() const noexcept override { return session().get_strand(); }
  void on_handler_room() override;
  void on_handlers_stuck(std::exception_ptr why) override { cut_off(why); }
  void handle_pending();
  void keep_pending();
  bool has_room() const noexcept;
  void dispatch(pending event);
  void handle(pending event, const std::shared_ptr<handler_queue::running_event>& of);
  void start_listeners(const std::shared_ptr<socket_core>& socket, const std::string& event,
                       const boost::json::value* values, std::size_t count, const std::vector<binary>& attachments,
                       const ack& answer, const std::shared_ptr<handler_queue::running_event>& of);
  static task<> run_middlewares(std::shared_ptr<client_core> self, std::shared_ptr<socket_core> socket,
                                std::shared_ptr<packet> event, std::shared_ptr<bool> let_in,
                                std::weak_ptr<handler_queue::running_event> of);
  void refuse_event(const std::shared_ptr<socket_core>& socket, const packet& event, const std::exception_ptr& thrown);
  // One event at a time, in the namespaces that want that.
  struct line {
    std::shared_ptr<socket_core> of;  // one of its events is being handled
    std::deque<pending> waiting;
  };
  struct lines {
    std::vector<line> of_sockets;
    std::size_t waiting = 0;  // in all of them
  };
  line* line_of(const std::shared_ptr<socket_core>& socket) noexcept;
  void wait_in_line(line& at, const pending& event);
  void go_on(const std::shared_ptr<socket_core>& socket);
  void take_turn(pending event);
  void leave_line(const std::shared_ptr<socket_core>& socket);
  static pending kept(const pending& p);

  void join(std::string nsp, const boost::json::value& auth);
  void drop(const std::string& nsp);
  void send_control(wire::sio_type type, std::string_view nsp, std::string_view json);
  void send_control_with(const parser& with, wire::sio_type type, std::string_view nsp, std::string_view json);
  void bad_packet(const fault& wrong);
  void violation(std::string why);
  void cut_off(const std::exception_ptr& why);
  void end_all(const reason& why);

  void set_expiry(std::optional<std::chrono::milliseconds> time);
  void on_expiry();
  bool is_refused(std::string_view text);
  bool refuse_above_rate(const std::shared_ptr<socket_core>& socket, std::string_view event,
                         std::optional<std::uint64_t> ack_id);

  const std::shared_ptr<client_host> server_;
  const std::chrono::system_clock::time_point issued_;
  wire::packet_decoder decoder_;
  const std::unique_ptr<foreign_decoder> foreign_;  // in its place, when the server has a parser of its own
  using socket_list = boost::container::small_vector<std::pair<shared_name, entry>, 1>;
  socket_list sockets_;  // one, as a rule
  batch_memory memory_;  // of what is in pending_, during one batch of input
  std::vector<pending> pending_;
  handler_queue handlers_;
  std::unique_ptr<lines> lines_;                   // none, as a rule
  std::shared_ptr<const boost::json::value> eos_;  // what the application said of the client
  async::suspensions waiting_for_identity_;
  std::unique_ptr<expiry> expiry_;        // with credentials that expire
  std::unique_ptr<rate_limiter> rates_;   // with max_event_rate or max_event_rates
  std::shared_ptr<connect_limit> limit_;  // until the first namespace is joined
  bool is_within_rate_ = false;           // the packet that is being read: it was looked at before it was parsed
  bool identifying_ = false;
  bool handling_ = false;
  bool joined_once_ = false;
  bool closed_ = false;

  entry* find(std::string_view nsp) noexcept;
};

}  // namespace cosio::socketio
