// One request of the HTTP API, from its head to the answer.

#include "api/service.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "api/actions.hpp"
#include "api/openapi.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "http/request_data.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::api {
namespace {

constexpr std::size_t most_of_an_idempotency_key = 255;

log_level level_of(unsigned status) noexcept {
  return status == 401 || status == 403 || status >= 500 ? log_level::warn : log_level::info;
}

// The credentials behind the name of a scheme, which is found without regard to case.
std::optional<std::string_view> credentials(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return std::nullopt;
  if (!http::same_name(header.substr(0, scheme.size()), scheme)) return std::nullopt;
  return header.substr(scheme.size() + 1);
}

bool has_right(const http_api_key& key, action wanted) noexcept {
  switch (wanted) {
    case action::emit:
      return key.may_emit;
    case action::join:
    case action::leave:
      return key.may_join;
    case action::disconnect:
      return key.may_disconnect;
    case action::rooms:
    case action::counts:
      return key.may_read;
    case action::description:
      break;
  }
  return true;
}

refusal of_body(errc wrong, std::size_t most) {
  if (wrong == errc::payload_too_large)
    return {413, "body_too_large", "the body has more than " + std::to_string(most) + " bytes"};
  return {http::status_of_body(wrong), "bad_request", "the body did not come as a whole"};
}

// Operations throw. The detail of an error names nothing but what the request has said. What has no answer of its own
// is for the log.
refusal of_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const error& e) {
    if (e.code() == errc::bad_argument || e.code() == errc::limit_reached) return bad_request(e.detail());
    if (e.code() == errc::disconnected || e.code() == errc::cancelled) return {503, "unavailable", e.detail()};
    if (e.code() == errc::timed_out) return {504, "timed_out", e.detail()};
  } catch (...) {
    // Any other exception is logged below, too.
  }
  base::log_thrown("http", {"the HTTP API could not carry out a request"}, thrown);
  return {500, "internal_error", "the request could not be carried out; the log of the server says why"};
}

refusal too_many_bodies() {
  refusal full(
      503, "unavailable",
      "too many bodies of signed requests come at once, and this one came the slowest: see max_unproven_bytes");
  full.retry_after = 1;
  return full;
}

digest fingerprint(const http::request& of, std::string_view body) {
  return sha256(std::string(of.method()) + "\n" + std::string(of.target()) + "\n" + std::string(body));
}

outcome<std::string> idempotency_key_of(const http::request& head) {
  if (!head.has_header("idempotency-key")) return std::string();
  std::string key = head.header("idempotency-key");
  const auto fits = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (key.empty() || key.size() > most_of_an_idempotency_key || !std::all_of(key.begin(), key.end(), fits))
    return bad_request("an Idempotency-Key has 1 to 255 characters of ASCII");
  return key;
}

// A request with an Idempotency-Key that is carried out. Unless its answer is kept, the key is free again afterwards.
// An answer that asks for the same request later is not kept: it would be given for the whole lifetime of the key.
class keyed_run {
 public:
  keyed_run(std::shared_ptr<api_key> of, std::string key) noexcept : of_(std::move(of)), key_(std::move(key)) {}
  keyed_run(const keyed_run&) = delete;
  keyed_run& operator=(const keyed_run&) = delete;
  ~keyed_run() {
    if (!key_.empty()) of_->idempotency().drop(key_);
  }
  void keep(unsigned status, const std::string& body, async::time_point now) {
    if (key_.empty() || status >= 500 || status == 429) return;
    of_->idempotency().finish(key_, {status, body}, now);
    key_.clear();  // its entry may be forgotten at once, and be another request's when this one ends
  }

 private:
  const std::shared_ptr<api_key> of_;
  std::string key_;
};

// An answer with acknowledgements may be large: its request counts as one that waits until it has been sent.
http::response kept_answer(api_key::waiting waits, std::string body) {
  struct kept {
    api_key::waiting place;
    std::string bytes;
  };
  const std::shared_ptr<const kept> all(new kept{std::move(waits), std::move(body)});
  http::response answer = json_answer(200, std::string());
  answer.body(std::shared_ptr<const std::string>(all, &all->bytes));
  return answer;
}

