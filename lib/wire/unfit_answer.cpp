// Conversions that fail, as exceptions.

#include "wire/unfit_answer.hpp"

#include <cosio/error.hpp>

#include <atomic>
#include <utility>

namespace cosio::inline v0_2::detail {
namespace {

std::atomic<answer_refuser> refuser{nullptr};

}  // namespace

void refuse_answers_with(answer_refuser refuse) noexcept { refuser.store(refuse); }

void throw_mismatch(origin from, std::string_view event, std::size_t index, const mismatch& wrong,
                    const socketio::socket_core* who) {
  if (from != origin::answer) throw error(errc::conversion, describe_mismatch(event, index, wrong));
  std::string problem = describe_answer_mismatch(event, index, wrong);
  if (const answer_refuser told = refuser.load()) told(event, problem, who);
  throw error(errc::conversion, std::move(problem));
}

}  // namespace cosio::inline v0_2::detail
