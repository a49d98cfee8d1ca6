// Answers and events that a coroutine awaits, and that do not have the types that it asks for.

#include "socketio/misfits.hpp"

#include <cosio/error.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"
#include "socketio/misfit_subject.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"
#include "socketio/told_error.hpp"
#include "wire/unfit_answer.hpp"

namespace cosio::inline v0_2::detail {
namespace {

// The coroutine gets an exception. A line as well: an application may catch everything there.
void log_unfit_answer(std::string_view event, const std::string& problem, const socketio::socket_core* who) noexcept {
  base::guarded("socketio", [&] {
    const auto due = base::ask_for_remark("socketio", base::remark::answer, socketio::subject_of_misfit(problem), {});
    if (!due) return;
    constexpr std::size_t most = 300;  // bytes: a path in it may be long
    const std::string detail = base::shortened(problem, most);
    const std::string id = who != nullptr ? who->id_for_log() : std::string();
    const std::string_view nsp = who != nullptr ? std::string_view(who->nsp()->name()) : std::string_view();
    base::log_remark(due, "socketio",
                     (who != nullptr ? "socket " + id + " of " + std::string(nsp) + ": " : std::string()) +
                         "an acknowledgement does not fit: " + detail +
                         "; let the client answer so, or ask for the type that it sends",
                     {{"socket", id}, {"nsp", nsp}, {"event", event}, {"detail", detail}});
  });
}

[[noreturn]] void refuse_answer(std::string_view event, std::string problem, const socketio::socket_core* who) {
  log_unfit_answer(event, problem, who);
  throw socketio::told_error(errc::conversion, std::move(problem));
}

}  // namespace

}  // namespace cosio::inline v0_2::detail

namespace cosio::inline v0_2::socketio {

void remark_unfit_answers() noexcept { detail::refuse_answers_with(&detail::refuse_answer); }

}  // namespace cosio::inline v0_2::socketio
