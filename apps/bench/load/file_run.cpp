// The clients of files, and what is counted of them.

#include "file_run.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>

#include "failures.hpp"
#include "file_client.hpp"
#include "histogram.hpp"
#include "loop.hpp"
#include "progress.hpp"
#include "usage.hpp"
#include "window.hpp"

namespace bench {
namespace {

constexpr std::chrono::milliseconds longest_turn{50};
constexpr int first_of_errors = 400;

class file_run final : public file_user {
 public:
  file_run(const options& wanted, const target& where)
      : wanted_(wanted),
        request_("GET " + where.path + " HTTP/1.1\r\nHost: " + where.host + "\r\n" + where.headers + "\r\n"),
        server_(wanted.processes),
        told_(wanted.quiet),
        loop_(wanted.spin),
        window_(server_) {
    for (std::uint32_t i = 0; i < wanted.clients; ++i) clients_.emplace_back(loop_, *this, where, request_);
  }

  outcome go() {
    for (file_client& each : clients_) ask(each);
    measure();
    for (file_client& each : clients_) each.close();
    told_.clear();
    return conclude();
  }

 private:
  void on_file(file_client& who, const file_answer& got, nanoseconds took) override {
    if (first_.status == 0) first_ = got;
    if (got.status >= first_of_errors) wrong_.add("an error in place of the file", std::to_string(got.status));
    if (got.status != first_.status || got.body_bytes != first_.body_bytes)
      wrong_.add("an answer unlike the first one",
                 std::to_string(got.status) + ", " + std::to_string(got.body_bytes) + " bytes");
    ++done_;
    --outstanding_;
    latency_.add(took);
    ask(who);
  }

  void on_file_failed(file_client&, std::string_view why) override {
    wrong_.add(why, "a client of files");
    --outstanding_;
  }

  void ask(file_client& who) {
    if (wanted_.count > 0 && asked_ == wanted_.count) return;
    ++asked_;
    ++outstanding_;
    who.ask();
  }

  // Warms up, then measures. Ends early when nothing comes any more.
  void measure() {
    const auto measuring = clock::now() + to_nanoseconds(wanted_.warmup);
    const auto end = measuring + to_nanoseconds(wanted_.measured);
    while (clock::now() < measuring && outstanding_ > 0) turn();
    done_ = 0;
    latency_.clear();
    window_.begin();
    while ((wanted_.count > 0 || clock::now() < end) && outstanding_ > 0 && is_moving()) turn();
    window_.end(done_);
  }

  void turn() {
    loop_.turn(longest_turn);
    told_.show([this] { return "file: " + std::to_string(done_) + " answers"; });
  }

  bool is_moving() {
    const auto now = clock::now();
    if (done_ != seen_ || moved_ == clock::time_point()) moved_ = now;
    seen_ = done_;
    if (now - moved_ < wanted_.timeout) return true;
    wrong_.add("no answer before the timeout", std::to_string(outstanding_) + " are missing");
    return false;
  }

  outcome conclude() {
    figures found;
    found.add("scenario", wanted_.name);
    if (!wanted_.label.empty()) found.add("label", wanted_.label);
    found.add("url", wanted_.url);
    found.add_count("clients", wanted_.clients);
    found.add_count("status", static_cast<std::uint64_t>(first_.status));
    found.add_count("body_bytes", first_.body_bytes);
    window_.tell(found, "file");
    found.add_latency("latency", latency_);
    found.add_count("errors", wrong_.count());
    for (const auto& [kind, count] : wrong_.by_kind()) found.add_count("error: " + kind, count);
    const bool ok = !wrong_.any() && done_ > 0;
    found.add("ok", ok);
    return {ok, std::move(found)};
  }

  const options& wanted_;
  const std::string request_;
  watched_processes server_;
  failures wrong_;
  progress told_;
  loop loop_;
  window window_;
  std::deque<file_client> clients_;
  histogram latency_;
  file_answer first_;
  std::uint64_t asked_ = 0;
  std::uint64_t outstanding_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t seen_ = 0;
  clock::time_point moved_{};
};

}  // namespace

outcome run_files(const options& wanted, const target& where) { return file_run(wanted, where).go(); }

}  // namespace bench
