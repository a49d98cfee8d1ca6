// The tables of services, routes and files.

#include "http/router.hpp"

#include <cosio/hook.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/guarded.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
namespace {

// Answers of the router itself have no body: no bytes of the peer are echoed.
response plain_status(unsigned status) { return response(status); }

// A copy of the head, with the parameters of the route.
request routed_request(const request& head, query_list params, std::string body) {
  auto data = copy_head(head);
  data->routed({std::move(params), std::move(body)});
  return request(std::move(data));
}

struct route {
  std::string method;
  std::string path;
  route_pattern pattern;
  app::handler callable;

  bool takes(std::string_view asked) const noexcept {
    return method == "*" || method == asked || (asked == "HEAD" && method == "GET");
  }
};

struct file_root {
  std::string prefix;  // ends with "/"
  static_files files;
};

}  // namespace

// The routes and files of the application, which are asked after the services. The tables only grow. Any thread.
class router::route_service final : public service {
 public:
  /// @param in  Outlives all answers.
  route_service(const router& in, std::size_t max_body) : in_(in), max_body_(max_body) {}

  void add(std::shared_ptr<const route> added) {
    const base::lock_guard lock(mutex_);
    routes_.push_back(std::move(added));
  }
  void add(std::shared_ptr<const file_root> added) {
    const base::lock_guard lock(mutex_);
    files_.push_back(std::move(added));
  }

  /// Adds what there is, to a list of so many entries at most.
  void list(std::vector<std::string>& into, std::size_t most) const {
    const base::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < routes_.size() && into.size() < most; ++i)
      into.push_back((routes_[i]->method == "*" ? "" : routes_[i]->method + " ") + routes_[i]->path);
    for (std::size_t i = 0; i < files_.size() && into.size() < most; ++i)
      into.push_back("files below " + files_[i]->prefix);
  }

  bool owns(std::string_view) const noexcept override { return true; }
  bool may_hold(const request&) const noexcept override { return false; }
  task<response> answer(std::shared_ptr<exchange> x) override;
  task<std::optional<response>> upgrade(std::shared_ptr<exchange>) override { co_return std::nullopt; }
  void closing() override {}

 private:
  struct found {
    std::shared_ptr<const route> to;
    query_list params;
  };
  found find(const request& head) const;
  response file_for(const request& head) const;

  const router& in_;
  const std::size_t max_body_;
  mutable base::mutex mutex_;
  std::vector<std::shared_ptr<const route>> routes_ COSIO_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<const file_root>> files_ COSIO_GUARDED_BY(mutex_);
};

router::route_service::found router::route_service::find(const request& head) const {
  const base::lock_guard lock(mutex_);
  for (const auto& candidate : routes_) {
    if (!candidate->takes(head.method())) continue;
    if (auto params = candidate->pattern.match(head.path())) return {candidate, std::move(*params)};
  }
  return {};
}

response router::route_service::file_for(const request& head) const {
  const auto roots = [this] {
    const base::lock_guard lock(mutex_);
    return files_;
  }();
  const std::string_view path = head.path();
  for (const auto& root : roots) {
    if (!path.starts_with(root->prefix)) continue;
    if (auto answer = root->files.answer(head, path.substr(root->prefix.size()))) return std::move(*answer);
  }
  in_.note_unserved(head);
  return plain_status(404);
}

task<response> router::route_service::answer(std::shared_ptr<exchange> x) {
  found match = find(x->head());
  if (!match.to) co_return file_for(x->head());
  auto body = co_await x->body(max_body_);
  if (!body) co_return plain_status(status_of_body(body.error().code));
  request complete = routed_request(x->head(), std::move(match.params), std::move(*body));
  // `match` keeps the handler alive as long as its coroutine, even if the table changes.
  auto work = detail::checked(match.to->callable(std::move(complete)));
  response answer = co_await std::move(work);
  co_return answer;
}

router::router(std::size_t max_body) : own_(std::make_shared<route_service>(*this, max_body)), routes_(own_) {}

std::shared_ptr<const router::service_list> router::snapshot() const {
  const base::lock_guard lock(mutex_);
  return services_;
}

void router::add_service(std::shared_ptr<service> added) {
  std::shared_ptr<const service_list> before;  // destroyed without the lock, like the one below
  const base::lock_guard lock(mutex_);
  auto next = std::make_shared<service_list>(*services_);
  next->push_back(std::move(added));
  before = std::exchange(services_, std::move(next));
}

void router::remove_service(const service* gone) {
  std::shared_ptr<const service_list> before;  // a service goes with it, and with that functions of the application
  const base::lock_guard lock(mutex_);
  auto next = std::make_shared<service_list>(*services_);
  std::erase_if(*next, [&](const auto& s) { return s.get() == gone; });
  before = std::exchange(services_, std::move(next));
}

std::vector<std::shared_ptr<service>> router::services() const { return *snapshot(); }

void router::add_route(std::string_view method, std::string_view path, app::handler callable) {
  own_->add(std::make_shared<const route>(
      route{std::string(method), std::string(path), route_pattern(path), std::move(callable)}));
}

void router::add_files(std::string_view prefix, const std::string& directory) {
  std::string start(prefix);
  if (!start.starts_with('/')) start.insert(start.begin(), '/');
  if (!start.ends_with('/')) start += '/';
  own_->add(std::make_shared<const file_root>(file_root{std::move(start), static_files(directory)}));
}

std::shared_ptr<service> router::owner_of(std::string_view target) const {
  const auto all = snapshot();
  const auto owner = std::find_if(all->begin(), all->end(), [&](const auto& s) { return s->owns(target); });
  return owner == all->end() ? nullptr : *owner;
}

// The first of what is served, services before routes.
std::string router::served() const {
  constexpr std::size_t most = 8;
  std::vector<std::string> all;
  for (const auto& s : *snapshot())
    if (auto one = s->serves(); !one.empty()) all.push_back(std::move(one));
  own_->list(all, most + 1);
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + all[i];
  if (all.empty()) return "nothing";
  return all.size() > most ? text + ", …" : text;
}

// The query is not in the line: it may hold secrets.
void router::note_unserved(const request& head) const noexcept {
  base::guarded("http", [&] {
    const bool is_client = head.query("EIO").has_value();
    const std::string_view address = head.remote_address();
    const auto due = is_client ? base::ask_for_remark("http", base::remark::path, head.path(), address, log_level::info)
                               : base::due_remark();
    if (!due && (is_client || !base::logs(log_level::debug, "http"))) return;
    const std::string path = base::shortened(head.path());
    const std::string line = std::string(address) + " asks for " + base::quoted(head.path()) +
                             ", which nobody serves here" +
                             (is_client ? ": let the client use the path of the server, or change options.path" : "") +
                             "; served: " + served();
    if (is_client) return base::log_remark(due, "http", line, {{"address", address}, {"path", path}});
    base::log(log_level::debug, "http", line, {{"address", address}, {"path", path}});
  });
}

std::chrono::milliseconds router::foreign_upgrade_time() const {
  std::optional<std::chrono::milliseconds> shortest;
  for (const auto& s : *snapshot())
    if (const auto time = s->foreign_upgrade_time()) shortest = std::min(*time, shortest.value_or(*time));
  return shortest.value_or(std::chrono::milliseconds(1'000));  // the reference's destroyUpgradeTimeout
}

}  // namespace cosio::inline v0_2::http
