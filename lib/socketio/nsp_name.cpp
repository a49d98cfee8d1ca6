// The names of namespaces, as clients send them.

#include "socketio/nsp_name.hpp"

#include <boost/json/object.hpp>

#include "http/request_target.hpp"

namespace cosio::inline v0_2::socketio {

std::string nsp_of(std::string_view sent, wire::revision rev, std::string_view* query) {
  if (rev == wire::revision::v4) return std::string(sent);
  sent = sent.substr(0, sent.find('#'));
  const auto mark = sent.find('?');
  if (query != nullptr && mark != std::string_view::npos) *query = sent.substr(mark + 1);
  return http::resolve_path(sent.substr(0, mark));
}

boost::json::value query_object(std::string_view query) {
  boost::json::object out;
  for (const auto& [name, value] : http::parse_query(query)) out[name] = value;
  return out;
}

}  // namespace cosio::inline v0_2::socketio
