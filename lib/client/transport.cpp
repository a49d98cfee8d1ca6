// What both transports have in common.

#include "client/transport.hpp"

#include <cosio/error.hpp>

#include <atomic>
#include <chrono>

#include "base/logger.hpp"
#include "client/failure.hpp"
#include "client/server_url.hpp"

namespace cosio::inline v0_2::clients {
namespace {

// Caches on the way must not answer: each target is another one.
std::string fresh_text() {
  static std::atomic<std::uint64_t> number{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + '.' +
         std::to_string(number.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace

std::string source_terms::target(std::string_view transport, std::string_view sid) const {
  std::string out = base;
  out += rev() == wire::revision::v3 ? "EIO=3&transport=" : "EIO=4&transport=";
  out += transport;
  if (transport == "polling") out += "&t=" + fresh_text();
  if (rev() == wire::revision::v3 && transport == "polling") out += "&b64=1";
  if (!sid.empty()) out += "&sid=" + encode_component(sid);
  return out;
}

engine_client_options::fields source_terms::fields_now() const {
  auto out = headers;
  if (!cookies) return out;
  std::string sent = cookies->header();
  if (!sent.empty()) out.emplace_back("Cookie", std::move(sent));
  return out;
}

void transport::close() {
  silent_ = true;
  if (!open_ || stopped_) return stop();
  limit_ = strand_timer::make(strand_, terms_->where, [me = weak_from_this()] {
    if (const auto alive = me.lock()) alive->stop();
  });
  limit_->arm_after(terms_->options.close_timeout);
  if (!writing_) say_goodbye();
}

void transport::fail(engine_end why) {
  if (stopped_) return;
  const auto host = silent_ ? nullptr : host_.lock();
  const auto keep = shared_from_this();
  stop();
  if (host) host->on_transport_end(*this, std::move(why));
}

void transport::fail(const std::exception_ptr& thrown) { fail(end_of(name(), thrown)); }

engine_end end_of(std::string_view transport, const std::exception_ptr& thrown) {
  engine_end out;
  std::string detail = std::string(transport) + ": ";
  auto kind = reason::kind::transport_error;
  try {
    std::rethrow_exception(thrown);
  } catch (const failure& e) {
    kind = e.kind();
    out.error = e.code();
    out.status = e.status();
    detail += e.detail();
  } catch (const boost::system::system_error& e) {
    out.error = e.code();
    detail += e.code().message();
  } catch (const std::exception& e) {
    out.error = make_error_code(boost::system::errc::not_enough_memory);
    detail += e.what();
  }
  out.why = reason(kind, std::move(detail));
  return out;
}

std::string explain_status(unsigned status) {
  std::string out = "the server answered with status " + std::to_string(status);
  if (status >= 300 && status < 400) return out + ": it redirects, which is not followed; use the URL that it names";
  switch (status) {
    case 400:
      return out + ": it does not know the session, or not this revision or transport of Engine.IO";
    case 401:
    case 403:
      return out + ": it refuses this client";
    case 404:
      return out + ": there is no Socket.IO server at options.path";
    case 413:
      return out + ": a message is larger than it accepts";
    case 503:
      return out + ": it has no room, or is stopping";
    default:
      return out;
  }
}

}  // namespace cosio::inline v0_2::clients
