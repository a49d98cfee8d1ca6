// Joining a namespace: finding or making it, middleware, CONNECT or refusal.

#pragma once

#include <cosio/adapter.hpp>
#include <cosio/handshake.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "socketio/client_sockets.hpp"
#include "socketio/identity.hpp"

namespace cosio::inline v0_2::socketio {

class nsp_core;
class recovery_state;
class socket_core;

/// The steps of one CONNECT. On the client's strand.
class connecting {
 public:
  using time_point = std::chrono::system_clock::time_point;

  /// Starts the steps.
  /// @param who     A part of the client, which it keeps.
  /// @param issued  The time at which the client came.
  static void start(const std::shared_ptr<client_sockets>& client, std::shared_ptr<identity> who, time_point issued,
                    std::string nsp, argument auth);
  /// Tells the log that a name, or its query, is too long for a namespace.
  static void note_long_name(const engine::session& of, std::string_view nsp, std::size_t most) noexcept;

 private:
  static task<> run(std::shared_ptr<client_sockets> client, std::shared_ptr<identity> who, time_point issued,
                    std::string nsp, argument auth);
  static task<std::shared_ptr<nsp_core>> enter_on_demand(std::shared_ptr<client_sockets> client, std::string name,
                                                         handshake shaken);
  static task<std::shared_ptr<socket_core>> make_socket(std::shared_ptr<client_sockets> client,
                                                        std::shared_ptr<nsp_core> nsp, std::string name,
                                                        handshake shaken);
  static task<std::unique_ptr<recovery_state>> recover(std::shared_ptr<client_sockets> client,
                                                       std::shared_ptr<nsp_core> nsp, std::string name,
                                                       handshake shaken);
  static task<std::shared_ptr<const session_record>> restore(std::shared_ptr<nsp_core> nsp, handshake shaken);
  // by_adapter: null where no middleware runs. Else it gets the exception of the adapter.
  static task<> let_in(std::shared_ptr<client_sockets> client, std::shared_ptr<socket_core> socket,
                       std::shared_ptr<std::exception_ptr> by_adapter);
  static task<> admit(std::shared_ptr<client_sockets> client, std::shared_ptr<socket_core> socket,
                      std::shared_ptr<std::exception_ptr> by_adapter);
  static void start_handlers(client_sockets& client, const std::shared_ptr<socket_core>& socket);
};

}  // namespace cosio::inline v0_2::socketio
