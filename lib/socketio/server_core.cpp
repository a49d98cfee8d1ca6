// The server.

#include "socketio/server_core.hpp"

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>

#include <utility>

#include "base/guarded.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/most.hpp"
#include "base/sharing.hpp"
#include "engine/taken_path.hpp"
#include "http/app_state.hpp"
#include "http/client_bundle.hpp"
#include "socketio/client_core.hpp"
#include "socketio/misfits.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

std::shared_ptr<http::service> client_files(const options& settings,
                                            const std::shared_ptr<engine::engine_core>& engine) {
  auto origins = [engine] { return engine->origins(); };  // they may change
  return std::make_shared<http::client_bundle>(settings.path, settings.client_directory, std::move(origins));
}

wire::decoder_limits limits_of(const options& settings) {
  wire::decoder_limits limits;
  limits.header.max_attachments = base::most(settings.max_attachments);
  limits.json.max_depth = settings.max_json_depth;
  limits.max_packet_bytes = base::most(settings.max_packet_bytes);
  return limits;
}

options checked(options settings) {
  validate(settings);
  return settings;
}

}  // namespace

server_core::server_core(const std::shared_ptr<async::runtime>& runtime, options settings)
    : settings_(checked(std::move(settings))),
      packet_limits_(limits_of(settings_)),
      mounting_(runtime, std::make_shared<engine::engine_core>(runtime, settings_)),
      changing_(settings_) {
  remark_unfit_answers();
}

server_core::~server_core() {
  base::guarded("socketio", [this] { background_->stop(); });
  namespaces_->let_go();
  const auto parents = all_parents();
  for (const parent_entry& e : *parents) e.parent->handlers().clear();
}

void server_core::attach(http::app& app) {
  const auto engine = mounting_.engine();
  engine::refuse_taken_path(app, *engine);
  if (mounting_.attach()) welcome_sessions_of(*engine);
  if (settings_.serve_client) app.internals()->add_service(client_files(settings_, engine));
  if (!settings_.metrics_path.empty()) app.get(settings_.metrics_path, metrics_handler(server(shared_from_this())));
  if (!engine->app()) engine->app(app.internals());
  app.internals()->add_service(engine);
}

void server_core::welcome_sessions_of(engine::engine_core& engine) {
  of("/");
  engine.serves_socket_io();
  engine.handlers().session_opened.emplace_back([weak = weak_from_this()](std::shared_ptr<engine::session> s) {
    const auto self = weak.lock();
    if (!self) return s->close(reason(reason::kind::forced_close), true);
    try {
      self->take(s);
    } catch (...) {  // nothing would ever read from this session
      s->close(reason(reason::kind::forced_close, "the server could not take it"), true);
      throw;
    }
  });
}

// Asked again once the client is in the list: so a close() that began meanwhile finds the client, or it is refused.
void server_core::adopt(const std::shared_ptr<engine::session>& s) {
  const auto refuse_if_closed = [this] {
    if (is_closing())
      throw error(errc::not_supported, "this server is closed: it adopts no session until it listens again");
  };
  refuse_if_closed();
  const auto client = take(s);
  if (!client) return;
  {
    const base::lock_guard lock(mutex_);
    if (adopted_.size() == adopted_.capacity()) std::erase_if(adopted_, [](const auto& one) { return one.expired(); });
    adopted_.push_back(client);
  }
  try {
    refuse_if_closed();
  } catch (...) {
    s->close(reason(reason::kind::forced_close, "the server is closed"), true);
    throw;
  }
}

// Asked again once the work is in the list: so a close() that began meanwhile finds it, or it is cancelled here.
void server_core::spawn(task<> work) {
  const auto where = runtime();
  if (where->has_ended())
    throw error(errc::cancelled, "no new work may begin: the io_context of this server has ended");
  if (!is_closing()) background_->open();
  background_->start(where->make_strand(), std::move(work));
  if (is_closing()) background_->stop();
}

bool server_core::is_closing() const noexcept { return engine()->refuses_sessions(); }

// @return null for a session that has ended.
std::shared_ptr<client_core> server_core::take(const std::shared_ptr<engine::session>& s) {
  if (s->handler())
    throw error(errc::not_supported,
                "messages of this session are handled already, by engine_session::on_message() or another server");
  if (s->current_state() != engine::session::state::open) return nullptr;
  had_clients_ = true;
  auto client = std::make_shared<client_core>(shared_from_this(), s);
  s->handler(client);
  // Asked behind that: a close() that began meanwhile finds the client, or the client is not let in.
  if (is_closing()) {
    s->close(reason(reason::kind::forced_close, "the server closes"), true);
    return nullptr;
  }
  client->start();
  return client;
}

void server_core::bind(const std::shared_ptr<engine::engine_core>& engine) {
  const mounting::bound result = mounting_.bind(engine);
  if (result.moved) remake_adapters();
  welcome_sessions_of(*engine);
}

