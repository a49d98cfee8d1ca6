// An Engine.IO client: what it hears.

#include "test/engine_client.hpp"

#include <algorithm>
#include <utility>

#include "test/http_text.hpp"
#include "test/polling_body.hpp"
#include "test/websocket_text.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

// The value of a member of the open packet, which is a flat object.
std::string text_member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":\"";
  const auto at = json.find(key);
  if (at == std::string_view::npos) throw broken("no " + std::string(name) + " in " + std::string(json));
  json.remove_prefix(at + key.size());
  return std::string(json.substr(0, json.find('"')));
}

std::string in_words(const http_answer& refusal) {
  constexpr std::size_t longest = 400;
  return std::to_string(refusal.status) + (refusal.body.empty() ? "" : ": " + refusal.body.substr(0, longest));
}

}  // namespace

engine_client::engine_client(network& in, engine_watcher& told, engine_life& whose, rules settings, std::string query,
                             manner how)
    : net_(in),
      watcher_(told),
      life_(whose),
      rules_(settings),
      query_(std::move(query)),
      how_(std::move(how)),
      base64_(whose.revision == 3 && in.roll.chance(500)) {
  next_beat_ = life_.begun + rules_.ping_interval * 4 / 5;
  if (how_.websocket) open_websocket_line(false);
}

std::string engine_client::name() const { return life_.name; }

std::string engine_client::describe() const {
  static constexpr const char* stages[] = {"opening", "polling", "on WebSocket", "over"};
  static constexpr const char* steps[] = {"", ", asks for an upgrade", ", has probed", ", waits to move"};
  std::string out = std::string(stages[static_cast<int>(stage_)]) + steps[static_cast<int>(step_)];
  if (poll_held_) out += ", holds a GET";
  if (in_post_ != 0) out += ", has a POST under way";
  if (!out_.empty()) out += ", has " + std::to_string(out_.size()) + " packets to send";
  if (unsent()) out += ", has bytes to send";
  if (lagging_) out += ", does not read";
  return out;
}

std::string engine_client::target(std::string_view transport) const {
  std::string out =
      how_.path + "?EIO=" + std::to_string(life_.revision) + "&transport=" + std::string(transport) + query_;
  if (!how_.jsonp.empty()) out += "&j=" + how_.jsonp;
  if (base64_) out += "&b64=1";
  if (!sid_.empty()) out += "&sid=" + sid_;
  return out;
}

void engine_client::send(std::vector<engine_message> together) {
  for (std::size_t i = 0; i < together.size(); ++i)
    out_.push_back({std::move(together[i].data), together[i].binary, false, i + 1 < together.size()});
}

std::size_t engine_client::step(moment now, engine_listener& listener, bool all) {
  if (stage_ == stage::over) return 0;
  std::size_t moved = 0;
  if (!lagging_ || all) moved += pull(now, listener, all);
  if (stage_ == stage::over) return moved;
  go_on_with_upgrade(now);
  beat(now);
  write();
  for (line* l : {get_.get(), post_.get(), websocket_.get()})
    if (l != nullptr) moved += l->push(all);
  if (beat_under_way_ && stage_ == stage::websocket && !websocket_->has_unsent()) {
    life_.beat(beat_said_, now);
    beat_under_way_ = false;
    watcher_.note([&] { return name() + ": its heartbeat is on its way"; });
  }
  return moved;
}

// ---------------------------------------------------------------- in

std::size_t engine_client::pull(moment now, engine_listener& listener, bool all) {
  std::size_t moved = 0;
  for (line* l : {get_.get(), post_.get(), websocket_.get()})
    if (l != nullptr) moved += l->pull(all);
  hear_polling(now, listener);
  if (stage_ != stage::over) hear_websocket(now, listener);
  return moved;
}

void engine_client::hear_polling(moment now, engine_listener& listener) {
  if (get_) {
    while (const auto answer = take_answer(get_->heard())) {
      if (!std::exchange(poll_held_, false)) throw broken(": an answer to no GET");
      if (answer->status != 200) return end("a GET was answered with " + in_words(*answer), listener);
      life_.was_heard = stage_ != stage::opening;
      on_payload(answer->body, answer->header("content-type") == "application/octet-stream", listener);
      if (stage_ == stage::over) return;
      if (last_poll_) {
        get_ = nullptr;
        break;
      }
    }
    if (get_ && get_->ended()) {
      if (poll_held_) return end("the connection of a GET was lost", listener);
      get_ = nullptr;
    }
  }
  if (!post_) return;
  while (const auto answer = take_answer(post_->heard())) {
    if (std::exchange(in_post_, 0) == 0) throw broken(": an answer to no POST");
    if (answer->status != 200) return end("a POST was answered with " + in_words(*answer), listener);
    if (answer->body != "ok") throw broken(": a POST was answered with: " + answer->body);
    life_.was_heard = true;
    if (std::exchange(beat_under_way_, false)) life_.beat(beat_said_, now);
  }
  if (!post_->ended()) return;
  if (in_post_ != 0) return end("the connection of a POST was lost", listener);
  post_ = nullptr;
}

void engine_client::on_payload(const std::string& body, bool octets, engine_listener& listener) {
  std::string payload = body;
  if (!how_.jsonp.empty()) {
    payload = read_jsonp_script(how_.jsonp, body);
    watcher_.met(engine_feature::jsonp_in);
    if (life_.revision == 3) watcher_.met(engine_feature::jsonp_v3);
  }
  for (const polling_packet& p : read_polling_body(life_.revision, payload, octets)) {
    if (p.binary) {
      listener.on_message(p.data, true);
    } else {
      on_packet(p.data, listener);
    }
    if (stage_ == stage::over) return;
  }
}

