// One connection of libpq.

#include "cluster/postgres_connection.hpp"

#include <boost/asio/ip/address.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/logger.hpp"

#if COSIO_WITH_POSTGRES
#include <libpq-fe.h>
#endif

namespace cosio::inline v0_2::cluster {

bool postgres_address::needs_address(const place& where) {
  if (where.host.empty() || where.host.front() == '/' || where.host.front() == '@' || !where.address.empty())
    return false;
  boost::system::error_code is_name;
  boost::asio::ip::make_address(where.host, is_name);
  return static_cast<bool>(is_name);
}

#if COSIO_WITH_POSTGRES

namespace {

struct free_options {
  void operator()(PQconninfoOption* all) const noexcept { PQconninfoFree(all); }
};
struct free_result {
  void operator()(PGresult* one) const noexcept { PQclear(one); }
};
using conninfo_options = std::unique_ptr<PQconninfoOption, free_options>;

// The errors of libpq have several lines.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\n' && c != '\t') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string value_of_option(const PQconninfoOption* all, std::string_view name) {
  for (; all != nullptr && all->keyword != nullptr; ++all)
    if (name == all->keyword) return all->val != nullptr ? all->val : "";
  return {};
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

void log_notice(void*, const char* text) { base::log(log_level::debug, "cluster", one_line(text)); }

}  // namespace

bool has_postgres() noexcept { return true; }

postgres_address::postgres_address(const std::string& conninfo) {
  char* said = nullptr;
  const conninfo_options given(PQconninfoParse(conninfo.c_str(), &said));
  PQfreemem(said);
  if (!given)
    throw error(
        errc::bad_argument,
        "the URL of PostgreSQL cannot be read; it looks like postgresql://me:secret@127.0.0.1:5432/database, and "
        "in its user and password @ is written as %40, / as %2F, # as %23, ? as %3F and % as %25");
  for (const PQconninfoOption* one = given.get(); one->keyword != nullptr; ++one)
    if (one->val != nullptr && *one->val != '\0') settings.emplace_back(one->keyword, one->val);

  const conninfo_options defaults(PQconndefaults());
  const auto value = [&](std::string_view name) {
    std::string own = value_of_option(given.get(), name);
    return own.empty() ? value_of_option(defaults.get(), name) : own;
  };
  const std::string timeout = value("connect_timeout");
  int seconds = 0;
  std::from_chars(timeout.data(), timeout.data() + timeout.size(), seconds);
  connect_timeout = std::chrono::seconds(std::max(seconds, 0));
  const std::string service = value_of_option(given.get(), "service");
  const std::string host = value("host");
  const std::string ports = value("port");
  const std::string shown = host.empty() ? value("hostaddr") : host;
  text_ = service.empty() ? (shown.empty() ? "the local socket" : shown) + ":" + ports + "/" + value("dbname")
                          : "the service " + service;
  if (!service.empty() || !value("hostaddr").empty() || host.empty()) return;
  const std::vector<std::string> hosts = split_at_commas(host);
  const std::vector<std::string> numbers = split_at_commas(ports);
  if (numbers.size() != 1 && numbers.size() != hosts.size())
    throw error(errc::bad_argument, "the URL of PostgreSQL has as many ports as hosts, or one");
  for (std::size_t i = 0; i < hosts.size(); ++i)
    places.push_back({hosts[i], numbers.size() == 1 ? numbers.front() : numbers[i], {}});
}

// The addresses stand beside the names: certificates are verified with the names.
postgres_connection::postgres_connection(const postgres_address& to,
                                         const std::vector<postgres_address::place>& places) {
  std::vector<postgres_address::setting> all;
  for (const postgres_address::setting& one : to.settings)
    if (places.empty() || (one.first != "host" && one.first != "port")) all.push_back(one);
  if (!places.empty()) {
    postgres_address::setting hosts("host", "");
    postgres_address::setting ports("port", "");
    postgres_address::setting addresses("hostaddr", "");
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i != 0) {
        hosts.second += ',';
        ports.second += ',';
        addresses.second += ',';
      }
      hosts.second += places[i].host;
      ports.second += places[i].port;
      addresses.second += places[i].address;
    }
    all.push_back(std::move(hosts));
    all.push_back(std::move(ports));
    all.push_back(std::move(addresses));
  }
  const auto is_set = [&](std::string_view name) {
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.first == name; });
  };
  if (!is_set("application_name")) all.emplace_back("fallback_application_name", "cosio");
  std::erase_if(all, [](const auto& one) { return one.first == "client_encoding"; });
  all.emplace_back("client_encoding", "UTF8");
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const postgres_address::setting& one : all) {
    names.push_back(one.first.c_str());
    values.push_back(one.second.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_ = PQconnectStartParams(names.data(), values.data(), 0);
  if (connection_ != nullptr) PQsetNoticeProcessor(connection_, log_notice, nullptr);
}

postgres_connection::~postgres_connection() { PQfinish(connection_); }

postgres_connection::progress postgres_connection::step() {
  switch (PQconnectPoll(connection_)) {
    case PGRES_POLLING_OK:
      PQsetnonblocking(connection_, 1);
      return progress::done;
    case PGRES_POLLING_READING:
      return progress::reads;
    case PGRES_POLLING_WRITING:
      return progress::writes;
    default:
      return progress::failed;
  }
}

int postgres_connection::fd() const noexcept {
  return PQstatus(connection_) == CONNECTION_BAD ? -1 : PQsocket(connection_);
}

bool postgres_connection::send(const postgres_statement& what) {
  answer_ = postgres_answer();
  answer_.ok = true;
  if (what.parameters.empty()) return PQsendQuery(connection_, what.sql.c_str()) == 1;
  std::vector<const char*> values;
  std::vector<int> sizes;
  std::vector<int> formats;
  for (const postgres_statement::parameter& one : what.parameters) {
    values.push_back(one.value.c_str());
    sizes.push_back(static_cast<int>(one.value.size()));
    formats.push_back(one.is_binary ? 1 : 0);
  }
  constexpr int binary_result = 1;
  return PQsendQueryParams(connection_, what.sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                           sizes.data(), formats.data(), binary_result) == 1;
}

postgres_connection::progress postgres_connection::flush() {
  const int left = PQflush(connection_);
  if (left == 0) return progress::done;
  return left > 0 ? progress::writes : progress::failed;
}

bool postgres_connection::read() { return PQconsumeInput(connection_) == 1; }

bool postgres_connection::take(postgres_answer& into) {
  while (PQisBusy(connection_) == 0) {
    const std::unique_ptr<PGresult, free_result> one(PQgetResult(connection_));
    if (!one) {
      into = std::exchange(answer_, postgres_answer());
      return true;
    }
    collect(*one);
  }
  return false;
}

// Of several commands the first error counts.
void postgres_connection::collect(const pg_result& from) {
  const ExecStatusType status = PQresultStatus(&from);
  if (status == PGRES_TUPLES_OK) {
    for (int row = 0; row < PQntuples(&from); ++row)
      for (int column = 0; column < PQnfields(&from); ++column)
        answer_.values.emplace_back(PQgetvalue(&from, row, column),
                                    static_cast<std::size_t>(PQgetlength(&from, row, column)));
  } else if (status != PGRES_COMMAND_OK && answer_.ok) {
    answer_.ok = false;
    answer_.problem = one_line(PQresultErrorMessage(&from));
    const char* state = PQresultErrorField(&from, PG_DIAG_SQLSTATE);
    answer_.state = state != nullptr ? state : "";
  }
}

bool postgres_connection::take(postgres_notification& into) {
  PGnotify* const got = PQnotifies(connection_);
  if (got == nullptr) return false;
  into.channel = got->relname;
  into.payload = got->extra;
  into.pid = got->be_pid;
  PQfreemem(got);
  return true;
}

int postgres_connection::pid() const noexcept { return PQbackendPID(connection_); }

std::string postgres_connection::problem() const {
  if (connection_ == nullptr) return "no memory";
  std::string said = one_line(PQerrorMessage(connection_));
  return said.empty() ? "the connection was closed" : said;
}

#else

bool has_postgres() noexcept { return false; }

postgres_address::postgres_address(const std::string&) {}
postgres_connection::postgres_connection(const postgres_address&, const std::vector<postgres_address::place>&) {}
postgres_connection::~postgres_connection() = default;
postgres_connection::progress postgres_connection::step() { return progress::failed; }
int postgres_connection::fd() const noexcept { return connection_ != nullptr ? 0 : -1; }
bool postgres_connection::send(const postgres_statement&) { return false; }
postgres_connection::progress postgres_connection::flush() { return progress::failed; }
bool postgres_connection::read() { return false; }
bool postgres_connection::take(postgres_answer&) { return false; }
bool postgres_connection::take(postgres_notification&) { return false; }
int postgres_connection::pid() const noexcept { return 0; }
std::string postgres_connection::problem() const { return "this library was built without libpq"; }

#endif

}  // namespace cosio::inline v0_2::cluster
