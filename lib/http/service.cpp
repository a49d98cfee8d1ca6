// Answers of services, and of services that throw.

#include "http/service.hpp"

#include <exception>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::http {

response answer_to(const std::exception_ptr& thrown) {
  base::log_thrown("http", {"a request handler threw"}, thrown);
  return response(500);
}

task<response> answer_of(std::shared_ptr<service> owner, std::shared_ptr<exchange> x) {
  std::exception_ptr thrown;
  try {
    response answer = co_await owner->answer(std::move(x));
    co_return answer;
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return answer_to(thrown);
}

}  // namespace cosio::inline v0_2::http