refusal of_idempotency(idempotency_table::verdict why) {
  switch (why) {
    case idempotency_table::verdict::running: {
      refusal busy(409, "idempotency_key_in_use", "the first request with this Idempotency-Key has not ended");
      busy.retry_after = 1;
      return busy;
    }
    case idempotency_table::verdict::misused:
      return {422, "idempotency_key_reused", "another request had this Idempotency-Key: every request has its own"};
    default:
      break;
  }
  refusal full(429, "too_many_idempotency_keys", "too many requests with an Idempotency-Key are under way");
  full.retry_after = 1;
  return full;
}

}  // namespace

std::int64_t api_service::system_seconds() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
}

api_service::api_service(const std::shared_ptr<socketio::server_core>& server, std::string path,
                         std::vector<http_api_key> keys, http_api_options limits, wall_clock clock)
    : server_(server),
      path_(std::move(path)),
      limits_(std::move(limits)),
      clock_(clock),
      keys_(std::move(keys), limits_, server->timers().now()),
      first_use_(limits_),
      unproven_(std::make_shared<http::body_room>(std::max(limits_.max_unproven_bytes, limits_.max_body))) {}

bool api_service::owns(std::string_view target) const noexcept {
  if (!target.starts_with(path_)) return false;
  const std::string_view rest = target.substr(path_.size());
  return rest.empty() || rest.front() == '/' || rest.front() == '?';
}

http::response api_service::refuse(const http::request& head, const api_key* by, const refusal& why) const {
  const std::string method = base::shortened(head.method(), 16);
  const std::string who = by != nullptr ? " of the key " + by->settings().name : std::string();
  const std::string address(head.remote_address());
  const std::string line = "the HTTP API refused " + method + " " + base::quoted(head.path()) + who + " from " +
                           address + " with " + std::to_string(why.status) + ": " + why.message;
  base::log(level_of(why.status), "http", line, {{"address", address}, {"refusal", why.code}});
  return to_answer(why);
}

outcome<api_service::sender> api_service::sender_of(const http::request& head) const {
  const std::string header = head.header("authorization");
  if (const auto secret = credentials(header, "Bearer")) {
    auto key = keys_.bearer(*secret);
    if (!key) return key.error();
    return sender{std::move(*key)};
  }
  if (const auto code = credentials(header, "HMAC-SHA256")) {
    return signer_of(*code);
  }
  return not_signed_in("write Authorization: Bearer and the secret of a key, or sign the request");
}

// A name that is not known, and a time that is over, cost no body.
outcome<api_service::sender> api_service::signer_of(std::string_view credentials) const {
  auto by = read_claim(credentials);
  if (!by) return not_signed_in("write Authorization: HMAC-SHA256 name:timestamp:code");
  auto key = keys_.named(*by);
  if (!key) return key.error();
  if (auto why = (*key)->check_time(*by, clock_())) return *std::move(why);
  return sender{std::move(*key), std::move(by)};
}

std::optional<refusal> api_service::check_proof(const sender& from, const http::request& head,
                                                std::string_view body) const {
  if (!from.signed_by) return std::nullopt;
  if (auto why = keys_.check_signature(*from.key, *from.signed_by, head.method(), head.target(), body)) return why;
  return from.key->take_signature(*from.signed_by, clock_());
}

