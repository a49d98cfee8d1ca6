// The payloads of refusals.

#include "socketio/refusals.hpp"

#include <cosio/middleware.hpp>

#include <new>
#include <optional>
#include <utility>

#include "base/logger.hpp"
#include "wire/json_limits.hpp"

namespace cosio::socketio {
namespace {

namespace json = boost::json;

struct told {
  std::string message;
  std::optional<json::value> data;
};

told read(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const refusal& r) {
    return {r.message(), r.has_data() ? std::optional(r.data()) : std::nullopt};
  } catch (const std::bad_alloc&) {  // the client is not told of it
    base::log_thrown("socketio", {"a client or an event is refused"});
    return {"internal error", std::nullopt};
  } catch (const std::exception& e) {
    return {e.what(), std::nullopt};
  } catch (...) {  // no std::exception: it has no text for the client
    base::log_thrown("socketio", {"a client or an event is refused"});
    return {"refused", std::nullopt};
  }
}

// Whether JavaScript's `if (value)` takes it as true.
bool is_truthy(const json::value& value) noexcept {
  switch (value.kind()) {
    case json::kind::null:
      return false;
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64() != 0;
    case json::kind::uint64:
      return value.get_uint64() != 0;
    case json::kind::double_:
      return value.get_double() != 0;
    case json::kind::string:
      return !value.get_string().empty();
    default:
      return true;
  }
}

}  // namespace

std::string refusal_json(const std::exception_ptr& thrown, wire::revision rev) {
  const told what = read(thrown);
  std::string out;
  if (rev == wire::revision::v3) {
    if (what.data && is_truthy(*what.data)) {
      wire::append_json(out, *what.data);
    } else {
      wire::append_json_string(out, what.message);
    }
    return out;
  }
  out = "{\"message\":";
  wire::append_json_string(out, what.message);
  if (what.data) {
    out += ",\"data\":";
    wire::append_json(out, *what.data);
  }
  return out + "}";
}

json::object refusal_answer(const std::exception_ptr& thrown) {
  told what = read(thrown);
  json::object out;
  out["message"] = what.message;
  if (what.data) out["data"] = std::move(*what.data);
  return out;
}

}  // namespace cosio::socketio
