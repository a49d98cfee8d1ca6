// The commands of the dashboard.

#include "admin/commands.hpp"

#include <cosio/broadcast_operator.hpp>

#include <array>
#include <exception>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "base/guarded.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/token_bucket.hpp"

namespace cosio::inline v0_2::admin {
namespace {

constexpr std::array<std::string_view, 4> names{"emit", "join", "leave", "_disconnect"};

std::optional<std::string> text_at(const arguments& args, std::size_t index) {
  const auto* const text = args[index].if_string();
  if (text == nullptr || text->empty()) return std::nullopt;
  return std::string(text->data(), text->size());
}

// Everybody, or a room. @return false for anything else.
bool read_filter(const arguments& args, std::size_t index, target& to) {
  const auto& given = args[index];
  if (given.is_null()) return true;
  const auto* const text = given.if_string();
  if (text == nullptr) return false;
  if (text->empty()) return true;
  to.everybody = false;
  to.rooms.emplace_back(text->data(), text->size());
  return true;
}

bool read_close(const arguments& args, bool& close) {
  const auto& given = args[1];
  if (const bool* const said = given.if_bool()) {
    close = *said;
    return true;
  }
  return given.is_null();
}

std::string receivers(const order& what) {
  return what.to.everybody ? "everybody" : base::quoted(what.to.rooms.front());
}

// In the log, so that people can be asked about it.
void log_order(const socket& page, const order& what) {
  const std::string address(page.remote_address());
  std::string line = "the dashboard of " + address + ": ";
  switch (what.what) {
    case order::kind::emit:
      line += "emit " + base::quoted(what.name) + " to " + receivers(what);
      break;
    case order::kind::join:
      line += "join " + base::quoted(what.name) + " for " + receivers(what);
      break;
    case order::kind::leave:
      line += "leave " + base::quoted(what.name) + " for " + receivers(what);
      break;
    case order::kind::disconnect:
      line += "disconnect " + receivers(what);
      break;
  }
  base::log(log_level::info, "socketio", line + " in " + base::shortened(what.nsp),
            {{"address", address}, {"nsp", what.nsp}});
}

void log_put_aside(const socket& page, std::string_view event, std::string_view why) {
  const std::string address(page.remote_address());
  base::log(log_level::warn, "socketio",
            "the dashboard of " + address + ": " + std::string(event) + " is put aside: " + std::string(why),
            {{"address", address}});
}

task<> carry_out(std::shared_ptr<socketio::nsp_core> nsp, order what) {
  const broadcast_operator all(std::move(nsp), what.to);
  std::vector<std::string> rooms{what.name};
  switch (what.what) {
    case order::kind::emit: {
      auto sending = all.emit(what.name, what.args);
      co_await std::move(sending);
      break;
    }
    case order::kind::join:
      co_await all.sockets_join(rooms);
      break;
    case order::kind::leave:
      co_await all.sockets_leave(rooms);
      break;
    case order::kind::disconnect:
      co_await all.disconnect_sockets(what.close);
      break;
  }
}

// The orders of one page. On its strand.
class page_orders {
 public:
  page_orders(std::weak_ptr<socketio::server_core> server, rate_limit limit, async::time_point now)
      : server_(std::move(server)), limit_(limit), tokens_(limit.burst, now) {}

  static task<> take(std::shared_ptr<page_orders> self, socket page, std::string_view event, arguments args) {
    const auto server = self->server_.lock();
    if (!server) co_return;
    if (!self->tokens_.take(1, self->limit_.per_second, self->limit_.burst, server->timers().now()))
      co_return log_put_aside(page, event, "too many commands; see admin_options::commands");
    auto what = read_order(event, args);
    if (!what) co_return log_put_aside(page, event, "it cannot be read");
    auto nsp = server->find(what->nsp);
    if (!nsp) co_return log_put_aside(page, event, "there is no namespace " + base::quoted(what->nsp));
    log_order(page, *what);
    std::exception_ptr thrown;
    try {
      auto work = carry_out(std::move(nsp), std::move(*what));
      co_await std::move(work);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown) log_put_aside(page, event, base::describe(thrown));
  }

 private:
  const std::weak_ptr<socketio::server_core> server_;
  const rate_limit limit_;
  base::token_bucket tokens_;
};

}  // namespace

std::optional<order> read_order(std::string_view event, const arguments& args) {
  order out;
  auto nsp = text_at(args, 0);
  if (!nsp) return std::nullopt;
  out.nsp = nsp->starts_with('/') ? *std::move(nsp) : "/" + *nsp;
  if (event == "_disconnect") {
    out.what = order::kind::disconnect;
    if (!read_close(args, out.close) || !read_filter(args, 2, out.to)) return std::nullopt;
    return out;
  }
  const bool is_emit = event == "emit";
  if (!is_emit) out.what = event == "join" ? order::kind::join : order::kind::leave;
  auto name = text_at(args, is_emit ? 2 : 1);
  if (!name || !read_filter(args, is_emit ? 1 : 2, out.to)) return std::nullopt;
  out.name = *std::move(name);
  for (std::size_t i = 3; is_emit && i < args.size(); ++i) out.args.append(args, i);
  return out;
}

void take_commands(const socket& page, std::weak_ptr<socketio::server_core> server, rate_limit limit) {
  const auto core = server.lock();
  if (!core) return;
  const auto orders = std::make_shared<page_orders>(std::move(server), limit, core->timers().now());
  for (const std::string_view name : names)
    page.on(name,
            [orders, page, name](arguments args) { return page_orders::take(orders, page, name, std::move(args)); });
}

}  // namespace cosio::inline v0_2::admin
