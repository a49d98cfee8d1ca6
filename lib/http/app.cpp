// http::app: the handle that applications hold.

#include <boost/asio/ip/tcp.hpp>

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "async/foreign_stream.hpp"
#include "async/gate_until.hpp"
#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "async/tcp_stream.hpp"
#include "base/error.hpp"
#include "base/guarded.hpp"
#include "base/later.hpp"
#include "base/logger.hpp"
#include "http/app_state.hpp"
#include "http/handed_request.hpp"
#include "http/predecessor.hpp"
#include "http/signal_watch.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;

// A coroutine whose frame owns the callable that it runs.
task<response> answer_plain(std::shared_ptr<const std::function<response(request)>> callable, request asked) {
  co_return (*callable)(std::move(asked));
}

// The end of the time that connections have for their answers.
class cutting final : public async::deadline {
 public:
  explicit cutting(std::weak_ptr<connection_context> of) noexcept : of_(std::move(of)) {}
  void on_deadline() override {
    if (const auto alive = of_.lock()) alive->open.cut_all();
  }

 private:
  const std::weak_ptr<connection_context> of_;
};

// Stops run() although a handler does not end.
class stopping final : public async::deadline {
 public:
  explicit stopping(std::weak_ptr<async::runtime> which) noexcept : which_(std::move(which)) {}
  void on_deadline() override {
    if (const auto alive = which_.lock()) alive->stop();
  }

 private:
  const std::weak_ptr<async::runtime> which_;
};

// A client sends its first request at once; one that does not keeps nobody waiting.
constexpr std::chrono::milliseconds time_for_first_answers{500};

// Connections that were cut at a deadline have ended when so much more time has passed.
constexpr std::chrono::milliseconds time_to_cut{100};

}  // namespace

app::state::state(std::unique_ptr<async::runtime> runtime, app_options options)
    : runtime_(std::move(runtime)), shared_(std::make_shared<connection_context>(std::move(options), runtime_)) {}

app::state::~state() {
  for (const auto& open : take_listeners())
    base::guarded("http", [&] { async::post(open->strand(), "http", [open] { open->close(); }); });
  base::guarded("http", [this] {
    for (const auto& s : routes().services()) s->closing();
  });
  shared_->open.close_all();
  runtime_->shut_down();  // nobody is in run(): it would own this object
}

void app::state::serve(std::unique_ptr<async::stream> stream) {
  connection::start(std::move(stream), runtime_->make_strand(), shared_);
}

task<> app::state::serve(std::shared_ptr<state> self, tcp_socket socket, std::string read_before) {
  boost::system::error_code ec;
  const auto peer = socket.remote_endpoint(ec);
  if (!socket.is_open()) throw error(errc::bad_argument, "the socket is not open: pass one that was just accepted");
  socket.native_non_blocking(true, ec);  // errors do not matter: the first read reports a lost peer
  socket.set_option(asio::ip::tcp::no_delay(true), ec);
  socket.set_option(asio::socket_base::out_of_band_inline(true), ec);  // see listener.cpp
  base::descriptor handle(socket.release(ec));
  if (ec) throw boost::system::system_error(base::without_place(ec), "taking a socket over");
  const auto open = std::make_shared<async::gate>();
  auto stream = std::make_unique<async::tcp_stream>(self->runtime_->context(), std::move(handle), peer.address(),
                                                    async::gate::pass(open));
  connection::start(std::move(stream), self->runtime_->make_strand(), self->shared_, std::move(read_before));
  self.reset();  // a connection does not keep its application
  co_await open->close();
}

task<> app::state::serve(std::shared_ptr<state> self, any_stream stream, std::string read_before) {
  if (!stream.valid())
    throw error(errc::bad_argument, "the stream was moved away: an any_stream serves one connection");
  const auto open = std::make_shared<async::gate>();
  {
    const async::strand on = self->runtime_->make_strand();  // not kept: the io_context may go during the wait
    auto ours =
        std::make_unique<async::foreign_stream>(std::move(stream), on, self->shared_runtime(), async::gate::pass(open));
    connection::start(std::move(ours), on, self->shared_, std::move(read_before));
  }
  self.reset();
  co_await open->close();
}

