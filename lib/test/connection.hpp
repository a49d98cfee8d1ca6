// One connection of clients: an Engine.IO session, and the clients in its namespaces.
//
//   way out   client_core -> send() -> engine_client -> line
//   way in    line -> engine_client -> on_message() -> client_core::take()

#pragma once
#include <cosio/options.hpp>
#include <cosio/test/client_options.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/engine_client.hpp"
#include "test/member.hpp"
#include "test/peer.hpp"
#include "test/sio_text.hpp"

namespace cosio::test::inline v0_2::kit {

class world_core;

class connection final : public std::enable_shared_from_this<connection>, public peer, public engine_listener {
 public:
  /// @param more_query  Behind that of the options: "&token=t".
  connection(world_core& in, std::string name, const client_options& how, const cosio::options& server,
             std::string more_query);

  void add(const std::shared_ptr<member>& made);
  const std::string& name() const noexcept { return life_.name; }
  void name(std::string text) { life_.name = std::move(text); }
  unsigned revision() const noexcept { return life_.revision; }

  std::size_t step(moment now) override;
  bool is_open() const noexcept { return open_; }
  bool is_over() const noexcept override { return engine_.current() == engine_client::stage::over; }
  bool has_unsent() const noexcept override { return !is_over() && !vanished_ && open_ && !engine_.all_sent(); }
  bool is_moving() const noexcept { return !is_over() && (moves_ || engine_.upgrading()); }
  engine_client& engine() noexcept { return engine_; }
  const std::string& sid() const noexcept { return engine_.sid(); }
  /// Why it is over.
  const std::string& why() const noexcept { return why_; }

  void send(const sio_packet& packet);
  void send_text(std::string_view engine_packet);
  void send_last_again();
  void vanish(bool on) noexcept { vanished_ = on; }
  /// Begins to move to WebSocket.
  void move(moment now);

  /// Ends it by `how`, such as engine_client::reset. @param reason  What its clients are told.
  void end(const std::string& reason, const std::function<void(engine_client&)>& how);
  void end_of_world() override;

 private:
  void on_open() override;
  void on_message(std::string_view data, bool binary) override;
  void on_over(const std::string& why) override;
  void say(std::string_view direction, std::string_view data, bool binary);
  void tell_end(const std::string& reason);

  world_core& world_;
  engine_life life_;
  const bool msgpack_;
  engine_client engine_;
  sio_reader reader_;
  std::vector<std::shared_ptr<member>> clients_;
  std::vector<engine_message> last_;
  std::string why_;
  std::string reason_;  // for its clients, when it ends by the client itself
  bool open_ = false;
  bool moves_ = false;
  bool vanished_ = false;
};

}  // namespace cosio::test::inline v0_2::kit
