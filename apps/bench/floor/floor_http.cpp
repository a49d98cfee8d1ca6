// HTTP: the WebSocket handshake, and long-polling.

#include <algorithm>
#include <cstdlib>

#include "floor.hpp"

namespace bench {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::string_view text_type = "text/plain; charset=UTF-8";
constexpr char separator = '\x1e';

// The number behind `name` in the head; 0 when there is none.
std::size_t number_behind(std::string_view head, std::string_view name) {
  const auto at = head.find(name);
  return at == std::string_view::npos ? 0 : static_cast<std::size_t>(std::atoi(head.data() + at + name.size()));
}

}  // namespace

std::size_t floor_server::serve_requests(int fd, char* bytes, std::size_t count) {
  std::size_t used = 0;
  while (used < count) {
    const std::string_view rest(bytes + used, count - used);
    const auto end = rest.find(end_of_head);
    if (end == std::string_view::npos) break;
    const std::string_view head = rest.substr(0, end + end_of_head.size());
    if (head.find("transport=websocket") != std::string_view::npos) {
      accept_websocket(fd);
      return used + head.size();
    }
    const std::size_t sid = number_behind(head, "&sid=");
    const std::size_t length = number_behind(head, "Content-Length: ");
    if (rest.size() < head.size() + length) break;
    used += head.size() + length;
    if (head.starts_with("POST")) {
      answer_post(fd, sid, rest.substr(head.size(), length));
    } else {
      answer_get(fd, sid);
    }
  }
  return used;
}

void floor_server::accept_websocket(int fd) {
  connection& of = connections_[static_cast<std::size_t>(fd)];
  of.is = kind::websocket;
  of.place = members_.size();
  members_.push_back(fd);
  std::string answer(handshake_answer);
  append_text_frame(answer, open_packet(std::to_string(fd)));
  send(fd, answer);
}

void floor_server::answer_get(int fd, std::size_t sid) {
  if (sid == 0) {
    sessions_.emplace_back();
    return send(fd, http_ok(text_type, open_packet(std::to_string(sessions_.size() - 1))));
  }
  polling_session& of = sessions_.at(sid);
  of.waiting_get = fd;
  if (!of.queued.empty()) answer_waiting_get(of);
}

void floor_server::answer_post(int fd, std::size_t sid, std::string_view body) {
  polling_session& of = sessions_.at(sid);
  while (!body.empty()) {
    const auto end = std::min(body.find(separator), body.size());
    const std::string_view packet = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (packet.size() < 2) continue;  // a pong
    if (!of.queued.empty()) of.queued += separator;
    of.queued.append(packet[1] == '0' ? "40{\"sid\":\"x\"}" : packet);
  }
  send(fd, http_ok("text/html", "ok"));
  if (of.waiting_get >= 0 && !of.queued.empty()) answer_waiting_get(of);
}

void floor_server::answer_waiting_get(polling_session& of) {
  send(of.waiting_get, http_ok(text_type, of.queued));
  of.waiting_get = -1;
  of.queued.clear();
}

}  // namespace bench
