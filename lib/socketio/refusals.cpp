// The payloads of refusals.

#include "socketio/refusals.hpp"

#include <new>

#include "base/error.hpp"
#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

namespace json = boost::json;

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

bool is_refusal(const std::exception_ptr& thrown) noexcept {
  try {
    std::rethrow_exception(thrown);
  } catch (const refusal&) {
    return true;
  } catch (...) {
    return false;
  }
}

refusal told_refusal(const std::exception_ptr& thrown, bool explain) {
  try {
    std::rethrow_exception(thrown);
  } catch (const refusal& r) {
    return r;
  } catch (const std::bad_alloc&) {
    return refusal("internal error");
  } catch (const std::exception& e) {
    return refusal(explain ? std::string("internal error: ") + base::words_of(e) : "internal error");
  } catch (...) {  // no std::exception: it has no text
    return refusal("internal error");
  }
}

std::string refusal_json(const refusal& what, wire::revision rev) {
  std::string out;
  if (rev == wire::revision::v3) {
    if (what.has_data() && is_truthy(what.data())) {
      wire::append_json(out, what.data());
    } else {
      wire::append_json_string(out, what.message());
    }
    return out;
  }
  out = "{\"message\":";
  wire::append_json_string(out, what.message());
  if (what.has_data()) {
    out += ",\"data\":";
    wire::append_json(out, what.data());
  }
  return out + "}";
}

json::object refusal_answer(const refusal& what) {
  json::object out;
  out["message"] = what.message();
  if (what.has_data()) out["data"] = what.data();
  return out;
}

}  // namespace cosio::inline v0_2::socketio
