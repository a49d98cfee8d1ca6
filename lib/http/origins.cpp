// Deciding about origins, and the headers that tell browsers.

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>
#include <cosio/origins.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/logger.hpp"
#include "http/field_rules.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2 {
namespace {

using decision = origin_verdict::decision;

// "scheme://host:port"; the port is never empty when the scheme has a default.
struct origin_parts {
  std::string scheme;
  std::string host;
  std::string port;

  friend bool operator==(const origin_parts&, const origin_parts&) = default;
};

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), http::to_lower);
  return small;
}

std::string default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return "80";
  if (scheme == "https" || scheme == "wss") return "443";
  return {};
}

// Splits "host:port" and "[::1]:port". Text that is no port number stays with the host, where it matches nothing.
origin_parts with_authority(std::string scheme, std::string_view authority) {
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  origin_parts parts{std::move(scheme), lower(has_port ? authority.substr(0, colon) : authority),
                     std::string(has_port ? authority.substr(colon + 1) : "")};
  if (parts.port.empty()) parts.port = default_port(parts.scheme);
  return parts;
}

std::optional<origin_parts> parse_origin(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const std::string_view authority = text.substr(mark + 3);
  if (authority.empty() || authority.find_first_of("/?#@ ,\\") != std::string_view::npos) return std::nullopt;
  return with_authority(lower(text.substr(0, mark)), authority);
}

// The origins that are no scheme with a host: of sandboxed frames, and of files in embedded browsers and boards.
bool has_no_host(std::string_view text) noexcept { return text == "null" || text == "file://"; }

[[noreturn]] void refuse(std::string_view text) {
  const std::string quoted = "origins: \"" + std::string(text) + "\"";
  if (text.find('*') != std::string_view::npos)
    throw error(errc::bad_argument, quoted +
                                        " has a \"*\" that would match nothing; write \"*\" alone for every origin, "
                                        "\"https://host:*\" for every port of a host, or pass a predicate");
  throw error(errc::bad_argument,
              quoted + " is no origin; write \"https://host\" or \"http://host:port\", without a path");
}

bool is_illegal(char c) noexcept { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

// Whether it is the server's own origin: the page's authority is the host that this request was sent to. Without TLS of
// ours the scheme is not compared, because a proxy in front may end TLS. With it, a page without TLS is foreign:
// somebody in the network between can put one there.
bool is_own(const std::optional<origin_parts>& origin, const http::request& asked) {
  if (!origin || (asked.secure() && (origin->scheme == "http" || origin->scheme == "ws"))) return false;
  return with_authority(origin->scheme, asked.header("host")) == *origin;
}

// Longer origins are not written into log lines. Those of real pages are shorter, and a client may write anything.
constexpr std::size_t longest_readable = 200;

// The origin for log lines, if its length and characters are sensible, otherwise a description.
std::string readable(std::string_view origin) {
  const auto fine = [](char c) { return c > 0x20 && c < 0x7F; };
  if (origin.size() > longest_readable || !std::all_of(origin.begin(), origin.end(), fine))
    return "(an unreadable origin)";
  return "\"" + std::string(origin) + "\"";
}

void add_vary(http::response& answer, std::string_view name) {
  const std::string there(answer.get("vary"));
  if (http::has_token(there, name)) return;
  answer.set("Vary", there.empty() ? std::string(name) : there + ", " + std::string(name));
}

// The names as one value of a header. @param setter  Where they come from, for the error.
std::string joined(const std::vector<std::string>& names, std::string_view setter) {
  std::string all;
  for (const std::string& one : names) {
    if (!http::is_token(one))
      throw error(errc::bad_argument, "origins: " + std::string(setter) +
                                          " has a name with characters that it cannot have; write letters, digits "
                                          "and \"-\", one name in each text");
    all.append(all.empty() ? "" : ",").append(one);
  }
  return all;
}

}  // namespace

struct origin_policy::rules {
  struct entry {
    std::string text;  // as configured
    origin_parts parts;
    bool any_port = false;

    bool matches(std::string_view raw, const std::optional<origin_parts>& origin) const {
      if (has_no_host(text)) return raw == text;
      if (!origin) return false;
      return any_port ? origin->scheme == parts.scheme && origin->host == parts.host : *origin == parts;
    }
  };

