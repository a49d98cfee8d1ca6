// The memory for answers of other servers: of one question, and of all questions of an adapter together.

#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace cosio::inline v0_2::cluster {

inline constexpr std::size_t most_of_question = 256'000'000;       // bytes of its answers
inline constexpr std::size_t most_of_all_questions = 512'000'000;  // of one adapter

/// The bytes of all questions. Any thread.
struct answer_total {
  std::atomic<std::size_t> bytes{0};
};

/// The share of one question, which is given back when it is destroyed. Guarded by its owner.
class answer_room {
 public:
  explicit answer_room(std::shared_ptr<answer_total> all) noexcept : all_(std::move(all)) {}
  answer_room(const answer_room&) = delete;
  answer_room& operator=(const answer_room&) = delete;
  ~answer_room() { all_->bytes -= bytes_; }

  /// @return false when there is no room for an answer of so many bytes: it is missing then.
  bool take(std::size_t bytes) noexcept {
    if (bytes > most_of_question - bytes_) return false;
    const bool fits = all_->bytes.fetch_add(bytes) + bytes <= most_of_all_questions;
    if (fits) {
      bytes_ += bytes;
    } else {
      all_->bytes -= bytes;
    }
    return fits;
  }

 private:
  const std::shared_ptr<answer_total> all_;
  std::size_t bytes_ = 0;
};

}  // namespace cosio::inline v0_2::cluster
