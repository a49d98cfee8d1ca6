// The scenarios, phase by phase.

#include "run.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "commands.hpp"
#include "crowd.hpp"
#include "exchange.hpp"
#include "fan_out.hpp"
#include "file_run.hpp"
#include "loop.hpp"
#include "progress.hpp"
#include "target.hpp"
#include "usage.hpp"
#include "window.hpp"

namespace bench {
namespace {

constexpr std::chrono::milliseconds longest_turn{50};
constexpr std::chrono::milliseconds settling{500};
constexpr std::chrono::milliseconds closing{1'500};

target where(const options& wanted) {
  target out = make_target(wanted.url);
  if (wanted.nsp) out.nsp = *wanted.nsp;
  if (!out.nsp.starts_with('/')) out.nsp.insert(0, "/");
  if (!wanted.path.empty()) out.path = wanted.path;
  out.auth = wanted.auth;
  out.headers = wanted.headers;
  if (wanted.resume && !out.tls) throw std::invalid_argument("--resume is for https://");
  if (wanted.resume) out.tls->resume();
  if (wanted.compress) out.deflate = std::make_shared<compression>();
  return out;
}

void raise_descriptor_limit(const options& wanted) {
  const rlim_t per_client = wanted.way == transport::websocket ? 1 : wanted.way == transport::polling ? 2 : 3;
  const rlim_t needed = per_client * wanted.clients + 32;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= needed) return;
  throw std::runtime_error(std::to_string(wanted.clients) + " clients need " + std::to_string(needed) +
                           " descriptors, and `ulimit -Hn` allows " + std::to_string(limit.rlim_max));
}

void stay_on(int processor) {
  if (processor < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::system_error(errno, std::generic_category(), "--cpu");
}

class one_run {
 public:
  explicit one_run(const options& wanted)
      : wanted_(wanted),
        where_(where(wanted)),
        server_(wanted.processes),
        told_(wanted.quiet),
        loop_(wanted.spin),
        all_(loop_, where_, wanted, wrong_, told_),
        window_(server_) {}

  outcome go() {
    switch (wanted_.what) {
      case scenario::connect:
        connect();
        break;
      case scenario::idle:
        idle();
        break;
      default:
        talk();
        break;
    }
    return conclude();
  }

 private:
  bool is_cast() const { return wanted_.what == scenario::broadcast || wanted_.what == scenario::room; }

  void begin_figures() {
    found_.add("scenario", wanted_.name);
    if (!wanted_.label.empty()) found_.add("label", wanted_.label);
    found_.add("url", wanted_.url);
    static constexpr std::string_view names[] = {"websocket", "polling", "upgrade"};
    found_.add("transport", names[static_cast<std::size_t>(wanted_.way)]);
    found_.add_count("clients", wanted_.clients);
  }

  void connect_everybody() {
    all_.connect_all();
    if (all_.ready() == 0) throw std::runtime_error("no client got in");
  }

  void connect() {
    window_.begin();
    connect_everybody();
    window_.end(all_.ready());
    loop_.run_for(settling);
    const usage open = server_.now();
    all_.close_all();
    loop_.run_for(closing);
    const usage closed = server_.now();
    begin_figures();
    found_.add_count("concurrent", wanted_.concurrent);
    window_.tell(found_, "connection");
    tell_handshakes();
    found_.add_latency("latency", all_.connecting());
    if (!server_.any()) return;
    found_.add("server_cpu_us_per_close", cpu_us(closed.cpu - open.cpu) / wanted_.clients);
    found_.add_count("server_rss_before_bytes", window_.before().rss_bytes);
    found_.add_count("server_rss_closed_bytes", closed.rss_bytes);
  }

  void idle() {
    window_.begin();
    connect_everybody();
    window_.end(all_.ready());
    loop_.run_for(2 * settling);
    const usage begun = server_.now();
    hold();
    const usage ended = server_.now();
    begin_figures();
    window_.tell(found_, "connection");
    found_.add_latency("connect", all_.connecting());
    found_.add("held_seconds", wanted_.hold.count());
    if (!server_.any()) return;
    const auto grown = static_cast<double>(ended.rss_bytes) - static_cast<double>(window_.before().rss_bytes);
    found_.add_count("server_rss_before_bytes", window_.before().rss_bytes);
    found_.add_count("server_rss_after_bytes", ended.rss_bytes);
    found_.add("server_rss_bytes_per_connection", grown / all_.size());
    if (wanted_.hold.count() <= 0) return;
    found_.add("server_cpu_us_per_connection_second",
               cpu_us(ended.cpu - begun.cpu) / all_.size() / wanted_.hold.count());
  }

  void tell_handshakes() {
    if (!where_.tls) return;
    found_.add_count("tls_handshakes", where_.tls->handshakes());
    found_.add_count("tls_resumed", where_.tls->resumed());
  }

  void hold() {
    const auto end = clock::now() + to_nanoseconds(wanted_.hold);
    while (clock::now() < end) {
      loop_.turn(std::min<nanoseconds>(longest_turn, end - clock::now()));
      told_.show([this] { return std::to_string(all_.ready()) + " clients hold still"; });
    }
  }

  void talk() {
    connect_everybody();
    make_conversation();
    all_.converse(*talk_);
    talk_->prepare();
    if (wanted_.on_command) wait_for_command("ready");
    converse();
    wait_for_the_rest();
    if (wanted_.on_command) wait_for_command("done");
    begin_figures();
    if (is_cast()) {
      found_.add_count("window", wanted_.window);
      if (wanted_.what == scenario::room) found_.add_count("rooms", wanted_.rooms);
      if (wanted_.stalled > 0) found_.add_count("stalled", wanted_.stalled);
      if (server_.any()) found_.add_count("server_rss_before_bytes", window_.before().rss_bytes);
    } else {
      found_.add_count("outstanding", wanted_.outstanding);
    }
    if (wanted_.data) {
      found_.add("data", *wanted_.data);
    } else {
      found_.add_count("payload_bytes", wanted_.bytes);
    }
    if (wanted_.rate > 0) found_.add("rate", wanted_.rate);
    window_.tell(found_, is_cast() ? "delivery" : "event");
    found_.add_latency("latency", latency_);
    found_.add_latency("connect", all_.connecting());
    found_.add_count("other_events", talk_->others());
    if (where_.deflate) found_.add_count("compressed_messages", where_.deflate->messages);
  }

  // The clients stay, and answer heartbeats.
  void wait_for_command(std::string_view reached) {
    std::cout << reached << std::endl;
    while (!take_command()) loop_.turn(longest_turn);
  }

  void make_conversation() {
    if (is_cast()) {
      talk_ = std::make_unique<fan_out>(all_, loop_, where_, wanted_, wrong_);
    } else {
      talk_ = std::make_unique<exchange>(all_, loop_, where_, wanted_);
    }
  }

  // Warms up, then measures. Ends early when nothing happens any more.
  void converse() {
    const auto begun = clock::now();
    const auto measuring = begun + to_nanoseconds(wanted_.warmup);
    const auto end = measuring + to_nanoseconds(wanted_.measured);
    bool is_measuring = false;
    due_ = moved_ = begun;
    if (wanted_.count > 0) talk_->stop_after(wanted_.count);
    if (wanted_.rate == 0) talk_->start();
    for (auto now = clock::now(); !is_over(now, end) && is_moving(now); now = clock::now()) {
      if (!is_measuring && now >= measuring) {
        is_measuring = true;
        begin_measuring();
      }
      loop_.turn(wanted_.rate > 0 ? begin_those_due(now) : nanoseconds(longest_turn));
      if (wanted_.rate == 0) talk_->keep_up();
      show_progress(now - begun);
    }
    if (!is_measuring) begin_measuring();
    window_.end(talk_->done());
    latency_ = talk_->latency();
  }

  bool is_over(clock::time_point now, clock::time_point end) const {
    if (wanted_.count == 0) return now >= end;
    return talk_->is_winding_down() && talk_->outstanding() == 0;
  }

  void begin_measuring() {
    talk_->begin_measuring();
    seen_ = 0;
    window_.begin();
  }

  bool is_moving(clock::time_point now) {
    if (all_.ready() == 0) return false;
    if (talk_->done() != seen_ || talk_->outstanding() == 0) {
      seen_ = talk_->done();
      moved_ = now;
    }
    if (now - moved_ < wanted_.timeout) return true;
    wrong_.add("no reply before the timeout", std::to_string(talk_->outstanding()) + " are missing");
    return false;
  }

  // The open loop. @return how long until the next one is due
  nanoseconds begin_those_due(clock::time_point now) {
    const nanoseconds gap = to_nanoseconds(seconds(1 / wanted_.rate));
    while (due_ <= now && talk_->begin_one(due_)) due_ += gap;
    return std::clamp<nanoseconds>(due_ - clock::now(), nanoseconds(0), longest_turn);
  }

  void show_progress(nanoseconds since) {
    told_.show([&] {
      const double warm = wanted_.warmup.count();
      const double now = std::chrono::duration<double>(since).count();
      if (wanted_.count > 0)
        return wanted_.name + ": " + std::to_string(talk_->done()) + " of " + std::to_string(wanted_.count);
      if (now < warm) return std::to_string(all_.ready()) + " clients warm up";
      return wanted_.name + ": " + std::to_string(static_cast<int>(now - warm)) + " of " +
             std::to_string(static_cast<int>(wanted_.measured.count())) + " s, " + std::to_string(talk_->done()) +
             (is_cast() ? " deliveries" : " replies");
    });
  }

  void wait_for_the_rest() {
    talk_->wind_down();
    const auto end = clock::now() + to_nanoseconds(wanted_.timeout);
    while (talk_->outstanding() > 0 && clock::now() < end && all_.ready() > 0) loop_.turn(longest_turn);
    if (talk_->outstanding() == 0) return;
    wrong_.add("never answered", std::to_string(talk_->outstanding()) + (is_cast() ? " broadcasts" : " events"));
  }

  outcome conclude() {
    told_.clear();
    found_.add_count("clients_lost", all_.lost());
    found_.add_count("connections_reopened", all_.reopened());
    found_.add_count("errors", wrong_.count());
    for (const auto& [kind, count] : wrong_.by_kind()) found_.add_count("error: " + kind, count);
    found_.add("ok", !wrong_.any());
    return {!wrong_.any(), std::move(found_)};
  }

  static double cpu_us(nanoseconds used) { return static_cast<double>(used.count()) / 1e3; }

  const options& wanted_;
  target where_;
  watched_processes server_;
  failures wrong_;
  progress told_;
  loop loop_;
  crowd all_;
  window window_;
  figures found_;
  std::unique_ptr<conversation> talk_;
  histogram latency_;
  clock::time_point due_{};
  clock::time_point moved_{};
  std::uint64_t seen_ = 0;
};

}  // namespace

outcome run(const options& wanted) {
  raise_descriptor_limit(wanted);
  stay_on(wanted.processor);
  if (wanted.what == scenario::file) return run_files(wanted, where(wanted));
  const auto all = std::make_unique<one_run>(wanted);
  return all->go();
}

}  // namespace bench
