// A few at once, the others in line.
//
//   turns::take() -> a turn -> ~turn: the next one in line has it

#pragma once
#include <cosio/task.hpp>

#include <cstddef>
#include <deque>
#include <memory>

#include "async/deadlines.hpp"
#include "base/guarded.hpp"
#include "cluster/confirmation.hpp"

namespace cosio::inline v0_2::cluster {

/// @par Threads  Any; guarded by its own mutex.
class turns {
 public:
  /// Something that may be done now, as long as this lives.
  class turn {
   public:
    explicit turn(std::shared_ptr<turns> of) : of_(std::move(of)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { of_->end(*this); }

   private:
    friend class turns;
    const std::shared_ptr<turns> of_;
    const std::shared_ptr<confirmation> comes_ = std::make_shared<confirmation>();
    bool has_come_ = false;  // guarded by the mutex of `of_`
  };

  turns(std::size_t at_once, std::size_t most_in_line) : at_once_(at_once), most_in_line_(most_in_line) {}

  /// Waits for a turn. @return null when too many are in line, or the time is over.
  static task<std::shared_ptr<turn>> take(std::shared_ptr<turns> self, async::deadlines& timers,
                                          async::time_point until);

 private:
  enum class places : unsigned char { has_come, in_line, too_many };
  places begin(turn& one);
  bool has_come(const turn& one) const;
  void end(turn& one) noexcept;

  const std::size_t at_once_;
  const std::size_t most_in_line_;
  mutable base::mutex mutex_;
  std::size_t running_ COSIO_GUARDED_BY(mutex_) = 0;
  std::deque<turn*> line_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::cluster