task<response> app::state::answer(std::shared_ptr<state> self, request asked) {
  response answer = co_await answer_handed(self->shared_, std::move(asked));
  co_return answer;
}

namespace {

bool is_wildcard(std::string_view host) noexcept { return host == "0.0.0.0" || host == "::"; }

// How the log names sockets that others have opened.
std::string inherited_place(std::size_t count, std::uint16_t port) {
  std::string out = count == 1 ? "a socket that was passed" : std::to_string(count) + " sockets that were passed";
  return port == 0 ? out : out + ", port " + std::to_string(port);
}

// "http://127.0.0.1:3000/". A wildcard is no address that a browser could open: so it is named by one that is.
std::string place_of(const app_options& options, std::uint16_t port) {
  if (!options.sockets.empty()) return inherited_place(options.sockets.size(), port);
  const bool everywhere = is_wildcard(options.host);
  const std::string url =
      (options.tls ? "https://" : "http://") + authority(everywhere ? "localhost" : options.host, port) + "/";
  return everywhere ? url + " and every other address of this machine" : url;
}

void refuse_if(bool open) {
  if (open) throw error(errc::already_running, "listen() was called before; call close() in between to listen again");
}

}  // namespace

// The certificates are read without the lock, since the key's password is asked from the application. Those before are
// destroyed without it, too.
std::uint16_t app::state::listen(log_level told) {
  const std::uint16_t open = open_port();
  base::guarded("http", [&] { tell_port(told); });
  return open;
}

std::uint16_t app::state::open_port() {
  refuse_if(listening());
  std::shared_ptr<certificates> read;
  if (const auto& tls = options().tls) read = std::make_shared<certificates>(*tls);
  const base::lock_guard lock(mutex_);
  refuse_if(!listeners_.empty());
  certificates_.swap(read);
  auto opened = open_all(certificates_, port_);
  shared_->open.reopen();
  for (const auto& s : shared_->routes.services()) s->opening();
  listeners_ = std::move(opened);
  return port_;
}

// @param port  Is set to the first port.
app::state::listeners app::state::open_all(const std::shared_ptr<certificates>& secured, std::uint16_t& port) {
  listeners opened;
  const auto next = [&] { return opened.emplace_back(std::make_shared<listener>(shared_, secured)); };
  port = 0;
  if (options().sockets.empty()) {
    port = next()->open(options().host, options().port, options().reuse_port);
    return opened;
  }
  try {
    for (const int descriptor : options().sockets) {
      const std::uint16_t its = next()->adopt(descriptor);
      if (port == 0) port = its;
    }
  } catch (...) {  // those before it accept already
    for (const auto& open : opened) async::post(open->strand(), "http", [open] { open->close(); });
    throw;
  }
  return opened;
}

// Without the lock: a sink may ask for the port.
void app::state::tell_port(log_level told) const {
  std::string services;
  for (const auto& each : shared_->routes.services()) {
    const std::string words = each->introduce();
    if (!words.empty()) services += ", " + words;
  }
  if (!listening() || !base::logs(told, "http")) return;
  base::log(told, "http", "listening on " + place_of(options(), port()) + services);
}

void app::state::reload_certificates() {
  std::shared_ptr<certificates> in_use;
  {
    const base::lock_guard lock(mutex_);
    in_use = certificates_;
  }
  if (!options().tls) throw error(errc::not_supported, "this application does not speak TLS; set app_options.tls");
  if (in_use) in_use->reload();  // otherwise listen() reads them
}

std::uint16_t app::state::port() const noexcept {
  const base::lock_guard lock(mutex_);
  return listeners_.empty() ? std::uint16_t{0} : port_;
}

bool app::state::listening() const noexcept {
  const base::lock_guard lock(mutex_);
  return !listeners_.empty();
}