task<http::response> api_service::answer(std::shared_ptr<http::exchange> x) {
  const http::request head = x->head();
  const outcome<sender> from = sender_of(head);
  if (from.has_error()) co_return refuse(head, nullptr, from.error());
  const key_ptr key = from->key;
  const api_key* const proven = from->signed_by ? nullptr : key.get();
  server_ptr server = server_.lock();
  if (!server || server->is_closing())
    co_return refuse(head, proven, refusal(503, "unavailable", "the server is closing"));
  // Before the body of a request is read, its key must allow it. A signature needs the body.
  std::shared_ptr<http::body_room::place> place;
  if (proven != nullptr) {
    if (const auto why = key->take_token(server->timers().now())) co_return refuse(head, key.get(), *why);
  } else {
    place = unproven_->begin(x);
  }
  auto body = co_await x->body(limits_.max_body);
  if (body.has_error()) {
    if (place && place->is_dropped()) co_return refuse(head, nullptr, too_many_bodies());
    const refusal why = of_body(body.error().code, limits_.max_body);
    co_return refuse(head, proven, why);
  }
  if (from->signed_by) {
    if (const auto why = check_proof(*from, head, *body)) co_return refuse(head, nullptr, *why);
    place.reset();
    if (const auto why = key->take_token(server->timers().now())) co_return refuse(head, key.get(), *why);
    if (first_use_) {
      std::string code = from->signed_by->name + ":" + hex_of(from->signed_by->code);
      auto asking = first_use_.check(std::move(code), server->timers());
      const std::optional<refusal> why = co_await std::move(asking);
      if (why) co_return refuse(head, key.get(), *why);
    }
  }
  auto work = handle(key, std::move(server), head, std::move(*body));
  http::response made = co_await std::move(work);
  co_return made;
}

task<std::optional<http::response>> api_service::upgrade(std::shared_ptr<http::exchange> x) {
  co_return refuse(x->head(), nullptr, bad_request("the HTTP API has no WebSocket"));
}

task<http::response> api_service::handle(key_ptr key, server_ptr server, http::request head, std::string body) {
  const outcome<endpoint> to = find_endpoint(head.method(), head.path().substr(path_.size()));
  if (to.has_error()) co_return refuse(head, key.get(), to.error());
  if (!has_right(key->settings(), to->does))
    co_return refuse(head, key.get(), refusal(403, "forbidden", "this key has no right to do that"));
  if (to->does == action::description) co_return json_answer(200, openapi_text(path_));

  outcome<call> what = read_call(to->does, head, body, limits_.max_ack_timeout);
  if (what.has_error()) co_return refuse(head, key.get(), what.error());
  if (!key->may_use(what->nsp))
    co_return refuse(head, key.get(), refusal(403, "forbidden", "this key has no right to use this namespace"));
  const outcome<std::string> again = idempotency_key_of(head);
  if (again.has_error()) co_return refuse(head, key.get(), again.error());
  const std::string idempotency_key = to->method == "POST" ? *again : std::string();
  if (!idempotency_key.empty()) {
    const auto found = key->idempotency().begin(idempotency_key, fingerprint(head, body), server->timers().now());
    if (found.what == idempotency_table::verdict::repeated) {
      http::response kept = json_answer(found.kept->status, found.kept->body);
      kept.set("Idempotent-Replayed", "true");
      co_return kept;
    }
    if (found.what != idempotency_table::verdict::begun) co_return refuse(head, key.get(), of_idempotency(found.what));
  }
  keyed_run run(key, idempotency_key);
  auto work = carry_out(key, server, head, std::move(*what));
  http::response made = co_await std::move(work);
  run.keep(made.status(), made.body(), server->timers().now());
  co_return made;
}

task<http::response> api_service::carry_out(key_ptr key, server_ptr server, http::request head, call what) {
  auto nsp = server->find(what.nsp);
  if (!nsp) co_return refuse(head, key.get(), refusal(404, "no_such_namespace", "this server has no such namespace"));
  std::exception_ptr thrown;
  boost::json::object made;
  std::optional<api_key::waiting> waits;
  try {
    if (what.to.flags.timeout) {
      auto mine = api_key::begin_to_wait(key);
      if (mine.has_error()) co_return refuse(head, key.get(), mine.error());
      waits.emplace(std::move(*mine));
    }
    auto work = perform(server, std::move(nsp), std::move(what), limits_.max_answer_bytes);
    made = co_await std::move(work);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) co_return refuse(head, key.get(), of_error(thrown));
  const unsigned status = status_of(made);
  const refusal why = status == 503 ? refusal_of(made) : refusal();
  std::string body;
  wire::append_json(body, boost::json::value(std::move(made)));
  http::response answer =
      waits ? kept_answer(std::move(*waits), std::move(body)) : json_answer(status, std::move(body));
  if (status == 503) {
    refuse(head, key.get(), why);  // a line of the log
    answer.set("Retry-After", std::to_string(why.retry_after));
  }
  co_return answer;
}

}  // namespace cosio::inline v0_2::api
