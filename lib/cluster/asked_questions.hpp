// Questions of other servers to the clients of this one, which have not all answered.
//
//   cluster_adapter -> asked_questions::add() -> too many: the oldest question of the server that has the most is over
//   acknowledgements -> asked_question -> forwarded to the server that asked
//
// So a server that asks too much, or somebody who writes to the broker, takes the place of its own questions first.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "base/minute_line.hpp"

namespace cosio::inline v0_2::cluster {

/// Another server may ask for a longer time, but not have it: acknowledgements are owed meanwhile.
constexpr std::chrono::milliseconds longest_question{3'600'000};

/// Passes on each acknowledgement of this server's clients when it comes, and knows when all have ended.
/// @par Threads  Any; guarded by its own mutex. One coroutine waits.
class asked_question final : public answer_sink {
 public:
  explicit asked_question(std::function<void(arguments)> forward) : forward_(std::move(forward)) {}

  void answered(arguments answer) override;
  void gone() override { ended(); }
  /// It is over, whoever has not answered.
  void give_up();

  /// Waits until so many clients have answered or gone, or until it is given up.
  static task<> wait(std::shared_ptr<asked_question> self, std::size_t clients, async::deadlines& timers,
                     async::time_point until);

 private:
  bool suspended(std::size_t clients, const std::weak_ptr<async::suspension>& waiting);
  void ended();

  const std::function<void(arguments)> forward_;
  base::mutex mutex_;
  std::weak_ptr<async::suspension> waiting_ COSIO_GUARDED_BY(mutex_);
  std::size_t wanted_ COSIO_GUARDED_BY(mutex_) = 0;
  std::size_t ended_ COSIO_GUARDED_BY(mutex_) = 0;
  bool is_given_up_ COSIO_GUARDED_BY(mutex_) = false;
};

/// @par Threads  Any; guarded by its own mutex.
class asked_questions : public std::enable_shared_from_this<asked_questions> {
 public:
  explicit asked_questions(std::size_t most) : most_(most) {}

  /// @param from  The server that asks.
  /// @return what must live as long as the question.
  std::shared_ptr<const void> add(const std::string& from, const std::shared_ptr<asked_question>& question);
  std::size_t size() const;

 private:
  struct server;
  struct entry {
    std::weak_ptr<asked_question> question;
    std::uint64_t number = 0;
    server* of = nullptr;  // null: it was given up
    std::list<entry*>::iterator at;
  };
  /// More questions count more, and then the older one.
  using rank = std::pair<std::size_t, std::uint64_t>;
  using ranks = std::map<rank, server*>;
  struct server {
    std::string id;
    std::list<entry*> asked;  // the oldest first
    ranks::iterator at;
    rank now() const { return {asked.size(), UINT64_MAX - asked.front()->number}; }
  };

  void put(const std::string& from, entry& one) COSIO_REQUIRES(mutex_);
  void remove(entry& one) noexcept COSIO_REQUIRES(mutex_);
  void leave(entry& one) noexcept;
  void move(server& of) COSIO_REQUIRES(mutex_);

  const std::size_t most_;
  base::minute_line given_up_;
  mutable base::mutex mutex_;
  std::size_t size_ COSIO_GUARDED_BY(mutex_) = 0;
  std::uint64_t next_ COSIO_GUARDED_BY(mutex_) = 0;
  std::map<std::string, server, std::less<>> servers_ COSIO_GUARDED_BY(mutex_);
  ranks ranks_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::cluster
