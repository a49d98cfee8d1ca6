// The world behind its handle: the io_context, the clock, the dice, the connections, and the record of what was said.
//
//   settle()   ready handlers, in the order of the dice  <->  the clients, which move bytes
//   pass()     the clock moves: deadlines of the library, and waits of the test
//
// It runs until nothing is ready, then time may pass.

#pragma once
#include <boost/asio/io_context.hpp>

#include <cosio/http.hpp>
#include <cosio/server.hpp>
#include <cosio/task.hpp>
#include <cosio/test/world.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/dice.hpp"
#include "test/engine_life.hpp"
#include "test/network.hpp"
#include "test/peer.hpp"
#include "test/ready_handlers.hpp"
#include "test/wait.hpp"

namespace cosio::test::inline v0_2::kit {

class world_core final : public std::enable_shared_from_this<world_core>, public engine_watcher {
 public:
  explicit world_core(world_options how);
  world_core(const world_core&) = delete;
  world_core& operator=(const world_core&) = delete;
  ~world_core() override;

  /// Ends everything in order; handlers run to their ends.
  void close();
  cosio::server add_server(const cosio::options& opts);
  /// The options of the server at that path; of the first one if it is empty. @throws failure when there is none.
  const cosio::options& options_of(std::string_view path) const;
  http::app& app() noexcept { return *app_; }
  std::uint64_t seed() const noexcept { return seed_; }
  boost::asio::io_context& context() noexcept { return context_; }
  network& net() noexcept { return *net_; }
  kit::dice& dice() noexcept { return dice_; }
  const world_options& how() const noexcept { return how_; }
  std::string next_name() { return "client " + std::to_string(++names_); }
  void add(const std::shared_ptr<peer>& made) { connections_.push_back(made); }

  /// @throws failure when a client has a complaint, or the world does not come to rest.
  void settle();
  void advance(std::chrono::milliseconds time);
  moment now() const noexcept { return now_; }
  /// Lets time pass until `done`. @return false when patience was not enough.
  bool run_until(const std::function<bool()>& done);
  /// Runs a coroutine to its end. @throws what it throws; failure when it does not end.
  void finish(cosio::task<> work);

  /// A wait that the world can name. It knows it weakly.
  std::shared_ptr<wait> begin_wait(std::string who, std::string what);
  static cosio::task<> sleep(std::shared_ptr<world_core> self, std::chrono::milliseconds time);

  /// One line of the wire. @param direction  ">" to the server, "<" from it, "|" for what happens to a client.
  void say(std::string_view who, std::string_view direction, std::string_view text);
  /// The last text of an event was heard, which may be an offset of connection state recovery. The library makes them of
  /// the calendar, so the wire has their numbers in their place: `"offset 1"`.
  void heard_last_text(const std::string& text);
  /// The lines so far name a client by its new name.
  void rename(const std::string& from, const std::string& to);
  const std::vector<std::string>& wire() const noexcept { return wire_; }
  const std::vector<log_line>& log() const noexcept { return log_; }
  /// The lines that a failure shows below its sentence.
  std::string details() const;
  [[noreturn]] void fail(const std::string& sentence) const;
  /// Something that is thrown as soon as the world has settled; the first one counts.
  void complain(std::string sentence);

  void note(const std::function<std::string()>& words) override;
  void met(engine_feature) override {}

 private:
  struct sleeper {
    moment until{0};
    std::shared_ptr<wait> what;
  };

  void pass(moment by);
  std::size_t run_some();
  bool has_unsent() const;
  void throw_complaint();
  bool wait_really(std::chrono::milliseconds& left);
  std::string who_waits();
  bool number_offset(std::string& line, std::string_view before) const;
  void keep(log_level level, std::string_view component, std::string_view message);

  const world_options how_;
  const std::uint64_t seed_;
  // The io_context is destroyed last: handlers that never ran hold parts of the server.
  boost::asio::io_context context_;
  kit::dice dice_;
  ready_handlers ready_{context_, dice_};
  moment now_{0};
  std::vector<std::string> wire_;
  std::map<std::string, std::size_t, std::less<>> offsets_;  // and their numbers
  std::vector<log_line> log_;
  log_level level_before_;
  std::string complaint_;
  std::size_t names_ = 0;
  async::runtime* runtime_ = nullptr;
  std::shared_ptr<http::app::state> state_;
  std::unique_ptr<http::app> app_;
  std::unique_ptr<network> net_;
  std::vector<cosio::server> servers_;
  std::vector<cosio::options> options_;
  std::vector<std::shared_ptr<peer>> connections_;
  std::list<std::weak_ptr<wait>> waits_;
  std::vector<sleeper> sleepers_;
};

}  // namespace cosio::test::inline v0_2::kit
