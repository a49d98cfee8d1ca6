// Joining a namespace: finding or making it, middleware, CONNECT or refusal.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/adapter.hpp>
#include <cosio/handshake.hpp>
#include <cosio/task.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace cosio::socketio {

class client_core;
class nsp_core;
class socket_core;

/// The steps of one CONNECT. On the client's strand.
class connecting {
 public:
  static task<> run(std::shared_ptr<client_core> client, std::string nsp, boost::json::value auth);
  /// A client that waits to join is told that it may not, and why.
  static void refuse(client_core& client, const std::string& nsp, std::string_view json);

 private:
  static task<std::shared_ptr<const session_record>> restore(std::shared_ptr<nsp_core> nsp, handshake shaken);
  static task<> let_in(std::shared_ptr<client_core> client, std::shared_ptr<socket_core> socket);
  static task<> identify(std::shared_ptr<client_core> client);
  static task<> admit(std::shared_ptr<client_core> client, std::shared_ptr<socket_core> socket);
  static void start_handlers(client_core& client, const std::shared_ptr<socket_core>& socket);
  static bool waiting(client_core& client, const std::string& nsp) noexcept;
};

task<> nothing();

}  // namespace cosio::socketio
