// Lines of the log about what one client does wrong: events that fit no handler, and events that nobody listens to.

#include <utility>

#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/nearest.hpp"
#include "base/remarks.hpp"
#include "engine/session.hpp"
#include "socketio/misfit_subject.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

constexpr std::size_t most_detail = 300;  // bytes: a path in it may be long

std::string who(const socket_core& of) {
  return "socket " + of.id_for_log() + " of " + of.nsp()->name() + " (" +
         std::string(of.session().request().remote_address()) + ")";
}

void log_unfit(const base::due_remark& due, const socket_core& of, std::string_view event, std::string_view problem) {
  const std::string detail = base::shortened(problem, most_detail);
  const std::string id = of.id_for_log();
  base::log_remark(due, "socketio",
                   who(of) + ": a handler of \"" + std::string(event) + "\" is not called: " + detail +
                       "; let the client send that, or change the parameters of the handler",
                   {{"socket", id},
                    {"nsp", of.nsp()->name()},
                    {"event", event},
                    {"address", of.session().request().remote_address()},
                    {"detail", detail}});
}

// The arguments fit another handler of the event: the application may mean it so.
void log_other_overload(const socket_core& of, std::string_view event, std::string_view problem) {
  if (!base::logs(log_level::debug, "socketio")) return;
  const std::string detail = base::shortened(problem, most_detail);
  const std::string id = of.id_for_log();
  base::log(log_level::debug, "socketio",
            who(of) + ": a handler of \"" + std::string(event) + "\" is not called, but another one: " + detail,
            {{"socket", id}, {"nsp", of.nsp()->name()}, {"event", event}, {"detail", detail}});
}

void log_unheard(const base::due_remark& due, const socket_core& of, std::string_view name) {
  const std::string event = base::shortened(name);
  const std::string quoted = base::quoted(name);
  const std::string id = of.id_for_log();
  std::string advice = base::did_you_mean(name, of.listeners().names());
  if (advice.empty()) advice = "; call on(" + quoted + ", …) in the connection handler, before it waits for anything";
  base::log_remark(due, "socketio", who(of) + ": nobody listens to the event " + quoted + advice,
                   {{"socket", id},
                    {"nsp", of.nsp()->name()},
                    {"event", event},
                    {"address", of.session().request().remote_address()}});
}

}  // namespace

// The sentence gives the subject, and not only the event: whoever has corrected one mistake reads of the next at once.
void socket_core::refuse_arguments(std::string_view event, std::string problem, bool is_served) {
  base::guarded("socketio", [&] {
    if (is_served) return log_other_overload(*this, event, problem);
    const std::string subject = subject_of_misfit(problem);
    if (const auto due = base::ask_for_remark("socketio", base::remark::arguments, subject, session().id()))
      log_unfit(due, *this, event, problem);
  });
  tell_error_handlers(socket_error(std::string(event), std::move(problem), {}, nullptr));
}

void socket_core::note_unheard(std::string_view event) const noexcept {
  if (const auto due = base::ask_for_remark("socketio", base::remark::unheard, event, session().id()))
    base::guarded("socketio", [&] { log_unheard(due, *this, event); });
}

}  // namespace cosio::inline v0_2::socketio
