// server-side-emit: events between the servers of a cluster.

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>
#include <utility>

#include "control/command.hpp"

namespace conformance {
namespace {

namespace json = boost::json;
using cosio::arguments;
using cosio::socket;
using cosio::task;

struct server_side_emission {
  std::optional<std::string> nsp;
  std::string event;
  std::optional<std::vector<cosio::argument>> args;
  std::optional<bool> ack;
};
BOOST_DESCRIBE_STRUCT(server_side_emission, (), (nsp, event, args, ack))

task<arguments> tell(task<> sending) {
  co_await std::move(sending);
  co_return arguments(json::array{true});
}

task<arguments> collect(task<cosio::answers> asking) {
  const cosio::answers got = co_await std::move(asking);
  co_return outcome(got);
}

task<arguments> emit_to_servers(const services& all, const arguments& args) {
  const auto what = args.get<server_side_emission>(0);
  const cosio::nsp nsp = all.namespaces.find(what.nsp.value_or("/"));
  const arguments values = list_of(what.args);
  if (what.ack == true) return collect(nsp.server_side_emit_with_ack(what.event, values));
  return tell(nsp.server_side_emit(what.event, values));
}

}  // namespace

void add_servers(const socket& user, services& all) {
  command(user, "server-side-emit", [&all](const arguments& args) { return emit_to_servers(all, args); });
}

}  // namespace conformance
