// The application under test: a chat that does what its clients ask for, in every way that the library offers, and
// keeps the ledger.

#pragma once
#include <cosio/cosio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/suspension.hpp"
#include "simulation/kit.hpp"
#include "simulation/ledger.hpp"
#include "support/visit.hpp"

namespace cosio::simulation {

class house {
 public:
  /// The argument of "key", the event that handlers of "pin" wait for.
  static constexpr std::uint64_t key_of_waits = 7;

  house(cosio::server io, ledger& book, dice& chance) : io_(std::move(io)), book_(book), dice_(chance) {}

  /// Registers everything. @param largest  The largest size of notes. @param sends_away  By itself, now and then.
  void open(std::size_t largest, bool sends_away, bool credentials_expire, bool sequential_chat);
  static std::vector<std::string> rooms() { return {"kitchen", "garden", "attic"}; }
  /// The first two are always there, the others are made for clients.
  static std::vector<std::string> namespaces() {
    return {"/", "/chat", "/dynamic-1", "/dynamic-2", "/dynamic-3", "/guest-1", "/guest-2"};
  }

  /// Something that the application does by itself, on no client's strand.
  task<> act();
  /// Lets one of the handlers that sleep go on. @return false when none does.
  bool wake_one();
  void wake_all();

  /// Coroutines of the application's that have not ended.
  std::size_t under_way() const noexcept { return *under_way_; }

 private:
  using number = std::uint64_t;
  using visit = test::visit;

  task<bool> allow(std::string nsp);
  task<> handled(member& m, task<> work);
  void watch(const cosio::socket& who);
  task<> wait_for_end(cosio::socket who, bool entering);
  task<> act_late(cosio::socket who);
  task<> wait_for_event(member& who, number n, ack done);
  task<> enter(cosio::socket who, next go);
  void welcome(const cosio::socket& who);
  void listen(const cosio::socket& who);
  void listen_to_ends(const cosio::socket& who);

  task<> broadcast(member& from, number n, audience to, std::size_t size, bool is_volatile, ack done);
  task<> echo(member& to, number n, std::size_t size, bool is_volatile, ack done);
  task<> join(member& who, number n, std::string room, ack done);
  task<> leave(member& who, number n, std::string room, ack done);
  task<> ask(member& whom, number n, number within, ack done);
  task<> ask_all(member& from, number n, std::string room, number within, ack done);
  task<> renew(member& who, number n, number time, ack done);
  task<> sleep(member& who, number n, ack done);
  task<> fail(number n);
  task<> dismiss(member& who, number n, bool close, ack done);
  task<> herd(std::string nsp, std::string from, std::string to, bool in);
  task<> send_away(std::string nsp, std::string room, bool close);
  task<> emit(audience to, std::size_t size, bool is_volatile);
  task<> nap();

  broadcast_operator operator_for(const audience& to) const;
  void remember(member& m);
  void set_credentials(member& m);
  std::size_t some_size() { return dice_.chance(40) ? dice_.below(largest_ + 1) : dice_.below(4); }

  cosio::server io_;
  ledger& book_;
  dice& dice_;
  std::size_t largest_ = 0;
  bool sends_away_ = false;
  std::uint64_t marks_ = 0;
  bool credentials_expire_ = false;
  std::vector<std::shared_ptr<async::suspension>> sleepers_;
  std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0);
};

}  // namespace cosio::simulation
