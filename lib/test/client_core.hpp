// One client in one namespace, behind its handle: what it waits for, and what it has heard.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cosio/arguments.hpp>
#include <cosio/listener.hpp>
#include <cosio/task.hpp>
#include <cosio/test/client.hpp>
#include <cosio/test/client_options.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/connection.hpp"
#include "test/member.hpp"
#include "test/sio_packet.hpp"
#include "test/wait.hpp"

namespace cosio::test::inline v0_2::kit {

class world_core;

class client_core final : public std::enable_shared_from_this<client_core>, public member {
 public:
  enum class state { absent, asking, in, refused };

  client_core(std::weak_ptr<world_core> world, std::string name, std::string nsp, boost::json::value auth,
              client_options how)
      : world_(std::move(world)),
        name_(std::move(name)),
        nsp_(std::move(nsp)),
        auth_(std::move(auth)),
        how_(std::move(how)) {}

  /// Makes a client on a connection of its own, and runs the world until it is in, or refused.
  static std::shared_ptr<client_core> connect(world_core& in, std::string_view nsp, boost::json::value auth,
                                              client_options how);
  /// The same on a connection that is there.
  std::shared_ptr<client_core> join(std::string_view nsp, boost::json::value auth);
  void reconnect();
  /// @throws refused when it was.
  void check_admitted() const;

  /// @throws failure when it has gone.
  world_core& world() const;
  const std::string& name() const noexcept { return name_; }
  void name(std::string text);
  const std::string& nsp() const noexcept override { return nsp_; }
  state current() const noexcept { return state_; }
  const std::string& id() const noexcept { return id_; }
  const std::string& reason() const noexcept { return reason_; }
  const std::string& refusal() const noexcept { return refusal_; }
  const boost::json::value& refusal_data() const noexcept { return refusal_data_; }
  bool recovered() const noexcept { return recovered_; }
  /// Null before the first one.
  const std::shared_ptr<connection>& line() const noexcept { return connection_; }
  /// @throws failure when there is no connection any more.
  connection& open_line(std::string_view action) const;

  void emit(const event_data& data);
  static cosio::task<arguments> ask(std::shared_ptr<client_core> self, std::string event, event_data data);
  static cosio::task<arguments> next(std::shared_ptr<client_core> self, std::string event);
  void listen(std::string_view event, detail::listener_ptr listener);
  void disconnect();
  std::deque<heard>& inbox() noexcept { return inbox_; }
  /// The event as a test would write it: `"said" ["hi"]`.
  static std::string in_words(const heard& one);
  /// Whether the values are the arguments of an event; the offset of connection state recovery behind them is left out.
  bool are_arguments(const boost::json::array& wanted, const std::vector<binary>& bytes, const arguments& got) const;

  // For its connection.
  void ask_to_enter() override;
  void take(const sio_packet& packet) override;
  void leave(const std::string& reason) override;

 private:
  struct expected {
    std::string event;
    std::shared_ptr<wait> what;
  };

  void be_in(const boost::json::value& told);
  void be_refused(const boost::json::value& told);
  void hear(const sio_packet& packet);
  void call(const detail::listener_ptr& listener, heard what, std::optional<std::uint64_t> id);
  std::uint64_t send_question(const event_data& data);
  std::shared_ptr<wait> wait_for_event(const std::string& event);
  void check_in(std::string_view action) const;
  std::string where() const { return nsp_ == "/" ? std::string() : " in " + nsp_; }
  static cosio::task<arguments> result_of(std::shared_ptr<client_core> self, std::shared_ptr<wait> waiting);

  const std::weak_ptr<world_core> world_;
  std::string name_;
  const std::string nsp_;
  const boost::json::value auth_;
  const client_options how_;
  std::shared_ptr<connection> connection_;
  state state_ = state::absent;
  std::string id_;
  std::string pid_;     // of connection state recovery
  std::string offset_;  // likewise
  std::string sent_pid_;
  std::string reason_;
  std::string refusal_;
  boost::json::value refusal_data_;
  bool recovered_ = false;
  std::deque<heard> inbox_;
  std::vector<std::pair<std::string, detail::listener_ptr>> listeners_;
  std::uint64_t next_question_ = 0;
  std::map<std::uint64_t, std::shared_ptr<wait>> questions_;
  std::vector<expected> expected_;
};

}  // namespace cosio::test::inline v0_2::kit
