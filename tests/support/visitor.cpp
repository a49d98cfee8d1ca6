// The form of the same packets on each transport and in each revision.

#include "support/visitor.hpp"

#include <chrono>
#include <utility>

#include "support/polling_client.hpp"
#include "wire/base64.hpp"

namespace cosio::test {
namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return out;
}

std::string without_backslashes(std::string text) {
  std::erase(text, '\\');
  return text;
}

}  // namespace

std::string visitor::handshake(std::string_view more_query, std::string_view more_headers) const {
  const std::string target = path_ + "?" + how_.query() + std::string(more_query);
  return how_.is_websocket() ? websocket_request(target, more_headers) : get(target, more_headers);
}

std::string visitor::target(std::string_view transport) const {
  std::string query = how_.query();
  const std::string own = how_.is_websocket() ? "websocket" : "polling";
  query.replace(query.find(own), own.size(), transport);
  return path_ + "?" + query + "&sid=" + sid_;
}

http_answer visitor::enter_with(std::string_view request) {
  line_.emplace(connect_());
  line_->send(request);
  if (how_.is_websocket()) {
    if (how_.revision == 3) world_->advance(std::chrono::milliseconds(10));
    frames_ = line_->received();
    auto answer = take_answer(frames_);
    if (!answer) return {};
    read_frames();
    sid_ = text_member(heard_, "sid");
    return std::move(*answer);
  }
  auto answer = line_->answer();
  if (!answer) return {};
  sid_ = text_member(without_backslashes(answer->body), "sid");
  return std::move(*answer);
}

std::string visitor::body_of(std::string_view packet) const {
  std::string payload(packet);
  if (how_.revision == 3) payload = std::to_string(packet.size()) + ":" + payload;
  return how_.over == way::kind::jsonp ? "d=" + percent_encoded(payload) : payload;
}

void visitor::packet(std::string_view text) {
  if (how_.is_websocket()) return line_->send(text_frame(text));
  send_payload(text);
}

void visitor::bytes(std::string_view data) {
  if (how_.is_websocket()) return line_->send(binary_frame((how_.revision == 3 ? "\x04" : "") + std::string(data)));
  std::string text = how_.revision == 3 ? "b4" : "b";
  wire::append_base64(text, data);
  send_payload(text);
}

void visitor::send_payload(std::string_view packet) { post(body_of(packet)); }

std::optional<http_answer> visitor::post(std::string_view body, std::string_view more_headers) {
  if (!posts_ || posts_->ended()) posts_.emplace(connect_());
  posts_->send(test::post(target(), body, more_headers));
  return posts_->answer();
}

void visitor::read_frames() {
  frames_ += line_->received();
  while (const auto frame = take_frame(frames_)) {
    closed_ = closed_ || frame->is_close();
    if (frame->op <= 0x2) heard_ += frame->payload;
  }
  closed_ = closed_ || line_->ended();
}

std::string visitor::hear() {
  if (how_.is_websocket()) {
    read_frames();
    return std::exchange(heard_, {});
  }
  if (!polling_) {
    if (line_->ended()) line_.emplace(connect_());
    line_->send(get(target()));
    polling_ = true;
  }
  const auto answer = line_->answer();
  if (!answer) {
    closed_ = closed_ || line_->ended();
    return {};
  }
  polling_ = false;
  closed_ = closed_ || answer->status != 200 || answer->body == body_of("1");
  return how_.over == way::kind::jsonp ? without_backslashes(answer->body) : answer->body;
}

bool visitor::let_go() {
  while (!hear().empty() && !closed_) {
  }
  return closed_;
}

}  // namespace cosio::test
