// One run: a server, its clients, a clock and a seed; and what must hold at every step of it.

#pragma once
#include <cosio/cosio.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulation/house.hpp"
#include "simulation/journal.hpp"
#include "simulation/kit.hpp"
#include "simulation/ledger.hpp"
#include "simulation/person.hpp"
#include "support/world.hpp"

namespace cosio::simulation {

struct story_options {
  std::uint64_t seed = 1;
  std::size_t clients = 0;  // 0: the seed decides
  std::size_t steps = 0;
};

class story {
 public:
  story(story_options options, journal& told);
  story(const story&) = delete;
  story& operator=(const story&) = delete;
  ~story();

  /// The whole run. @throws broken when an invariant does not hold.
  void run();

  struct figures {
    std::size_t clients = 0, steps = 0, handlers = 0, connections = 0, bytes = 0;
    feature_counts met{};
    moment time{0};
    ledger::figures book;
  };
  figures counted() const;
  /// The choices of the seed, as text.
  std::string settings() const;

 private:
  void choose_settings();
  void choose_limits();
  void choose_long_times();
  void choose_deflate();
  void choose_rates();
  void choose_recovery();
  void choose_habits();
  std::uint64_t refused_events() const;
  void open_server();
  void invite();

  void step();
  void pass_time(moment by);
  void let_time_pass(moment by);
  void settle();
  void rest();
  void wait_for_heartbeats();
  void everybody_leaves();
  task<> some_close();
  void close_server();
  void listen_again();
  void note_limits();

  void check();
  void check_begun();
  void note_held();
  std::uint64_t account_refusals() const;
  void check_held();
  void check_metrics() const;
  void check_budgets();
  void check_notices() const;
  void check_rooms();
  void check_rooms_of(const std::string& nsp);
  void check_namespaces();
  void note_children(const std::set<std::string>& there);
  bool expected_child(const std::string& name) const;
  void check_nothing_is_left();
  std::string owed() const;

  const story_options wanted_;
  journal& journal_;
  dice dice_;
  options settings_;
  habits habits_;
  std::size_t clients_ = 0;
  std::size_t steps_ = 0;
  bool closes_early_ = false;
  bool listens_again_ = false;
  bool sequential_chat_ = false;
  std::set<std::string> children_;       // namespaces that were made for clients, at present
  std::set<std::string> ever_children_;  // … and at any time
  unsigned server_acts_ = 20;

  moment now_{0};
  moment unsettled_{0};  // time that passed since everything that was ready had run
  test::world world_;
  ready_handlers ready_;
  std::shared_ptr<http::app::state> state_;
  std::unique_ptr<http::app> app_;
  std::unique_ptr<cosio::server> server_;
  std::unique_ptr<network> net_;
  std::unique_ptr<ledger> book_;
  std::unique_ptr<house> house_;
  std::deque<person> people_;
  struct watched_session {
    std::weak_ptr<engine::session> session;
    life* whose;  // null: unknown
  };
  std::vector<watched_session> sessions_;
};

}  // namespace cosio::simulation