std::vector<int> app::state::sockets() const {
  std::vector<int> out;
  const base::lock_guard lock(mutex_);
  for (const auto& open : listeners_) out.push_back(open->descriptor());
  return out;
}

std::size_t app::state::connections() const noexcept { return shared_->accepted->count(); }

app::state::listeners app::state::take_listeners() {
  const base::lock_guard lock(mutex_);
  return std::exchange(listeners_, {});
}

task<> app::state::stop_listening(std::shared_ptr<state> self, std::chrono::milliseconds within) {
  const auto open = self->take_listeners();
  const auto shared = self->shared_;
  self.reset();  // as in close()
  if (open.empty()) co_return;
  for (const auto& each : open) {
    auto stop = [each] { each->close_behind_waiting(); };
    co_await async::call_on(each->strand(), std::move(stop));
  }
  auto& timers = shared->runtime->timers();
  const auto until = timers.after(std::clamp(within, std::chrono::milliseconds(0), time_for_first_answers));
  co_await async::wait_for_zero_until(shared->unanswered, timers, until);
}

task<> app::state::leave_port(std::shared_ptr<state> self, std::optional<bool> keep, std::chrono::milliseconds within) {
  if (keep.value_or(!self->shares_port())) return async::nothing();
  return stop_listening(std::move(self), within);
}

task<> app::state::close(std::shared_ptr<state> self) {
  const auto open = self->take_listeners();
  const auto shared = self->shared_;
  // Not owned during the wait: the application may be destroyed meanwhile, and this coroutine with it.
  self.reset();
  for (const auto& each : open) {
    auto stop = [each] { each->close(); };
    co_await async::call_on(each->strand(), std::move(stop));
  }
  for (const auto& s : shared->routes.services()) s->closing();
  shared->open.close_all();
  co_await shared->open.wait_until_empty();
}

task<> app::state::close(std::shared_ptr<state> self, std::chrono::milliseconds time) {
  const auto shared = self->shared_;
  const auto limit = std::make_shared<cutting>(shared);
  limit->owned_by(limit);
  shared->runtime->timers().arm_after(*limit, std::max(time, std::chrono::milliseconds(0)));
  co_await close(std::move(self));
}

// Owns no application while it waits: a second signal may leave it behind in an io_context that the application owns.
// `call` counts as under way as long as this has not ended.
task<> app::state::end(std::weak_ptr<state> which, std::shared_ptr<void> call, std::chrono::milliseconds time,
                       std::function<task<>()> goodbye) {
  std::shared_ptr<async::runtime> runtime;
  if (const auto alive = which.lock()) runtime = alive->shared_runtime();
  if (!runtime) co_return;
  const auto until = runtime->timers().after(time);
  const auto last = std::make_shared<stopping>(runtime);
  last->owned_by(last);
  runtime->timers().arm(*last, base::later(until, time_to_cut));
  if (goodbye) {
    try {
      auto saying = detail::checked(goodbye());
      co_await std::move(saying);
    } catch (...) {  // the port is closed all the same
      async::report("http", std::current_exception());
    }
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - runtime->timers().now());
  auto self = which.lock();
  if (!self) co_return;
  auto closing = close(std::move(self), left);
  co_await std::move(closing);
  call.reset();  // before run() can return
  runtime->stop();
}

std::shared_ptr<void> app::state::begin_until_signal() {
  auto call = std::make_shared<char>();
  const base::lock_guard lock(mutex_);
  if (!until_signal_.expired())
    throw error(errc::already_running,
                "an earlier run_until_signal() of this application is not over: it runs on another thread, or it has "
                "returned before its close had ended; let the io_context run until that has ended");
  until_signal_ = call;
  return call;
}

