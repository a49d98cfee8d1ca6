// The parser of the options.

#include "socketio/foreign_parser.hpp"

#include <variant>

#include "base/most.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

parser::limits parser_limits(const options& settings) {
  parser::limits limits;
  limits.max_packet_bytes = base::most(settings.max_packet_bytes);
  limits.max_attachments = base::most(settings.max_attachments);
  limits.max_depth = settings.max_json_depth;
  return limits;
}

}  // namespace

std::unique_ptr<foreign_decoder> foreign_decoder_of(const options& settings) {
  return settings.parser ? std::make_unique<foreign_decoder>(settings.parser, parser_limits(settings)) : nullptr;
}

std::vector<engine::shared_frame> frames_of(const std::vector<parser::message>& messages, wire::revision rev,
                                            bool compress) {
  std::vector<engine::shared_frame> out;
  out.reserve(messages.size());
  for (const parser::message& m : messages) {
    if (const auto* text = std::get_if<std::string>(&m)) {
      out.push_back(engine::frame::text(wire::packet_type::message, *text, {}, compress));
    } else {
      out.push_back(engine::frame::binary(rev, std::get<binary>(m), compress));
    }
  }
  return out;
}

}  // namespace cosio::inline v0_2::socketio
