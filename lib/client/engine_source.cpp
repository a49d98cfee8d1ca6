// Checks options, and makes connections of them.

#include "client/engine_source.hpp"

#include <cosio/error.hpp>
#include <cosio/version.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "client/engine_core.hpp"
#include "client/server_url.hpp"
#include "client/transport.hpp"
#include "wire/base64.hpp"

namespace cosio::inline v0_2::clients {
namespace {

[[noreturn]] void refuse_option(const std::string& why) { throw error(errc::bad_argument, why); }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

void check(const engine_client_options& options) {
  if (options.revision != 3 && options.revision != 4) refuse_option("options.revision of a client is 3 or 4");
  if (options.transports.empty()) refuse_option("options.transports of a client is empty");
  for (const std::string& name : options.transports)
    if (name != "polling" && name != "websocket")
      refuse_option("options.transports of a client has \"polling\" and \"websocket\", and nothing else");
  if (options.connect_timeout.count() <= 0 || options.close_timeout.count() < 0 || options.address_delay.count() < 0)
    refuse_option("a time in the options of a client is negative, or options.connect_timeout is zero");
  if (options.max_message_bytes == 0) refuse_option("options.max_message_bytes of a client is zero");
}

// Fields that belong to the connection, and one whose answer could not be read.
bool belongs_to_us(const std::string& name) {
  static constexpr std::string_view ours[] = {"connection", "upgrade",           "content-length",
                                              "expect",     "transfer-encoding", "accept-encoding"};
  return name.starts_with("sec-websocket-") || std::find(std::begin(ours), std::end(ours), name) != std::end(ours);
}

engine_client_options::fields all_fields(const server_url& server, const engine_client_options& options) {
  auto out = options.extra_headers;
  bool has_authorization = false;
  bool has_agent = false;
  for (const auto& [name, value] : out) {
    const std::string low = lowered(name);
    if (!is_good_field(name, value))
      refuse_option("options.extra_headers of a client has a name or a value that cannot be sent");
    if (belongs_to_us(low)) refuse_option("options.extra_headers of a client has `" + low + "`, which is not for it");
    has_authorization = has_authorization || low == "authorization";
    has_agent = has_agent || low == "user-agent";
  }
  if (!has_agent) out.emplace_back("User-Agent", "cosio/" COSIO_VERSION_STRING);
  if (has_authorization || (server.user.empty() && server.password.empty())) return out;
  std::string basic = "Basic ";
  wire::append_base64(basic, server.user + ':' + server.password);
  out.emplace_back("Authorization", std::move(basic));
  return out;
}

class handle final : public engine_client {
 public:
  explicit handle(std::shared_ptr<engine_core> core) : core_(std::move(core)) {}
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() override { core_->drop(); }

  void open() override { core_->open(); }
  void send(message what, bool compress) override { core_->send(std::move(what), compress); }
  bool is_overdue() const noexcept override { return core_->is_overdue(); }
  std::size_t waiting_bytes() const noexcept override { return core_->waiting_bytes(); }
  std::string_view transport() const noexcept override { return core_->transport_name(); }
  void close() override { core_->close(); }
  void drop() noexcept override { core_->drop(); }

 private:
  const std::shared_ptr<engine_core> core_;
};

class source final : public engine_source {
 public:
  source(std::shared_ptr<const source_terms> terms, suspended_time suspended)
      : terms_(std::move(terms)), suspended_(std::move(suspended)) {}

  std::shared_ptr<engine_client> make(async::strand on, std::weak_ptr<engine_listener> whom) override {
    return std::make_shared<handle>(
        std::make_shared<engine_core>(std::move(on), terms_, memory_, std::move(whom), suspended_));
  }

 private:
  const std::shared_ptr<const source_terms> terms_;
  const std::shared_ptr<source_memory> memory_ = std::make_shared<source_memory>();
  const suspended_time suspended_;
};

}  // namespace

std::shared_ptr<engine_source> make_engine_source(std::shared_ptr<async::runtime> where, std::string_view url,
                                                  engine_client_options options, source_system system) {
  check(options);
  server_url server(url);
  source_terms terms;
  terms.where = std::move(where);
  terms.base = request_base(server, options);
  terms.headers = all_fields(server, options);
  if (options.with_credentials) terms.cookies = std::make_shared<cookie_jar>();
  auto proxy = choose_proxy(server, options, system.variable);
  std::shared_ptr<const tls_client> tls;
  if (server.secure) tls = std::make_shared<tls_client>(options.tls, server.host);
  destination to{std::move(server), std::move(proxy), std::move(tls), options.address_delay};
  terms.to = std::make_shared<const destination>(std::move(to));
  terms.options = std::move(options);
  return std::make_shared<source>(std::make_shared<const source_terms>(std::move(terms)), std::move(system.suspended));
}

std::shared_ptr<engine_source> make_engine_source(std::shared_ptr<async::runtime> where, std::string_view url,
                                                  engine_client_options options) {
  source_system system;
  system.suspended = time_suspended;
  system.variable = [](const char* name) -> const char* { return std::getenv(name); };
  return make_engine_source(std::move(where), url, std::move(options), std::move(system));
}

}  // namespace cosio::inline v0_2::clients