  void add(std::string_view text);
  std::optional<origin_verdict> check_now(const http::request& asked, std::string_view raw) const;
  origin_verdict decide(const http::request& asked) const;
  std::string answer_for_listed(std::string_view raw, bool listed) const;

  bool anybody = false;
  bool cross_origin = false;
  std::vector<entry> list;
  predicate ask;
  bool credentials = false;
  std::optional<std::chrono::seconds> max_age;
  std::string methods = "GET,HEAD,PUT,PATCH,POST,DELETE";
  std::optional<std::string> allowed_headers;  // nothing: those that are asked for
  std::string exposed_headers;
  unsigned success_status = 204;
  bool preflight_continue = false;
};

void origin_policy::rules::add(std::string_view text) {
  cross_origin = true;
  if (text == "*") {
    anybody = true;
    return;
  }
  entry added{std::string(text), {}, text.ends_with(":*")};
  const std::string_view exact = added.any_port ? text.substr(0, text.size() - 2) : text;
  const auto parts = parse_origin(exact);
  if ((!parts && !has_no_host(text)) || exact.find('*') != std::string_view::npos) refuse(text);
  if (parts) added.parts = *parts;
  list.push_back(std::move(added));
}

// One fixed origin is named in every answer, as in the reference. Of several origins the one that asks is named.
std::string origin_policy::rules::answer_for_listed(std::string_view raw, bool listed) const {
  if (listed) return std::string(raw);
  return list.size() == 1 && !list.front().any_port ? list.front().text : std::string();
}

origin_verdict origin_policy::rules::decide(const http::request& asked) const {
  const std::string raw = asked.header("origin");
  if (anybody) return {decision::allowed, "*", "every origin is allowed"};
  const auto origin = parse_origin(raw);
  const auto listed = std::find_if(list.begin(), list.end(), [&](const entry& e) { return e.matches(raw, origin); });
  const std::string answer = answer_for_listed(raw, listed != list.end());
  if (raw.empty()) return {decision::allowed, answer, "no Origin header: not sent by a foreign page"};
  if (listed != list.end()) return {decision::allowed, answer, "listed as \"" + listed->text + "\""};
  if (is_own(origin, asked)) return {decision::allowed, answer, "the server's own origin"};
  return {decision::not_listed, answer,
          "origin " + readable(raw) +
              (list.empty() ? " is not the server's own" : " is not listed and not the server's own") +
              (raw == "null" ? "" : "; add it to options.origins if its pages may connect")};  // null is anybody's
}

origin_policy::origin_policy() : rules_(std::make_shared<const rules>()) {}
origin_policy::origin_policy(std::string_view one) : origin_policy() { edit().add(one); }
origin_policy::origin_policy(std::initializer_list<std::string_view> several) : origin_policy() {
  for (const std::string_view one : several) edit().add(one);
}
origin_policy::origin_policy(const std::vector<std::string>& several) : origin_policy() {
  for (const std::string& one : several) edit().add(one);
}
origin_policy::origin_policy(predicate ask) : origin_policy() {
  rules& mine = edit();
  mine.ask = std::move(ask);
  mine.cross_origin = true;
}

origin_policy::rules& origin_policy::edit() {
  auto mine = std::make_shared<rules>(*rules_);
  rules& editable = *mine;
  rules_ = std::move(mine);
  return editable;
}

origin_policy& origin_policy::credentials(bool on) {
  if (on && rules_->anybody)
    throw error(errc::bad_argument,
                "origins: \"*\" with credentials would let every page act as its visitors; name the origins instead");
  edit().credentials = on;
  return *this;
}

origin_policy& origin_policy::max_age(std::chrono::seconds time) {
  edit().max_age = time;
  return *this;
}

origin_policy& origin_policy::methods(const std::vector<std::string>& names) {
  std::string all = joined(names, "methods()");
  edit().methods = std::move(all);
  return *this;
}
origin_policy& origin_policy::allowed_headers(const std::vector<std::string>& names) {
  std::string all = joined(names, "allowed_headers()");
  edit().allowed_headers = std::move(all);
  return *this;
}
origin_policy& origin_policy::exposed_headers(const std::vector<std::string>& names) {
  std::string all = joined(names, "exposed_headers()");
  edit().exposed_headers = std::move(all);
  return *this;
}