http::app server_core::serving_app() {
  if (auto own = mounting_.own_app()) {
    if (!mounting_.attached()) attach(*own);
    return *std::move(own);
  }
  if (auto shared = mounting_.engine()->app()) return http::app(std::move(shared));
  throw error(errc::not_supported, "this server is attached to no application that is alive");
}

bool server_core::owns(std::string_view target) const noexcept { return mounting_.engine()->owns(target); }

void server_core::move_to(http::app& app) {
  engine::refuse_taken_path(app, *mounting_.engine());  // before the server gives up its own port
  const auto before = mounting_.move_to(app.internals()->shared_runtime());
  mounting_.engine()->configure(mounting_.runtime(), static_cast<const engine_options&>(settings_));
  remake_adapters();
}

// ---------------------------------------------------------------- settings

options server_core::current_settings() const {
  options now = settings_;
  {
    const base::lock_guard lock(mutex_);
    now.connect_timeout = changing_.connect_timeout;
    now.identify = changing_.identify;
    now.adapter = changing_.adapter;
  }
  now.origins = mounting_.engine()->origins();
  return now;
}

void server_core::configure(options settings) {
  if (mounting_.attached())
    throw error(errc::already_running, "the server is attached: its options can only be given before that");
  settings_ = checked(std::move(settings));
  packet_limits_ = limits_of(settings_);
  changing replaced(settings_);  // functions of the application: they are destroyed without the lock
  {
    const base::lock_guard lock(mutex_);
    std::swap(changing_, replaced);
  }
  mounting_.engine()->configure(mounting_.runtime(), static_cast<const engine_options&>(settings_));
  remake_adapters();
}

std::chrono::milliseconds server_core::connect_timeout() const {
  const base::lock_guard lock(mutex_);
  return changing_.connect_timeout;
}

void server_core::connect_timeout(std::chrono::milliseconds within) {
  const base::lock_guard lock(mutex_);
  changing_.connect_timeout = within;
}

void server_core::origins(origin_policy policy) { mounting_.engine()->origins(std::move(policy)); }

server_core::identity_hook server_core::identify() const {
  const base::lock_guard lock(mutex_);
  return changing_.identify;
}

void server_core::identify(identity_hook who) {
  who = base::sharing(std::move(who));
  const base::lock_guard lock(mutex_);
  changing_.identify.swap(who);  // the replaced function is destroyed with the parameter, without the lock
}

void server_core::use_adapter(adapter_factory factory) {
  if (had_clients_)
    throw error(errc::already_running,
                "the adapter can only be changed before the first client: a new one does not know who is there");
  factory = base::sharing(std::move(factory));
  {
    const base::lock_guard lock(mutex_);
    changing_.adapter.swap(factory);
  }
  remake_adapters();
}

void server_core::remake_adapters() {
  for (const auto& nsp : all()) {
    nsp->configure(*this);
    give_adapter(*nsp);
  }
  open();
}

// Clients make namespaces, so the log is told of one namespace only.
void server_core::give_adapter(nsp_core& to) {
  to.adapter(make_adapter(to));
  if (!to.lacks_sessions() || has_told_no_sessions_.exchange(true)) return;
  base::log(log_level::warn, "socketio",
            "connection_state_recovery was asked for, but the adapter of the namespace " + base::quoted(to.name()) +
                " keeps no sessions: clients cannot come back");
}

std::shared_ptr<cosio::adapter> server_core::make_adapter(nsp_core& of) const {
  adapter_factory factory;
  {
    const base::lock_guard lock(mutex_);
    factory = changing_.adapter;
  }
  if (factory) return factory(of);
  return make_memory_adapter(of);
}

// ---------------------------------------------------------------- namespaces

std::shared_ptr<nsp_core> server_core::build(const std::string& name, const std::shared_ptr<parent_core>& parent) {
  auto made = std::make_shared<nsp_core>(shared_from_this(), name, parent ? parent->handlers() : nsp_handlers());
  give_adapter(*made);
  if (parent) made->made_by(parent);
  return made;
}

// The application's part of a new namespace. Only afterwards clients can find it. Where that part throws there is no
// namespace: it may lack the middleware that keeps clients out.
void server_core::complete(const std::shared_ptr<nsp_core>& made, const std::function<void(nsp)>& configure) {
  try {
    made->join_parent();
    if (made->name() != "/") tell_of(made);
    if (configure) configure(nsp(made));
  } catch (...) {
    namespaces_->withdraw(made);
    throw;
  }
  namespaces_->publish(made);
}

void server_core::tell_of(const std::shared_ptr<nsp_core>& made) {
  std::vector<std::function<void(nsp)>> tell;
  {
    const base::lock_guard lock(mutex_);
    tell = new_namespace_;
  }
  for (const auto& handler : tell) handler(nsp(made));
}

