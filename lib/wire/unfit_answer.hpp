// Answers that do not have the types that somebody asks for. A server tells the log of them, a client does not.

#pragma once
#include <cosio/convert.hpp>

#include <string>
#include <string_view>

namespace cosio::inline v0_2::detail {

/// Throws in place of throw_mismatch(), for an answer.
using answer_refuser = void (*)(std::string_view event, std::string problem, const socketio::socket_core* who);
/// @param refuse  Is called from now on. Any thread.
void refuse_answers_with(answer_refuser refuse) noexcept;

}  // namespace cosio::inline v0_2::detail
