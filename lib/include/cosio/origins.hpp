// The origin policy: which web pages may talk to a server, on every transport, and the CORS headers that follow.
//
// options.origins holds one, and io.origins(…) replaces it while the server runs. A policy explains its decisions, in
// the log and (with options.explain_refusals) to the client.

#pragma once
#include <cosio/http.hpp>
#include <cosio/question.hpp>
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

namespace cosio::inline v0_2 {

/// The decision of an origin_policy about one request. origin_policy::check() makes it.
class origin_verdict {
 public:
  /// The decision, and who made it. Where there is a predicate, no list of origins is asked.
  enum class decision {
    allowed,               ///< the origin is listed or the server's own, or there is none
    allowed_by_predicate,  ///< the application's predicate returned true
    not_listed,            ///< refused: the origin is neither listed nor the server's own
    refused_by_predicate,  ///< refused: the application's predicate returned false, or threw
    invalid                ///< refused: the Origin header holds control characters, which no origin has
  };

  origin_verdict(decision what, std::string allow_origin, std::string explanation, std::string message = {})
      : what_(what),
        allow_origin_(std::move(allow_origin)),
        explanation_(std::move(explanation)),
        message_(std::move(message)) {}

  /// The decision, and who made it.
  decision what() const noexcept { return what_; }
  /// Whether the request may go on.
  bool allowed() const noexcept { return what_ == decision::allowed || what_ == decision::allowed_by_predicate; }
  /// The value for the header Access-Control-Allow-Origin. Empty: the response gets no such header.
  const std::string& allow_origin() const noexcept { return allow_origin_; }
  /// The rule that decided, and the option to change if that was not meant. For logs, not for the peer.
  const std::string& explanation() const noexcept { return explanation_; }
  /// The text for the client in place of `Forbidden`: the message of a refusal that a predicate threw, and
  /// `internal error` for any other exception. Empty otherwise.
  const std::string& message() const noexcept { return message_; }

 private:
  decision what_;
  std::string allow_origin_;
  std::string explanation_;
  std::string message_;
};

/// Tells which web pages may talk to a server.
///
/// By default these may: pages of the server's own origin, and clients that send no Origin header, because they are no
/// browsers. Listed origins come in addition. A predicate decides alone, also about the server's own pages.
///
///     options.origins = "https://app.example";                                  // and the server's own pages
///     options.origins = {"https://app.example", "http://localhost:*"};          // any port
///     options.origins = "*";                                                    // everybody
///     options.origins = [](std::string origin, http::request) -> task<bool> {…};  // "*" when there is no Origin
///
/// The server's own origin is one whose host and port are those of the Host header. Without TLS of the server's own the
/// scheme does not count, because a proxy in front may end TLS. With it, `http://` pages are foreign.
/// @par Threads  A value. Checking is const and may happen on any thread, several times at once.
/// @par Source   RFC 6454 (origins); Fetch, "CORS protocol". Servers for JavaScript do not check the origin of
///               WebSockets; here one policy holds for every transport.
class origin_policy {
 public:
  /// Decides about one request. `origin` is the header's value, "*" when there is none.
  using predicate = std::function<task<bool>(std::string origin, http::request asked)>;

  /// Same origin only.
  origin_policy();
  /// Allows one origin: "scheme://host", "scheme://host:port", "scheme://host:*" for any port, "null" for pages that
  /// have no origin (sandboxed frames, files), "file://" for clients that say so of themselves (boards, embedded
  /// browsers), or "*" for everybody.
  /// @throws error errc::bad_argument for anything else, such as a path behind the origin, or "*" inside of a host.
  explicit(false) origin_policy(std::string_view one);
  explicit(false) origin_policy(const char* one) : origin_policy(std::string_view(one)) {}
  explicit(false) origin_policy(const std::string& one) : origin_policy(std::string_view(one)) {}
  /// Allows several origins, each written as above.
  /// @throws error errc::bad_argument for the first that is none.
  explicit(false) origin_policy(std::initializer_list<std::string_view> several);
  explicit(false) origin_policy(const std::vector<std::string>& several);
  /// Asks a predicate about every request. False refuses. An exception refuses, too: the client gets the
  /// message of a cosio::refusal; any other exception is logged, and the client gets `internal error`.
  explicit(false) origin_policy(predicate ask);
  /// The same for a lambda, a coroutine or a plain function.
  template <class F>
    requires(!std::is_convertible_v<F, std::string_view> && !std::is_same_v<std::decay_t<F>, origin_policy> &&
             !std::is_same_v<std::decay_t<F>, predicate> && std::is_invocable_v<F&, std::string, http::request>)
  explicit(false) origin_policy(F ask)
      : origin_policy(detail::question<bool, std::string, http::request>(std::move(ask)).function()) {}

