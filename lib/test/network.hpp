// The client's side of the network: connections in memory to the server under test.
//
//   line to(net);                 // a connection
//   to.say("GET / …");            // bytes that wait to be sent
//   to.push(); to.pull();         // moves some, each way; how many, the dice say
//   take_answer(to.heard());      // what has arrived

#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "async/memory_stream.hpp"
#include "http/app_state.hpp"
#include "test/dice.hpp"

namespace cosio::test::inline v0_2::kit {

struct network {
  network(std::shared_ptr<http::app::state> to, dice& chance) : server(std::move(to)), roll(chance) {}

  const std::shared_ptr<http::app::state> server;
  dice& roll;
  std::size_t smallest_pipe = 64 * 1024;  // bytes under way in one direction
  std::size_t largest_pipe = 64 * 1024;
  bool faults = true;  // bytes may be changed on the way
  const std::shared_ptr<std::size_t> server_streams = std::make_shared<std::size_t>(0);  // present ones
  std::size_t connections = 0;                                                           // ever made
  std::size_t bytes = 0;                                                                 // moved by clients, both ways
};

/// One connection. Hangs up when it goes.
class line {
 public:
  /// @param address  The client's, as the server sees it; empty: that of this machine.
  explicit line(network& in, const std::string& address = "");

  void say(std::string_view bytes) { out_ += bytes; }
  /// Sends some of what was said. @return how many bytes.
  std::size_t push(bool all = false);
  /// Hears some of what has come. @return how many bytes.
  std::size_t pull(bool all = false);

  /// Received bytes that nobody has taken yet.
  std::string& heard() noexcept { return in_; }
  bool has_unsent() const noexcept { return !out_.empty(); }
  /// The server has ended it, and everything was heard.
  bool ended() const noexcept { return ended_; }

  void half_close() { far_->shutdown_send(); }
  void reset() { far_->reset(); }
  /// From now on bytes are changed on the way, now and then; `told` hears of the first.
  void corrupt(std::function<void()> told) { told_ = std::move(told); }

 private:
  std::size_t some_of(std::size_t bytes, bool all);

  network& net_;
  std::unique_ptr<async::memory_stream> far_;
  std::string out_;
  std::string in_;
  std::function<void()> told_;
  bool ended_ = false;
};

}  // namespace cosio::test::inline v0_2::kit
