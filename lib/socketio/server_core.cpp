// The server.

#include "socketio/server_core.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "http/app_state.hpp"
#include "http/client_bundle.hpp"
#include "socketio/client_core.hpp"

namespace cosio::socketio {
namespace {

std::shared_ptr<http::service> client_files(const options& settings,
                                            const std::shared_ptr<engine::engine_core>& engine) {
  auto origins = [engine] { return engine->origins(); };  // they may change
  return std::make_shared<http::client_bundle>(settings.path, settings.client_directory, std::move(origins));
}

wire::decoder_limits limits_of(const options& settings) {
  wire::decoder_limits limits;
  limits.header.max_attachments = settings.max_attachments;
  limits.json.max_depth = settings.max_json_depth;
  limits.max_packet_bytes = settings.max_packet_bytes;
  return limits;
}

}  // namespace

server_core::server_core(const std::shared_ptr<async::runtime>& runtime, options settings)
    : settings_(std::move(settings)),
      packet_limits_(limits_of(settings_)),
      mounting_(runtime, std::make_shared<engine::engine_core>(runtime, settings_)),
      changing_(settings_) {}

server_core::~server_core() {
  for (const auto& [name, nsp] : namespaces_) {
    nsp->handlers().clear();
    nsp->server_side().remove_all();
  }
  for (const parent_entry& e : parents_) e.parent->handlers().clear();
}

void server_core::attach(http::app& app) {
  const auto engine = mounting_.engine();
  if (mounting_.attach()) welcome_sessions_of(*engine);
  if (settings_.serve_client) app.internals()->add_service(client_files(settings_, engine));
  if (!settings_.metrics_path.empty()) app.get(settings_.metrics_path, metrics_handler(server(shared_from_this())));
  if (!engine->app()) engine->app(app.internals());
  app.internals()->add_service(engine);
}

void server_core::welcome_sessions_of(engine::engine_core& engine) {
  of("/");
  engine.handlers().session_opened.emplace_back([weak = weak_from_this()](std::shared_ptr<engine::session> s) {
    const auto self = weak.lock();
    if (!self) return s->close(reason(reason::kind::forced_close), true);
    try {
      self->adopt(s);
    } catch (...) {  // nothing would ever read from this session
      s->close(reason(reason::kind::forced_close, "the server could not take it"), true);
      throw;
    }
  });
}

void server_core::adopt(const std::shared_ptr<engine::session>& s) {
  if (s->handler())
    throw error(errc::not_supported, "messages of this session are handled already, by on_message() or another server");
  if (s->current_state() != engine::session::state::open) return;
  had_clients_ = true;
  auto client = std::make_shared<client_core>(shared_from_this(), s);
  s->handler(client);
  client->start();
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
  settings_ = std::move(settings);
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
  const base::lock_guard lock(mutex_);
  changing_.identify.swap(who);  // the replaced function is destroyed with the parameter, without the lock
}

void server_core::use_adapter(adapter_factory factory) {
  if (had_clients_)
    throw error(errc::already_running,
                "the adapter can only be changed before the first client: a new one does not know who is there");
  {
    const base::lock_guard lock(mutex_);
    changing_.adapter.swap(factory);
  }
  remake_adapters();
}

void server_core::remake_adapters() {
  for (const auto& nsp : all()) {
    nsp->configure(*this);
    nsp->adapter(make_adapter(*nsp));
    nsp_core::start_adapter(nsp);
  }
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

std::shared_ptr<nsp_core> server_core::make(const std::string& name, const std::shared_ptr<parent_core>& parent) {
  auto made = std::make_shared<nsp_core>(shared_from_this(), name, parent ? parent->handlers() : nsp_handlers());
  made->adapter(make_adapter(*made));
  if (parent) made->made_by(parent);
  std::vector<std::function<void(nsp)>> tell;
  {
    const base::lock_guard lock(mutex_);
    const auto [found, is_new] = namespaces_.try_emplace(name, made);
    if (!is_new) return found->second;  // another thread made it first
    tell = new_namespace_;
  }
  nsp_core::start_adapter(made);
  if (parent) parent->add_child(made);
  if (name != "/")
    for (const auto& handler : tell) base::guarded("socketio", [&] { handler(nsp(made)); });
  return made;
}

std::shared_ptr<nsp_core> server_core::of(std::string name) {
  if (name.empty() || name.front() != '/') name.insert(0, "/");
  if (auto known = find(name)) return known;
  std::shared_ptr<parent_core> parent;
  {
    const base::lock_guard lock(mutex_);
    for (const parent_entry& e : parents_) {
      if (!e.names || !e.names->matches(name)) continue;
      parent = e.parent;
      break;
    }
  }
  return make(name, parent);
}

std::shared_ptr<nsp_core> server_core::find(std::string_view name) const {
  const base::lock_guard lock(mutex_);
  const auto found = namespaces_.find(name);
  return found == namespaces_.end() ? nullptr : found->second;
}

std::shared_ptr<parent_core> server_core::add_parent(parent_core::rule allow, const pattern* names) {
  auto made = std::make_shared<parent_core>(std::move(allow));
  const base::lock_guard lock(mutex_);
  parents_.push_back({made, names != nullptr ? std::optional(*names) : std::nullopt});
  return made;
}

void server_core::on_new_namespace(std::function<void(nsp)> handler) {
  const base::lock_guard lock(mutex_);
  new_namespace_.push_back(std::move(handler));
}

std::vector<std::shared_ptr<nsp_core>> server_core::all() const {
  std::vector<std::shared_ptr<nsp_core>> out;
  const base::lock_guard lock(mutex_);
  for (const auto& [name, nsp] : namespaces_) out.push_back(nsp);
  return out;
}

task<std::shared_ptr<nsp_core>> server_core::make_on_demand(std::string name, handshake shaken) {
  return make_by_rule(shared_from_this(), std::move(name), std::move(shaken));
}

task<std::shared_ptr<nsp_core>> server_core::make_by_rule(std::shared_ptr<server_core> self, std::string name,
                                                          handshake shaken) {
  std::vector<parent_entry> parents;
  {
    const base::lock_guard lock(self->mutex_);
    parents = self->parents_;
  }
  std::shared_ptr<nsp_core> made;
  for (const parent_entry& e : parents) {
    bool allowed = false;
    if (e.names) {
      allowed = e.names->matches(name);
    } else {
      try {
        allowed = co_await e.parent->allow()(name, shaken);
      } catch (...) {
        base::log(log_level::warn, "socketio",
                  "a namespace predicate threw, which counts as no: " + base::describe(std::current_exception()));
      }
    }
    if (allowed) {
      made = self->make(name, e.parent);
      break;
    }
  }
  co_return made;
}

std::shared_ptr<nsp_core> server_core::enter(const std::shared_ptr<nsp_core>& nsp) {
  const base::lock_guard lock(mutex_);
  const auto in =
      namespaces_.try_emplace(nsp->name(), nsp).first->second;  // it may be gone, or made again, since it was found
  in->enter();
  return in;
}

void server_core::left(const std::shared_ptr<nsp_core>& nsp) {
  {
    const base::lock_guard lock(mutex_);
    if (nsp->leave() != 0 || !settings_.cleanup_empty_child_namespaces || !nsp->is_child()) return;
    const auto found = namespaces_.find(nsp->name());
    if (found == namespaces_.end() || found->second != nsp) return;
    namespaces_.erase(found);
  }
  nsp_core::close_adapter(nsp);
}

std::uint64_t server_core::counted(base::counter what) const { return mounting_.counted(what); }

}  // namespace cosio::socketio