  /// Sets whether browsers may send cookies from foreign pages (Access-Control-Allow-Credentials). Default: no.
  /// @throws error errc::bad_argument together with "*": name the origins then.
  origin_policy& credentials(bool on = true);
  /// Sets how long browsers may remember the answer to a preflight request (Access-Control-Max-Age). Default: no such
  /// header, and the browser chooses the time.
  origin_policy& max_age(std::chrono::seconds time);
  /// Sets the methods that pages may use (Access-Control-Allow-Methods). Default: GET, HEAD, PUT, PATCH, POST, DELETE.
  /// @throws error errc::bad_argument for a text that no method is.
  origin_policy& methods(const std::vector<std::string>& names);
  /// Sets the headers that pages may send (Access-Control-Allow-Headers). Default: those that the preflight request
  /// asks for. An empty list allows none.
  /// @throws error errc::bad_argument for a text that no name of a header is.
  origin_policy& allowed_headers(const std::vector<std::string>& names);
  /// Sets the headers of answers that pages may read (Access-Control-Expose-Headers), such as those of
  /// engine_server::on_headers(). Default: none but the few that Fetch lets every page read.
  /// @throws error errc::bad_argument for a text that no name of a header is.
  origin_policy& exposed_headers(const std::vector<std::string>& names);
  /// Sets the status of the answer to a preflight request. Default: 204. Some old browsers and devices want 200.
  /// @throws error errc::bad_argument for anything but 200 to 299: browsers refuse the preflight then.
  origin_policy& success_status(unsigned status);
  /// Sets whether a preflight request goes on to the middleware of the engine, which answers it; the answer gets the
  /// CORS headers. If no middleware does, it is refused as any OPTIONS request. Default: no, the server answers it.
  origin_policy& preflight_continue(bool on = true);

  /// The policy for people: `*`, the list, `the server's own origin` or `a predicate`.
  std::string text() const;

  /// Whether foreign pages are allowed at all. Without that, no CORS header is ever sent.
  bool is_cross_origin() const noexcept;

  /// Decides about a request.
  ///
  /// @return the verdict. A request never makes this throw.
  /// @par Completes     at once, unless there is a predicate: then when that has decided.
  /// @par Cancellation  Reaches the predicate; there is no state to leave behind.
  task<origin_verdict> check(http::request asked) const;
  /// For the library: the same verdict without a coroutine. Nothing when a predicate must be asked.
  std::optional<origin_verdict> check_now(const http::request& asked) const;

  /// Whether the server is to answer this request with preflight(), before anybody else sees it.
  bool answers_preflight(const http::request& asked) const noexcept;
  /// Adds the CORS headers to an ordinary response; refusals need them, too, or pages could not read them. The answer
  /// to a preflight request that went on gets those of a preflight, too.
  void apply(http::response& answer, const http::request& asked, const origin_verdict& verdict) const;
  /// Makes the answer to a preflight request (OPTIONS): success_status(), and what is allowed.
  http::response preflight(const http::request& asked, const origin_verdict& verdict) const;

  struct rules;  // lib/http/origins.cpp

 private:
  void add_preflight(http::response& answer, const http::request& asked) const;
  static task<origin_verdict> check_with(std::shared_ptr<const rules> by, http::request asked);
  rules& edit();

  std::shared_ptr<const rules> rules_;  // never changed once shared
};

}  // namespace cosio::inline v0_2
