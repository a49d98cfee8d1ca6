// The HTTP API of a server: programs that are no server themselves emit events, move sockets between rooms, disconnect
// and count them, in any language that speaks HTTP.
//
//   cosio::http_api_key backend("backend", secret);
//   cosio::http_api(io, "/api", {backend});
//
//   curl -H "Authorization: Bearer $SECRET" -d '{"rooms":["readers"],"event":"news"}' http://127.0.0.1:3000/api/emit
//
// Ask for this header by name; docs/publish.md shows every request.

#pragma once
#include <cosio/fwd.hpp>
#include <cosio/http.hpp>
#include <cosio/options.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// A program that may use the HTTP API, its secret, and its rights.
///
/// A request carries the secret itself (`Authorization: Bearer <secret>`), or a code that was made with it:
/// `Authorization: HMAC-SHA256 <name>:<timestamp>:<code>`. The code is the HMAC-SHA256, in hexadecimal digits, of the
/// method, the target, the timestamp and the body, with a line feed between them; where http_api_options::audience is
/// set, that comes first. The timestamp is in seconds since 1970, with up to 18 more digits behind a point, so that no
/// two requests have the same code. The secret does not travel then, and the process that has accepted a request
/// refuses a recorded one. Other processes do so with http_api_options::first_use, or by their audience.
///
/// To replace a secret, let two keys live for some time.
/// @par Threads  A value.
/// @par Source   RFC 6750 (Bearer), RFC 2104 (HMAC).
class http_api_key {
 public:
  /// @param called  1 to 64 letters, digits, `.`, `_` and `-`. It stands in the log.
  /// @param shared  At least 16 bytes; 32 random ones, as text, are right. It stands nowhere but here.
  http_api_key(std::string called, std::string shared) : name(std::move(called)), secret(std::move(shared)) {}

  std::string name;
  std::string secret;
  /// Whether requests must be signed. Otherwise a request may carry the secret itself, too.
  bool signed_only = false;

  /// Whether it may emit events, also those that clients acknowledge.
  bool may_emit = true;
  /// Whether it may read the names and sizes of rooms, and count.
  bool may_read = false;
  /// Whether it may put sockets into rooms, and take them out.
  bool may_join = false;
  /// Whether it may disconnect sockets.
  bool may_disconnect = false;
  /// The namespaces that it may use. Empty: all.
  std::vector<std::string> namespaces = {};
  /// Requests that it may send. Not set: http_api_options::rate.
  std::optional<rate_limit> rate = {};
};

/// Limits of the HTTP API. Those "of a key" hold for each key.
struct http_api_options {
  /// The most bytes in the body of a request. Above: 413.
  std::size_t max_body = 1'000'000;
  /// Requests of a key: so many in a second, and so many at once. Above: 429.
  rate_limit rate{100, 200};
  /// Requests of a key that wait for acknowledgements at once. Above: 429.
  std::size_t max_waiting = 100;
  /// Bytes of the acknowledgements in the answer of one request. Above: those that do not fit are left out, `complete`
  /// is false, and `problem` says so. A request counts in max_waiting until its answer has been sent.
  std::size_t max_answer_bytes = 16'000'000;
  /// The longest time for acknowledgements that a request may ask for. Above: 400.
  std::chrono::milliseconds max_ack_timeout{30'000};
  /// The time for which the answer to a request with an Idempotency-Key is kept.
  std::chrono::milliseconds idempotency_lifetime{600'000};
  /// Idempotency-Keys of a key whose answers are kept. Above: the oldest answer is forgotten.
  std::size_t max_idempotency_keys = 10'000;
  /// Bytes of the answers and Idempotency-Keys of a key. Above: the oldest answer is forgotten.
  std::size_t max_idempotency_bytes = 10'000'000;
  /// The most time between the timestamp of a signed request and the clock of this machine. Above: 401.
  std::chrono::milliseconds max_clock_skew{60'000};
  /// Signed requests of a key that are remembered, twice as long as max_clock_skew at most, so that none is accepted a
  /// second time. Above: 429.
  std::size_t max_signatures = 100'000;
  /// Bytes that have come of bodies of which it is not known yet whether their signature fits, of all keys together;
  /// one body always has room. Above: the requests whose bodies began to come first are answered with 503, so that
  /// senders that are slow keep nobody out. A body that comes in one piece is never among them, however late. Requests
  /// with a name that is not known, or with a timestamp out of time, are refused before a byte of their body is read.
  std::size_t max_unproven_bytes = 16'000'000;
  /// A name for the servers that take these requests, such as "orders-eu". Its text and a line feed are then the
  /// beginning of what is signed: what was signed for other servers with the same keys is refused. Up to 255 visible
  /// characters of ASCII. Empty: nothing is added.
  std::string audience = {};
  /// Asked for each signed request that this process would accept: whether it is the first one with this code among all
  /// processes that share a store, such as a Redis with `SET <code> 1 NX PX <keep>`. False refuses the request as one
  /// that was sent before; an exception refuses it with 503. Not set: each process knows its own requests only, and a
  /// recorded one can be sent once to each of the others in the time of max_clock_skew.
  /// @par Threads  Called on the strand of a connection; several at once.
  std::function<task<bool>(std::string code, std::chrono::milliseconds keep)> first_use = {};
  /// The time that first_use has. Above: the request is refused with 503. The coroutine goes on; while 1,000 of them
  /// have not ended, no other one is begun, and requests are refused with 503 at once.
  std::chrono::milliseconds first_use_timeout{5'000};
};

/// Opens the HTTP API of a server, on the port of the application on which the server answers.
///
/// Endpoints below `path`: POST emit, join, leave and disconnect; GET rooms, counts and openapi.json, a description of
/// all of them. Bodies and answers are JSON. A refusal is `{"error":"<code>","message":"<sentence>"}`, and a line of
/// the log. A member or a parameter that is not known is refused: a spelling mistake never means everybody.
///
/// The API does not keep the server: when that is gone, it answers 503. No answer has a header of CORS, so pages of
/// other origins cannot read it. Keep the path from the public all the same, and use TLS: keys are passwords.
///
/// @param path  Such as "/api". It belongs to the API, with everything below it.
/// @throws error errc::bad_argument for a path that something else serves, for no key at all, two keys with one name, a
///               name or secret that breaks the rules, and limits that cannot be meant; errc::not_supported when the
///               server is attached to no application that is alive.
/// @par Threads  Any.
void http_api(const server& of, std::string_view path, std::vector<http_api_key> keys,
              http_api_options limits = http_api_options());
/// The same on the port of another application: one that listens on 127.0.0.1 only, or asks for certificates.
void http_api(const server& of, http::app& on, std::string_view path, std::vector<http_api_key> keys,
              http_api_options limits = http_api_options());

}  // namespace cosio::inline v0_2
