// One client of Socket.IO: the packets of its session, on their way to its sockets.
//
//   flow   on_text(), on_binary()   decode a packet, in memory that is given back after the batch of input
//          on_packet()              finds the socket; CONNECT and EVENT wait for the end of the input
//          on_input_end()           handles the packets that came together, in order (handle_pending)
//          no room for handlers     the packets are held, and handled when there is room (handle_held)
//          CONNECT                  goes to connecting::start()
//          EVENT                    goes to dispatch::take()
//
// All packets that arrive together are decoded before the first of them is handled, as in the reference. So a packet is
// premature when the CONNECT of its namespace came with it, and a DISCONNECT undoes the events that came with it.
//
// Only events, and CONNECTs behind them, wait for handlers: ACK and DISCONNECT are handled as soon as they are decoded.
// On the client's strand.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>
#include <cosio/reason.hpp>
#include <cosio/socket.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/handler_queue.hpp"
#include "engine/session.hpp"
#include "socketio/batch_memory.hpp"
#include "socketio/client_sockets.hpp"
#include "socketio/dispatch.hpp"
#include "socketio/foreign_parser.hpp"
#include "socketio/identity.hpp"
#include "socketio/rate_limiter.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::socketio {

class client_core final : public engine::session_handler, private engine::handler_queue::owner, public client_sockets {
 public:
  client_core(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session);
  ~client_core() override;

  /// The client of a socket.
  static std::shared_ptr<client_core> of(const socket_core& socket);

  /// The session is open: starts the time within which a namespace must be joined.
  void start();

  // session_handler
  void on_text(std::string_view text) override;
  void on_binary(cosio::binary bytes) override;
  void on_input_end() override;
  void on_heartbeat() override;
  void on_upgrade() override;
  std::size_t unfinished_bytes() const noexcept override;
  bool waits_for_client(std::size_t hooks) const noexcept override {
    return events().handlers().waits_for_client(hooks);
  }
  void on_close(const reason& why) override;
  void on_forsaken() noexcept override;

  /// The server closes: every socket leaves. Nothing is sent.
  /// @param kept  Gets a pass for each socket that its adapter still has to do with. May be null.
  void leave_all(const reason& why, std::shared_ptr<async::gate> kept = nullptr);
  /// As leave_all(), when the answers that the client owes have come. Then closes the session: after running handlers
  /// have ended and their answers are sent, and after the adapters have kept the sockets.
  /// @param answers_by  When it leaves although it owes answers.
  /// @param until_then  Kept alive until then.
  void drain(const reason& why, async::time_point answers_by, std::shared_ptr<void> until_then);
  std::shared_ptr<async::gate> leaving() const override { return on_demand_ ? on_demand_->leaving : nullptr; }

  std::optional<async::time_point> credentials_end() const override;
  void credentials_end_by(async::time_point when) override;
  /// The credentials expire after this time, unless they are renewed; nothing: never. Any thread.
  void expires_in(std::optional<std::chrono::milliseconds> time);

 private:
  std::shared_ptr<client_core> self() { return std::static_pointer_cast<client_core>(shared_from_this()); }

  // engine::handler_queue::owner
  std::shared_ptr<void> keep_handlers() override { return shared_from_this(); }
  const async::strand& handler_strand() const noexcept override { return strand(); }
  void on_handler_room() override;
  void on_handlers_stuck(std::exception_ptr why) noexcept override { close_stuck(why); }

  // @param text  What was decoded; empty for binary, and for the parser of the application.
  void on_decoded(result<std::optional<wire::socket_packet>> packet, std::string_view text);
  void on_packet(wire::socket_packet packet);
  void on_connect(std::string_view nsp, wire::socket_packet& packet);
  void refuse_long_name(std::string_view nsp);
  void on_event(const std::shared_ptr<socket_core>& socket, wire::socket_packet& packet);
  void on_ack(socket_core& socket, wire::socket_packet& packet);
  void on_bad_packet(const fault& wrong, std::string_view text);
  bool is_refused(std::string_view text);
  bool refuse_above_rate(const std::shared_ptr<socket_core>& socket, std::string_view event,
                         std::optional<std::uint64_t> ack_id);
  bool knows_replies() const;
  void note_text_bytes(std::size_t bytes) noexcept;
  std::optional<refusal> refuse_above_limits();
  std::size_t payload_memory(const wire::socket_packet& connect) const;
  void handle_pending();
  void handle_held();
  void handle(held_packet now);
  void tell_session();
  static task<> part(std::shared_ptr<client_core> self, reason why, async::time_point answers_by,
                     std::shared_ptr<void> until_then);
  std::shared_ptr<async::gate> let_sockets_leave(const reason& why);

  void set_expiry(std::optional<std::chrono::milliseconds> time);
  void on_expiry();
  void handle_expiry();
  struct credentials;

  // The parts that the application asks for. Most clients have none of them.
  struct on_demand {
    std::unique_ptr<foreign_decoder> foreign;   // replaces decoder_ when options.parser is set; else null
    std::unique_ptr<rate_limiter> rates;        // null without options.max_event_rate and max_event_rates
    std::unique_ptr<credentials> expiry;        // null until expires_in(); then kept
    std::shared_ptr<async::gate> leaving = {};  // while drain() lets the sockets leave
  };
  static std::unique_ptr<on_demand> parts_for(client_host& host);
  foreign_decoder* foreign() const noexcept { return on_demand_ ? on_demand_->foreign.get() : nullptr; }
  rate_limiter* rates() const noexcept { return on_demand_ ? on_demand_->rates.get() : nullptr; }
  credentials* expiring() const noexcept { return on_demand_ ? on_demand_->expiry.get() : nullptr; }

  bool handling_ = false;         // handle_pending() runs
  std::uint32_t text_bytes_ = 0;  // of the packet that is decoded, without its attachments
  const std::chrono::system_clock::time_point issued_;
  wire::packet_decoder decoder_;
  std::unique_ptr<on_demand> on_demand_;
  batch_memory batch_;  // during one batch of input
  identity identity_;
};

}  // namespace cosio::inline v0_2::socketio