std::shared_ptr<nsp_core> server_core::of(std::string name, const std::function<void(nsp)>& configure) {
  if (name.empty() || name.front() != '/') name.insert(0, "/");
  auto known = find(name);
  if (!known) {
    const auto made = build(name, pattern_for(name));
    known = namespaces_->place(made, nsp_table::maker::application);
    if (known == made) {
      complete(made, configure);
      return made;
    }
  }
  if (configure) configure(nsp(known));
  return known;
}

std::shared_ptr<parent_core> server_core::pattern_for(std::string_view name) const {
  const auto parents = all_parents();
  for (const parent_entry& e : *parents)
    if (e.names && e.names->matches(name)) return e.parent;
  return nullptr;
}

std::shared_ptr<const std::vector<server_core::parent_entry>> server_core::all_parents() const {
  const base::lock_guard lock(mutex_);
  return parents_;
}

std::shared_ptr<parent_core> server_core::add_parent(parent_core::rule allow, const pattern* names,
                                                     const std::function<void(parent_nsp)>& configure) {
  auto made = std::make_shared<parent_core>(std::move(allow), weak_from_this());
  if (configure) configure(parent_nsp(made));
  parent_entry added{made, names != nullptr ? std::optional(*names) : std::nullopt};
  const base::lock_guard lock(mutex_);
  auto next = std::make_shared<std::vector<parent_entry>>(*parents_);
  next->push_back(std::move(added));
  parents_ = std::move(next);
  return made;
}

void server_core::on_new_namespace(std::function<void(nsp)> handler) {
  auto shared = base::sharing(std::move(handler));
  const base::lock_guard lock(mutex_);
  new_namespace_.push_back(std::move(shared));
}

task<std::shared_ptr<nsp_core>> server_core::enter_on_demand(std::string name, handshake shaken) {
  return find_or_make(shared_from_this(), std::move(name), std::move(shaken));
}

task<std::shared_ptr<nsp_core>> server_core::find_or_make(std::shared_ptr<server_core> self, std::string name,
                                                          handshake shaken) {
  std::shared_ptr<nsp_core> in;
  while (!in) {
    co_await nsp_table::until_published(self->namespaces_, name);
    in = self->enter(name);
    if (in) break;
    const auto parent = co_await ask_parents(self, name, shaken);
    if (!parent) break;
    in = self->make_for_client(name, parent);
  }
  co_return in;
}

// The first pattern or predicate that allows the name; null when none does.
task<std::shared_ptr<parent_core>> server_core::ask_parents(std::shared_ptr<server_core> self, std::string name,
                                                            handshake shaken) {
  const auto parents = self->all_parents();
  std::shared_ptr<parent_core> found;
  std::exception_ptr thrown;  // the first, which counts unless another rule allows the name
  for (const parent_entry& e : *parents) {
    bool allowed = false;
    if (e.names) {
      allowed = e.names->matches(name);
    } else {
      try {
        allowed = co_await e.parent->allow()(name, shaken);
      } catch (...) {
        if (!thrown) thrown = std::current_exception();
      }
    }
    if (!allowed) continue;
    found = e.parent;
    break;
  }
  if (!found && thrown) std::rethrow_exception(thrown);
  if (thrown) base::log_thrown("socketio", {"a namespace predicate threw, but another rule allowed the name"}, thrown);
  co_return found;
}

namespace {

// A place for a namespace that is made for a client.
class reserved_place {
 public:
  reserved_place(nsp_table& in, std::size_t most) : in_(in), ok_(in.reserve(most)) {}
  reserved_place(const reserved_place&) = delete;
  reserved_place& operator=(const reserved_place&) = delete;
  ~reserved_place() {
    if (ok_) in_.unreserve();
  }
  explicit operator bool() const noexcept { return ok_; }
  /// The table counts the namespace from now on.
  void taken() noexcept { ok_ = false; }

 private:
  nsp_table& in_;
  bool ok_;
};

}  // namespace

// Null when somebody else makes it just now.
std::shared_ptr<nsp_core> server_core::make_for_client(const std::string& name,
                                                       const std::shared_ptr<parent_core>& parent) {
  reserved_place place(*namespaces_, settings_.max_child_namespaces);
  if (!place) {
    counters()->hit(base::limit::max_child_namespaces);
    throw refusal(settings_.explain_refusals
                      ? "too many namespaces: raise options.max_child_namespaces if clients may make more"
                      : "too many namespaces");
  }
  const auto made = build(name, parent);
  if (namespaces_->place(made, nsp_table::maker::client) != made) return nullptr;
  place.taken();
  complete(made, {});
  return made;
}

void server_core::left(const std::shared_ptr<nsp_core>& nsp) {
  namespaces_->left(nsp, settings_.cleanup_empty_child_namespaces);
}

std::uint64_t server_core::counted(base::counter what) const { return mounting_.counted(what); }

}  // namespace cosio::inline v0_2::socketio
