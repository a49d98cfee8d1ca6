// Sessions that wait in Redis for their clients.

#include "cluster/streams_session.hpp"

#include <boost/json/object.hpp>

#include <utility>

#include "cluster/message_parts.hpp"
#include "cluster/redis_fields.hpp"
#include "wire/base64.hpp"
#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr std::size_t max_session_bytes = 16'000'000;
// A time further away than a year is as good as none, and cannot overflow a clock.
constexpr std::int64_t longest_ms = 366LL * 24 * 3'600 * 1'000;

}  // namespace

std::string write_session(const session_record& record, std::string_view nsp, two_clocks now) {
  json::object map;
  map["sid"] = record.id;
  map["pid"] = record.pid;
  map["rooms"] = strings(record.rooms);
  map["data"] = record.data;
  map["nsp"] = nsp;
  map["since"] = record.since;
  if (!record.resent.empty()) map["resent"] = record.resent;
  if (record.credentials_end) {
    const auto left = std::chrono::duration_cast<milliseconds>(*record.credentials_end - now.steady);
    map["credentialsEnd"] = now.wall_ms + left.count();
  }
  std::string out;
  wire::append_base64(out, wire::write_msgpack_value(json::value(std::move(map)), parser::packet()));
  return out;
}

std::optional<session_record> read_session(std::string_view text, std::string_view nsp, two_clocks now) {
  if (text.size() > max_session_bytes) return std::nullopt;
  std::string bytes;
  wire::decode_base64(text, bytes);
  parser::packet got;
  wire::msgpack_limits limits;
  limits.max_bytes = max_session_bytes;
  if (wire::read_msgpack(bytes, limits, got).has_error() || !got.data || !got.data->is_object()) return std::nullopt;
  json::object& map = got.data->get_object();
  const json::value* of = map.if_contains("nsp");
  if (of != nullptr && text_part(of) != nsp) return std::nullopt;
  auto id = text_of(map, "sid");
  auto pid = text_of(map, "pid");
  auto rooms = read_names(map.if_contains("rooms"));
  auto since = text_of(map, "since");
  auto resent = text_of(map, "resent");
  if (!id || id->empty() || !pid || pid->empty() || !rooms || !since || !resent) return std::nullopt;
  session_record out(std::move(*pid), std::move(*id), std::move(*rooms), json::value(), std::move(*since),
                     std::move(*resent));
  if (map.if_contains("credentialsEnd") != nullptr) {
    const auto end = number_of(map, "credentialsEnd");
    if (!end || *end < 0) return std::nullopt;
    const std::int64_t left = *end - now.wall_ms;
    if (left < longest_ms) out.credentials_end = now.steady + milliseconds(left);
  }
  if (json::value* data = map.if_contains("data")) {
    std::size_t binary_bytes = 0;
    for (const binary& one : got.attachments) binary_bytes += one.size();
    if (binary_bytes > max_described_binary || !names_all(*data, got.attachments.size())) return std::nullopt;
    replace_binary(*data, got.attachments);  // a server of Node may keep some
    out.data = std::move(*data);
  }
  return out;
}

}  // namespace cosio::inline v0_2::cluster