void engine_client::on_packet(std::string_view text, engine_listener& listener) {
  if (text.empty()) throw broken(": an empty packet");
  const std::string_view data = text.substr(1);
  switch (text.front()) {
    case '0':
      if (stage_ != stage::opening) throw broken(": a second open packet");
      sid_ = text_member(data, "sid");
      stage_ = websocket_ ? stage::websocket : stage::polling;
      life_.was_heard = websocket_ != nullptr;
      watcher_.note([&] { return name() + ": open by " + (websocket_ ? "WebSocket" : "polling"); });
      return listener.on_open();
    case '1':
      return end("the server sent a close packet", listener);
    case '2':
      if (life_.revision == 3) throw broken(": a ping for a client of revision 3");
      watcher_.note([&] { return name() + ": is pinged"; });
      if (how_.heartbeats) out_.push_front({"3" + std::string(data), false, true, false});
      return;
    case '3':
      if (life_.revision == 4) throw broken(": a pong for a client of revision 4");
      return;
    case '4':
      if (stage_ == stage::opening) throw broken(": a message before the open packet");
      return listener.on_message(data, false);
    case '6':
      if (stage_ == stage::websocket) throw broken(": a noop on WebSocket");
      return;
    case 'b':
      if ((!base64_ && how_.jsonp.empty()) || !data.starts_with('4'))
        throw broken(": base64, which it did not ask for");
      return listener.on_message(bytes_of_base64(data.substr(1)), true);
    default:
      throw broken(": a packet that no server sends: " + std::string(text.substr(0, 40)));
  }
}

void engine_client::hear_websocket(moment now, engine_listener& listener) {
  if (!websocket_) return;
  if (!accepted_) {
    if (const auto answer = take_answer(websocket_->heard())) {
      if (answer->status == 101) {
        accepted_ = true;
        agree_on_deflate(answer->header("sec-websocket-extensions"));
        if (step_ == upgrade_step::asked) websocket_->say(frame("2probe", false));
      } else if (step_ == upgrade_step::none) {
        return end("a WebSocket was refused with " + in_words(*answer), listener);
      } else {
        return abandon_upgrade();
      }
    }
  }
  while (accepted_ && websocket_ && stage_ != stage::over) {
    auto f = take_frame(websocket_->heard(), deflate_ != nullptr);
    if (!f) break;
    if (f->compressed) f->payload = inflated(f->payload);
    const bool first = std::exchange(unheard_, false);
    if (f->op == 0x9) {
      websocket_->say(client_frame{.op = 0xA, .payload = f->payload}.bytes());
    } else if (f->is_close()) {
      if (step_ != upgrade_step::none) return abandon_upgrade();
      if (first && now - upgrade_begun_ >= rules_.upgrade_timeout) life_.leaving = true;
      return end("the server sent a close frame, " + std::to_string(f->close_code()), listener);
    } else if (f->op != 0xA) {
      on_websocket_frame(f->payload, !f->is_text(), listener);
    }
  }
  if (!websocket_ || !websocket_->ended() || stage_ == stage::over) return;
  if (step_ != upgrade_step::none) return abandon_upgrade();
  // The server had given the upgrade up when the client moved.
  if (unheard_ && now - upgrade_begun_ >= rules_.upgrade_timeout) life_.leaving = true;
  end("the WebSocket was lost", listener);
}

void engine_client::agree_on_deflate(std::string_view answer) {
  if (how_.deflate_offer.empty() || !rules_.deflates) {
    if (!answer.empty()) throw broken(": an extension that was not agreed on: " + std::string(answer));
    if (rules_.deflates) watcher_.met(engine_feature::not_offered);
    return;
  }
  deflate_ = std::make_unique<client_deflate>(how_.deflate_offer, answer);
  inflated_ = deflated_ = 0;
  watcher_.note([&] { return name() + ": compresses, as agreed: " + std::string(answer); });
}

std::string engine_client::inflated(std::string_view payload) {
  watcher_.met(engine_feature::deflated_in);
  if (deflate_->server_takeover() && inflated_ > 0) watcher_.met(engine_feature::server_takeover);
  if (deflate_->server_bits() < 15) watcher_.met(engine_feature::small_window);
  ++inflated_;
  return deflate_->inflate(payload);
}

void engine_client::on_websocket_frame(const std::string& data, bool binary, engine_listener& listener) {
  if (step_ != upgrade_step::none) {
    if (binary || step_ != upgrade_step::probed || data != "3probe") throw broken(": an answer to a probe: " + data);
    step_ = upgrade_step::pausing;
  } else if (!binary) {
    on_packet(data, listener);
  } else if (stage_ == stage::opening) {
    throw broken(": a message before the open packet");
  } else if (life_.revision == 4) {
    listener.on_message(data, true);
  } else {
    if (data.empty() || data.front() != 4) throw broken(": a binary frame without its type");
    listener.on_message(std::string_view(data).substr(1), true);
  }
}

void engine_client::drop_lines() {
  get_ = nullptr;
  post_ = nullptr;
  websocket_ = nullptr;
  deflate_ = nullptr;
}

void engine_client::end(const std::string& why, engine_listener& listener) {
  if (std::exchange(stage_, stage::over) == stage::over) return;
  life_.over = true;
  drop_lines();
  watcher_.note([&] { return name() + ": over: " + why; });
  listener.on_over(why);
}

}  // namespace cosio::test::inline v0_2::kit
