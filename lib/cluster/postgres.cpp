// The functions of <cosio/postgres.hpp>.

#include <cosio/error.hpp>
#include <cosio/postgres.hpp>

#include <utility>

#include "async/strand.hpp"
#include "cluster/postgres_connection.hpp"
#include "cluster/postgres_text.hpp"
#include "cluster/postgres_wire.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2 {
namespace {

void check_postgres(const postgres_options& where) {
  if (!cluster::is_table_name(where.table_name))
    throw error(errc::bad_argument, "postgres_options::table_name is no name of a table as SQL has it");
  if (where.payload_threshold == 0 || where.payload_threshold > cluster::notify_limit)
    throw error(errc::bad_argument,
                "postgres_options::payload_threshold must be from 1 to 8000: PostgreSQL takes no longer payload");
  if (where.channel_prefix.size() + 2 > cluster::longest_channel)
    throw error(
        errc::bad_argument,
        "postgres_options::channel_prefix is too long: with the name of a namespace, PostgreSQL takes 63 bytes");
}

}  // namespace

std::function<std::shared_ptr<adapter>(adapter_host&)> postgres_adapter(postgres_options where) {
  const cluster_options times = where.cluster;
  return cluster_adapter(postgres_wire(std::move(where)), times);
}

std::function<std::shared_ptr<cluster_wire>(adapter_host&)> postgres_wire(postgres_options where) {
  if (!cluster::has_postgres())
    throw error(errc::not_supported, "this library was built without libpq: install libpq-dev and build it again");
  if (!wire::has_msgpack())
    throw error(errc::not_supported,
                "this library was built without nlohmann-json: install nlohmann-json3-dev and build it again");
  check_postgres(where);
  const auto address = std::make_shared<const cluster::postgres_address>(where.url);
  const auto settings = std::make_shared<const postgres_options>(std::move(where));
  return [address, settings](adapter_host& host) -> std::shared_ptr<cluster_wire> {
    const auto executor = host.executor();
    const auto* plain = executor.target<async::executor>();
    if (plain == nullptr) throw error(errc::not_supported, "the adapter's host runs on no io_context");
    auto made = std::make_shared<cluster::postgres_wire>(*plain, host.timers(), settings, address);
    made->start();
    return made;
  };
}

}  // namespace cosio::inline v0_2
