// The feed of a server: the namespace, its pages, and what they ask for.

#include "admin/feed.hpp"

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>

#include <utility>

#include "admin/commands.hpp"
#include "admin/nsp_watch.hpp"
#include "admin/stats.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/option_rules.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::admin {
namespace {

admin_options checked(admin_options opts) {
  check_login(opts);
  validate(opts.commands, "commands");
  validate(opts.logins, "logins");
  base::require_number("max_bytes_per_second", opts.max_bytes_per_second, 1'000);
  base::require_number("max_waiting_bytes", opts.max_waiting_bytes, 1'000);
  base::require_number("max_pages", opts.max_pages, 1);
  if (!opts.nsp.starts_with('/')) opts.nsp = "/" + opts.nsp;
  if (opts.nsp == "/") throw error(errc::bad_argument, "the dashboard has a namespace of its own: write \"/admin\"");
  if (opts.server_id.empty()) opts.server_id = default_server_id();
  return opts;
}

packet_text config_of(const admin_options& opts) {
  std::string features;
  if (!opts.readonly) features = R"("EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT",)";
  features += R"("AGGREGATED_EVENTS")";
  if (opts.development) features += R"(,"ALL_EVENTS")";
  return {"config", R"(["config",{"supportedFeatures":[)" + features + "]}]"};
}

}  // namespace

feed::feed(const server& of, admin_options opts)
    : opts_(checked(std::move(opts))),
      server_(of.internals()),
      runtime_(of.internals()->runtime()),
      strand_(runtime_->make_strand()),
      login_(std::make_shared<login>(opts_)),
      changes_(opts_.max_waiting_bytes),
      began_(runtime_->timers().now()),
      budget_(opts_.max_bytes_per_second, began_),
      stats_(opts_.server_id) {}

// ---------------------------------------------------------------- beginning and end

void feed::start(const server& of) {
  const auto self = shared_from_this();
  pump_at_.owned_by(weak_from_this());
  second_at_.owned_by(weak_from_this());
  // Numbers need nobody who looks on. But a second feed of the server is found by this one.
  if (!of.sockets().internals()->watched_by(std::make_shared<nsp_watch>(self, "/", wanted_)))
    throw error(errc::already_running, "this server has a dashboard already");
  of.of(opts_.nsp, [self](const nsp& pages) { self->open_to_pages(pages); });
  if (opts_.development) {
    of.on_new_namespace([weak = weak_from_this()](const nsp& another) {
      if (const auto looks_on = weak.lock()) looks_on->watch(another);
    });
    for (const auto& one : of.internals()->all()) watch(nsp(one));
  }
  on();
}

// A namespace that is made while this server is looked at may come twice.
void feed::watch(const nsp& made) {
  const bool is_pages = made.name() == opts_.nsp;
  const auto eyes = std::make_shared<nsp_watch>(shared_from_this(), made.name(), is_pages ? wanted_of_pages_ : wanted_);
  if (made.name() != "/" && !made.internals()->watched_by(eyes)) return;
  made.on_room_event([eyes](const room_event& what) { eyes->moved(what); });
  if (is_on()) look_at(made.internals());
}

// The sockets that are there already. One that leaves meanwhile is found by its watcher, or here.
void feed::look_at(const pages_ptr& made) {
  for (const auto& found : made->adapter().local_sockets(target())) {
    const auto who = std::dynamic_pointer_cast<socketio::socket_core>(found);
    if (!who || who->revision() == wire::revision::v3) continue;
    changes_.joined(made->name(), who->id(), who, made->adapter().rooms_of(who->id()), time_now());
    if (!who->connected()) changes_.left(made->name(), who->id(), {}, time_now());
  }
}

void feed::on() {
  const auto core = server_.lock();
  if (!core || is_on_.exchange(true)) return;
  changes_.clear();  // sockets may have left while nobody looked
  wanted_->sockets = wanted_of_pages_->sockets = opts_.development;
  if (opts_.development)
    for (const auto& one : core->all()) look_at(one);
  note_audience();
}

void feed::off() {
  if (!is_on_.exchange(false)) return;
  wanted_->sockets = wanted_of_pages_->sockets = false;
  note_audience();
  changes_.clear();
  async::spawn(strand_, "socketio", disconnect_pages(shared_from_this()));
}

task<> feed::disconnect_pages(std::shared_ptr<feed> self) {
  const auto nsp = self->pages_.lock();
  if (!nsp) co_return;
  target here;
  here.flags.local = true;
  auto leaving = nsp->adapter().disconnect_sockets(std::move(here), false);
  co_await std::move(leaving);
}

admin_counts feed::counts() const noexcept {
  admin_counts out;
  out.packets = packets_.load(std::memory_order_relaxed);
  out.bytes = bytes_.load(std::memory_order_relaxed);
  out.left_out = changes_.left_out();
  return out;
}

// ---------------------------------------------------------------- pages

void feed::open_to_pages(const nsp& made) {
  pages_ = made.internals();
  const auto self = shared_from_this();
  made.use([self](socket who, next go) { return let_in(self, std::move(who), std::move(go)); });
  made.on_connection([self](socket page) { self->welcome(page); });
  made.on_server_side(newcomer_event, [self](std::string id) {
    if (!self->opts_.development || !self->is_on()) return;
    newcomer elsewhere;
    elsewhere.id = std::move(id);
    elsewhere.is_ours = false;
    elsewhere.has_list = true;
    self->add_newcomer(std::move(elsewhere));
  });
}

// The session is told behind the CONNECT: the page of @socket.io/admin-ui 0.5.1 listens for events when it has
// connected, and misses those before.
task<> feed::let_in(std::shared_ptr<feed> self, socket who, next go) {
  if (!self->is_on()) throw refusal("the dashboard is off");
  auto checking = login::check(self->login_, who, self->runtime_->timers().now());
  const std::string session = co_await std::move(checking);
  if (self->page_count_ >= self->opts_.max_pages) throw refusal("too many dashboards are open");
  auto rest = go();
  co_await std::move(rest);
  if (session.empty()) co_return;
  auto telling = who.emit("session", session);
  co_await std::move(telling);
}

void feed::welcome(const socket& page) {
  const auto self = shared_from_this();
  const auto counted = page.on_disconnect([self](reason) {
    self->page_count_.fetch_sub(1);
    self->note_audience();
  });
  if (!counted) return;  // it has left
  page_count_.fetch_add(1);
  note_audience();
  const auto& core = page.internals();
  packet_text config = config_of(opts_);
  const emit_flags plain;
  core->emit(*core->nsp()->encode(config.event, event_data(std::move(config.json), {}), std::nullopt, plain), plain);
  if (!opts_.readonly) take_commands(page, server_, opts_.commands);
  if (!opts_.development) return;
  newcomer here;
  here.id = page.id();
  here.ours = core;
  add_newcomer(std::move(here));
}

void feed::add_newcomer(newcomer who) {
  {
    const base::lock_guard lock(mutex_);
    // More than this come from feeds of other servers only when a page connects again and again.
    if (newcomers_.size() >= 2 * opts_.max_pages) return;
    newcomers_.push_back(std::move(who));
  }
  wake();
}

// Pages may be on other servers.
bool feed::is_in_cluster() const {
  const auto nsp = pages_.lock();
  return nsp && nsp->shared_adapter() && nsp->adapter().counts().has_value();
}

void feed::note_audience() {
  const bool is_anywhere = is_in_cluster();
  bool is_there = false;
  {
    const base::lock_guard lock(mutex_);
    is_there = is_on() && (is_anywhere || page_count_ != 0);
    changes_.audience(is_there);
    has_audience_ = is_there;
    wanted_->events = opts_.development && is_there;
  }
  if (is_there) async::post(strand_, "socketio", [self = shared_from_this()] { self->begin_to_count(); });
}

}  // namespace cosio::inline v0_2::admin
