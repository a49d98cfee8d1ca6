// A parser of options.parser: its decoders with the limits of the options, and its messages as frames.
//
//   way in    engine/session -> wire/foreign_decoder -> client_core
//   way out   encoded_packet -> wire/encode_with(), frames_of() -> engine/session::send()

#pragma once
#include <cosio/options.hpp>
#include <cosio/parser.hpp>

#include <memory>
#include <vector>

#include "engine/frame.hpp"
#include "wire/foreign_parser.hpp"

namespace cosio::inline v0_2::socketio {

using wire::encode_with;
using wire::foreign_decoder;

/// Null when the options name no parser.
std::unique_ptr<foreign_decoder> foreign_decoder_of(const options& settings);

std::vector<engine::shared_frame> frames_of(const std::vector<parser::message>& messages, wire::revision rev,
                                            bool compress = true);

}  // namespace cosio::inline v0_2::socketio
