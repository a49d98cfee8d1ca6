// Answers of services, and of services that throw.

#include "http/service.hpp"

#include <cassert>
#include <exception>
#include <utility>

#include "base/log_text.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::http {
namespace {

// With the method and the path. The query may hold secrets.
void log_failure(const request& asked, const std::exception_ptr& thrown) noexcept {
  try {
    base::log_thrown("http",
                     {"the handler of ", base::shortened(asked.method()), " ", base::quoted(asked.path()), " threw"},
                     thrown);
  } catch (...) {  // no memory for these
    base::log_thrown("http", {"a request handler threw"}, thrown);
  }
}

}  // namespace

void exchange::finish(std::shared_ptr<taken_request>) noexcept { assert(false && "no service can take this one"); }

response answer_to(const std::exception_ptr& thrown) {
  base::log_thrown("http", {"a request handler threw"}, thrown);
  return response(500);
}

response answer_to(const request& asked, const std::exception_ptr& thrown) {
  log_failure(asked, thrown);
  return response(500);
}

task<response> answer_of(std::shared_ptr<service> owner, std::shared_ptr<exchange> x) {
  std::exception_ptr thrown;
  try {
    response answer = co_await owner->answer(x);
    co_return answer;
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return answer_to(x->head(), thrown);
}

}  // namespace cosio::inline v0_2::http
