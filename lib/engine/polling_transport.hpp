// Long-polling: one held GET, one POST at a time.
//
// A GET is answered at once, held, or refused. A POST is announced before its body is read, so that a second one is
// noticed. For JSONP clients, responses are scripts and the bodies of POSTs are forms.

#pragma once
#include <cosio/http.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "engine/outbox.hpp"
#include "engine/refusal.hpp"
#include "http/service.hpp"
#include "wire/payload.hpp"

namespace cosio::inline v0_2::engine {

/// A GET on its way through the session: a coroutine waits for the answer, or whoever overrides on_answer(). On the
/// session's strand.
class poll_request {
 public:
  poll_request() = default;
  poll_request(const poll_request&) = delete;
  poll_request& operator=(const poll_request&) = delete;
  virtual ~poll_request() = default;

  /// Names the coroutine that waits for the answer. Once, before the request is handed to a session.
  void awaited_by(std::shared_ptr<async::suspension> waiting) noexcept { waiting_ = std::move(waiting); }

  /// Answers. Later calls have no effect.
  /// @param compress  Whether compression is wanted; the engine decides.
  void answer(unsigned status, std::string body, bool binary = false, bool compress = true);

  /// Answers with a refusal: the session is gone, or has moved to WebSocket.
  void refuse(refused why);

  /// There will be no answer: releases the coroutine that waits for it, and that owns this request.
  virtual void forsake() noexcept { const auto gone = std::move(waiting_); }

  unsigned status() const noexcept { return status_; }
  const std::optional<refused>& refusal() const noexcept { return refusal_; }
  bool binary() const noexcept { return binary_; }
  bool compress() const noexcept { return compress_; }
  const std::string& body() const noexcept { return body_; }
  std::string take_body() noexcept { return std::move(body_); }

 private:
  virtual void on_answer() { waiting_->end(); }

  std::shared_ptr<async::suspension> waiting_;
  std::string body_;
  std::optional<refused> refusal_;
  unsigned status_ = 0;
  bool binary_ = false;
  bool compress_ = false;
};

/// On the session's strand.
class polling_transport {
 public:
  /// @param jsonp  The query parameter `j` of the handshake, if there was one: responses call that function.
  polling_transport(wire::revision rev, bool base64, std::optional<std::string_view> jsonp = std::nullopt);

  bool holding() const noexcept { return held_ != nullptr; }
  const std::shared_ptr<poll_request>& held() const noexcept { return held_; }
  /// @param behind_probe  A WebSocket has probed before: a client that keeps the rules does not wait for this GET.
  void hold(std::shared_ptr<poll_request> poll, bool behind_probe = false) {
    held_ = std::move(poll);
    behind_probe_ = behind_probe;
  }
  std::shared_ptr<poll_request> take_held() noexcept { return std::exchange(held_, nullptr); }
  bool is_behind_probe() const noexcept { return behind_probe_; }

  /// The time by which the client must have sent something; max() once it has.
  async::time_point first_request_by() const noexcept { return first_request_by_; }
  void first_request_by(async::time_point when) noexcept { first_request_by_ = when; }

  /// The body of a POST, which is read in several turns.
  struct posted_payload {
    posted_payload(std::string bytes, wire::revision rev, bool binary, wire::payload_limits limits)
        : body(std::move(bytes)), reader(rev, body, binary, limits) {}
    posted_payload(const posted_payload&) = delete;
    posted_payload& operator=(const posted_payload&) = delete;
    const std::string body;
    wire::payload_reader reader;
  };
  const std::unique_ptr<posted_payload>& reading() const noexcept { return reading_; }
  void reading(std::unique_ptr<posted_payload> body) noexcept { reading_ = std::move(body); }

  const std::shared_ptr<http::exchange>& posting() const noexcept { return posting_; }
  void posting(std::shared_ptr<http::exchange> x) noexcept { posting_ = std::move(x); }

  struct payload {
    std::string body;
    bool binary = false;
    bool compress = false;  // one of the packets asks for it
    std::size_t bytes = 0;  // of the frames, for outbox::sent()
    std::size_t frames = 0;
    std::size_t packets = 0;
  };
  /// Takes as many frames as fit into `max_bytes`, at least one, and makes a payload of them.
  payload take_payload(outbox& from, std::size_t max_bytes) const;
  /// Whether the bodies of POSTs are forms. See wire::read_jsonp_form().
  bool is_jsonp() const noexcept { return jsonp_.has_value(); }
  /// A payload of single packets without data: "1", "6", "6\x1e1".
  std::string control(std::initializer_list<wire::packet_type> types) const;

 private:
  std::string as_body(std::string packets) const;

  std::shared_ptr<poll_request> held_;
  std::shared_ptr<http::exchange> posting_;
  std::unique_ptr<posted_payload> reading_;  // of the POST that is posting_
  async::time_point first_request_by_ = async::time_point::max();
  std::optional<std::string> jsonp_;  // the index of the client's function
  wire::revision revision_;
  bool base64_;
  bool behind_probe_ = false;
};

}  // namespace cosio::inline v0_2::engine
