// The events of a run as text. It is written only when somebody will read it.

#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>

#include "simulation/feature.hpp"
#include "simulation/kit.hpp"

namespace cosio::simulation {

class journal final : public test::kit::engine_watcher {
 public:
  enum class mode { silent, last_lines, print };

  journal(mode how, std::size_t keep) : mode_(how), keep_(keep) {}

  /// `words()` gives the line.
  template <class F>
  void write(F words) {
    ++events_;
    if (mode_ != mode::silent) add(words());
  }
  void note(const std::function<std::string()>& words) override { write(words); }
  void met(engine_feature what) override;
  void at(std::uint64_t step, std::chrono::milliseconds time) noexcept {
    step_ = step;
    time_ = time;
  }
  /// Something that not every run meets has happened.
  void met(feature what) noexcept { ++met_[static_cast<std::size_t>(what)]; }
  const feature_counts& all_met() const noexcept { return met_; }
  /// Lines written, whether they were kept or not.
  std::uint64_t events() const noexcept { return events_; }
  const std::deque<std::string>& lines() const noexcept { return lines_; }

  /// Something that must not happen; the first complaint counts. Handlers must not throw it: the server would take it
  /// for an error of theirs.
  void complain(std::string what) {
    if (complaint_.empty()) complaint_ = std::move(what);
  }
  /// @throws broken when there was a complaint.
  void check() const {
    if (!complaint_.empty()) throw broken(complaint_);
  }

 private:
  void add(const std::string& words);

  const mode mode_;
  const std::size_t keep_;
  std::uint64_t step_ = 0;
  std::chrono::milliseconds time_{0};
  std::uint64_t events_ = 0;
  feature_counts met_{};
  std::deque<std::string> lines_;
  std::string complaint_;
};

}  // namespace cosio::simulation