void app::state::run_until_signal(const std::shared_ptr<state>& self, std::chrono::milliseconds deadline,
                                  std::function<task<>()> goodbye) {
  const std::shared_ptr<void> call = self->begin_until_signal();
  auto came = [which = std::weak_ptr(self), under_way = std::weak_ptr(call), deadline,
               goodbye = std::move(goodbye)](unsigned signals) {
    const auto alive = which.lock();
    auto still = under_way.lock();
    if (!alive || !still) return;
    if (signals > 1) return alive->runtime().stop();
    base::log(log_level::info, "http", "closing because of a signal: another one ends this at once");
    tell_stopping();
    async::spawn(alive->runtime().get_executor(), "http", end(which, std::move(still), deadline, goodbye));
  };
  const auto watch = std::make_shared<signal_watch>(self->runtime().context(), std::move(came));
  const std::shared_ptr<void> until_return(nullptr, [watch](void*) { watch->end(); });
  watch->start();
  if (!self->listening()) self->listen(log_level::info);
  tell_ready();
  end_predecessor();
  self->runtime().run();
}

app::app(app_options options) {
  validate(options);  // before there is an io_context for so many threads
  auto runtime = std::make_unique<async::runtime>(options.threads);
  state_ = std::make_shared<state>(std::move(runtime), std::move(options));
}

app::app(asio::any_io_executor executor, app_options options)
    : state_(std::make_shared<state>(std::make_unique<async::runtime>(executor), std::move(options))) {}

app& app::files(std::string_view prefix, const std::string& directory) {
  state_->routes().add_files(prefix, directory);
  return *this;
}

// A program that listens itself knows its port, and may say so itself: the line of run() would be a second one.
std::uint16_t app::listen() { return state_->listen(log_level::debug); }
void app::reload_certificates() { state_->reload_certificates(); }
std::uint16_t app::port() const noexcept { return state_->port(); }
bool app::listening() const noexcept { return state_->listening(); }
bool app::shares_port() const noexcept { return state_->shares_port(); }
std::vector<int> app::sockets() const { return state_->sockets(); }
std::string app::url() const {
  const std::uint16_t open = state_->port();
  const app_options& options = state_->options();
  if (open != 0 && !options.sockets.empty())
    return (options.tls ? "https://" : "http://") + authority("localhost", open);
  return open == 0 ? std::string() : (options.tls ? "https://" : "http://") + authority(options.host, open);
}

void app::run() {
  const auto keep = state_;
  if (!keep->listening()) keep->listen(log_level::info);
  keep->runtime().run();
}

void app::run_until_signal(std::chrono::milliseconds deadline, std::function<task<>()> goodbye) {
  const auto keep = state_;
  state::run_until_signal(keep, deadline, std::move(goodbye));
}

task<> app::serve(tcp_socket socket) const { return state::serve(state_, std::move(socket), {}); }
task<> app::serve(tcp_socket socket, request asked, std::string rest) const {
  return state::serve(state_, std::move(socket), bytes_of(asked) + std::move(rest));
}
task<> app::serve(any_stream stream) const { return state::serve(state_, std::move(stream), {}); }
task<> app::serve(any_stream stream, request asked, std::string rest) const {
  stream.fill_in(asked);
  return state::serve(state_, std::move(stream), bytes_of(asked) + std::move(rest));
}
task<response> app::answer(request asked) const { return state::answer(state_, std::move(asked)); }

void app::stop() noexcept { state_->runtime().stop(); }
task<> app::stop_listening() { return state::stop_listening(state_, time_for_first_answers); }
task<> app::close() { return state::close(state_); }
task<> app::close(std::chrono::milliseconds deadline) { return state::close(state_, deadline); }
asio::any_io_executor app::executor() const { return state_->runtime().get_executor(); }

void app::add_route(std::string_view method, std::string_view path, handler callable) {
  state_->routes().add_route(method, path, std::move(callable));
}

app::handler app::wrap_plain(std::function<response(request)> callable) {
  auto shared = std::make_shared<const std::function<response(request)>>(std::move(callable));
  return [shared](request asked) { return answer_plain(shared, std::move(asked)); };
}

}  // namespace cosio::inline v0_2::http