origin_policy& origin_policy::success_status(unsigned status) {
  if (status < 200 || status > 299)
    throw error(errc::bad_argument,
                "origins: success_status() must be 200 to 299: browsers refuse a preflight that "
                "is answered with another status");
  edit().success_status = status;
  return *this;
}

origin_policy& origin_policy::preflight_continue(bool on) {
  edit().preflight_continue = on;
  return *this;
}

std::string origin_policy::text() const {
  if (rules_->ask) return "a predicate";
  if (rules_->anybody) return "*";
  std::string all;
  for (const auto& one : rules_->list) all += (all.empty() ? "" : ", ") + one.text;
  return all.empty() ? "the server's own origin" : all;
}

std::optional<origin_verdict> origin_policy::rules::check_now(const http::request& asked, std::string_view raw) const {
  if (std::any_of(raw.begin(), raw.end(), is_illegal))
    return origin_verdict(origin_verdict::decision::invalid, "", "the Origin header holds control characters");
  if (ask) return std::nullopt;
  return decide(asked);
}

bool origin_policy::is_cross_origin() const noexcept { return rules_->cross_origin; }

task<origin_verdict> origin_policy::check(http::request asked) const { return check_with(rules_, std::move(asked)); }

std::optional<origin_verdict> origin_policy::check_now(const http::request& asked) const {
  return rules_->check_now(asked, asked.header("origin"));
}

task<origin_verdict> origin_policy::check_with(std::shared_ptr<const rules> by, http::request asked) {
  const std::string raw = asked.header("origin");
  auto now = by->check_now(asked, raw);
  if (now) co_return std::move(*now);
  std::string message;
  std::string accident;
  bool allowed = false;
  std::string origin = raw;
  if (raw.empty()) origin = "*";
  try {
    allowed = co_await by->ask(std::move(origin), std::move(asked));
  } catch (const refusal& r) {
    message = r.message();
  } catch (...) {  // its text is not for the client
    base::log_thrown("http", {"the predicate in options.origins threw: a request is refused"});
    accident = ", which threw: " + base::describe(std::current_exception());
    message = "internal error";
  }
  const std::string who = raw.empty() ? "a request without Origin" : "origin " + readable(raw);
  if (allowed) co_return origin_verdict(decision::allowed_by_predicate, raw, who + " is allowed by the predicate");
  co_return origin_verdict(decision::refused_by_predicate, "",
                           who + " is refused by the predicate in options.origins" + accident, std::move(message));
}

bool origin_policy::answers_preflight(const http::request& asked) const noexcept {
  return rules_->cross_origin && !rules_->preflight_continue && asked.method() == "OPTIONS";
}

void origin_policy::apply(http::response& answer, const http::request& asked, const origin_verdict& verdict) const {
  if (!rules_->cross_origin) return;
  if (!verdict.allow_origin().empty()) answer.set("Access-Control-Allow-Origin", verdict.allow_origin());
  if (!rules_->anybody) add_vary(answer, "Origin");
  if (rules_->credentials) answer.set("Access-Control-Allow-Credentials", "true");
  if (!rules_->exposed_headers.empty()) answer.set("Access-Control-Expose-Headers", rules_->exposed_headers);
  if (rules_->preflight_continue && asked.method() == "OPTIONS") add_preflight(answer, asked);
}

void origin_policy::add_preflight(http::response& answer, const http::request& asked) const {
  if (!rules_->methods.empty()) answer.set("Access-Control-Allow-Methods", rules_->methods);
  std::string headers;
  if (rules_->allowed_headers) {
    headers = *rules_->allowed_headers;
  } else {
    headers = asked.header("access-control-request-headers");
    add_vary(answer, "Access-Control-Request-Headers");
  }
  if (!headers.empty()) answer.set("Access-Control-Allow-Headers", headers);
  if (rules_->max_age) answer.set("Access-Control-Max-Age", std::to_string(rules_->max_age->count()));
}

http::response origin_policy::preflight(const http::request& asked, const origin_verdict& verdict) const {
  http::response answer(rules_->success_status);
  apply(answer, asked, verdict);
  add_preflight(answer, asked);
  answer.set("Content-Length", "0");
  return answer;
}

}  // namespace cosio::inline v0_2
