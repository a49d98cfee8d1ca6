// Which web pages may talk to a server: one policy for every transport, which also writes the CORS headers and explains
// itself.

#pragma once
#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio {

/// What an origin_policy says about one request.
class origin_verdict {
 public:
  origin_verdict(bool allowed, bool invalid, std::string allow_origin, std::string explanation,
                 std::string message = {})
      : allowed_(allowed),
        invalid_(invalid),
        allow_origin_(std::move(allow_origin)),
        explanation_(std::move(explanation)),
        message_(std::move(message)) {}

  bool allowed() const noexcept { return allowed_; }
  /// The Origin header holds bytes that no origin has.
  bool invalid() const noexcept { return invalid_; }
  /// The value for Access-Control-Allow-Origin; empty: no such header.
  const std::string& allow_origin() const noexcept { return allow_origin_; }
  /// Which rule decided, and what to change if that was not meant. For logs, not for the peer.
  const std::string& explanation() const noexcept { return explanation_; }
  /// What a predicate threw: its text is for the peer. Empty otherwise.
  const std::string& message() const noexcept { return message_; }

 private:
  bool allowed_;
  bool invalid_;
  std::string allow_origin_;
  std::string explanation_;
  std::string message_;
};

/// Which web pages may talk to a server. Without arguments: pages of the server's own origin, and clients that send no
/// Origin (which are no browsers). Pages of the server's own origin are always welcome, except to a predicate, which
/// decides alone.
///
///     options.origins = "https://app.example";                                  // and the server's own pages
///     options.origins = {"https://app.example", "http://localhost:*"};          // any port
///     options.origins = "*";                                                    // everybody
///     options.origins = [](std::string origin, http::request) -> task<bool> {…};  // "*" when there is no Origin
///
/// @par Threads  A value; checking is const and may happen on any thread.
class origin_policy {
 public:
  using predicate = std::function<task<bool>(std::string origin, http::request asked)>;

  /// Same origin only.
  origin_policy();
  /// One origin, "scheme://host", "scheme://host:port" or "scheme://host:*", or "*" for everybody.
  /// @throws error errc::bad_argument for anything else, such as a path behind the origin.
  explicit(false) origin_policy(std::string_view one);
  explicit(false) origin_policy(const char* one) : origin_policy(std::string_view(one)) {}
  explicit(false) origin_policy(const std::string& one) : origin_policy(std::string_view(one)) {}
  explicit(false) origin_policy(std::initializer_list<std::string_view> several);
  explicit(false) origin_policy(const std::vector<std::string>& several);
  /// Asked for every request. False refuses; what it throws refuses too, and its text goes to the client.
  explicit(false) origin_policy(predicate ask);
  template <class F>
    requires(!std::is_convertible_v<F, std::string_view> && !std::is_same_v<std::decay_t<F>, origin_policy> &&
             !std::is_same_v<std::decay_t<F>, predicate> &&
             std::is_invocable_r_v<task<bool>, F&, std::string, http::request>)
  explicit(false) origin_policy(F ask) : origin_policy(predicate(std::move(ask))) {}

  /// Whether browsers may send cookies from foreign pages (Access-Control-Allow-Credentials).
  /// @throws error errc::bad_argument together with "*": name the origins then.
  origin_policy& credentials(bool on = true);
  /// How long browsers may remember a preflight answer.
  origin_policy& max_age(std::chrono::seconds time);

  /// What it says, for people: `*`, a list, `the server's own origin` or `a predicate`.
  std::string text() const;

  /// Whether foreign pages are a matter at all: without it no CORS header is ever sent.
  bool is_cross_origin() const noexcept;

  /// Decides. Waits only for a predicate; never throws because of the request.
  task<origin_verdict> check(http::request asked) const;

  /// Adds the CORS headers of an ordinary response, refusals included.
  void apply(http::response& answer, const http::request& asked, const origin_verdict& verdict) const;
  /// The answer to OPTIONS: 204 with what is allowed.
  http::response preflight(const http::request& asked, const origin_verdict& verdict) const;

  struct rules;  // lib/http/origins.cpp

 private:
  static task<origin_verdict> check_with(std::shared_ptr<const rules> by, http::request asked);
  rules& edit();

  std::shared_ptr<const rules> rules_;  // never changed once shared
};

}  // namespace cosio
