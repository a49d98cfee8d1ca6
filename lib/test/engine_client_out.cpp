// An Engine.IO client: what it says.

#include <algorithm>
#include <utility>

#include "test/engine_client.hpp"
#include "test/http_text.hpp"
#include "test/polling_body.hpp"
#include "test/websocket_text.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

constexpr std::size_t largest_batch = 40;  // packets in one body

}  // namespace

bool engine_client::unsent() const noexcept {
  return (get_ && get_->has_unsent()) || (post_ && post_->has_unsent()) || (websocket_ && websocket_->has_unsent());
}

void engine_client::write() {
  if (stage_ == stage::websocket) return write_frames();
  if (websocket_ && step_ == upgrade_step::none) return;  // opening
  if (step_ == upgrade_step::pausing) return;
  if (!poll_held_) {
    last_poll_ = net_.roll.chance(50);
    if (!get_) get_ = std::make_unique<line>(net_, how_.address);
    get_->say(get(target("polling"), how_.headers + (last_poll_ ? "Connection: close\r\n" : "")));
    poll_held_ = true;
  }
  if (stage_ == stage::polling && in_post_ == 0 && !out_.empty() && net_.roll.chance(500)) write_post();
}

void engine_client::write_post() {
  std::vector<polling_packet> body;
  std::size_t bytes = 0;
  const std::size_t most = net_.roll.between(1, largest_batch);
  bool beat = false;
  while (!out_.empty() && body.size() < most) {
    packet& p = out_.front();
    bytes += how_.jsonp.empty() ? p.data.size() * 4 / 3 + 16 : p.data.size() * 5 + 48;
    if (!body.empty() && bytes > rules_.max_payload / 2) break;
    beat |= p.beat;
    body.push_back({std::move(p.data), p.binary});
    out_.pop_front();
  }
  in_post_ = body.size();
  beat_under_way_ |= beat;
  if (!post_) post_ = std::make_unique<line>(net_, how_.address);
  if (!how_.jsonp.empty()) {
    watcher_.met(engine_feature::jsonp_out);
    return post_->say(post(target("polling"), write_jsonp_form(write_polling_body(life_.revision, body, false)),
                           how_.headers + "Content-Type: application/x-www-form-urlencoded\r\n"));
  }
  const bool octets = life_.revision == 3 && net_.roll.chance(300);
  post_->say(post(target("polling"), write_polling_body(life_.revision, body, octets),
                  how_.headers + (octets ? "Content-Type: application/octet-stream\r\n"
                                         : "Content-Type: text/plain;charset=UTF-8\r\n")));
}

void engine_client::write_frames() {
  while (!out_.empty() && net_.roll.chance(900)) {
    const packet p = std::move(out_.front());
    out_.pop_front();
    websocket_->say(frame(p.binary && life_.revision == 3 ? "\x04" + p.data : p.data, p.binary));
    beat_under_way_ |= p.beat;
  }
}

// One message: in one frame, or in fragments with a ping between them; compressed or not.
std::string engine_client::frame(std::string_view data, bool binary) {
  client_frame f;
  f.op = binary ? 0x2 : 0x1;
  for (char& c : f.key) c = static_cast<char>(net_.roll.below(256));
  std::string packed;
  if (deflate_ && net_.roll.chance(700)) {
    packed = deflate_->deflate(data);
    data = packed;
    f.reserved = 4;
    watcher_.met(engine_feature::deflated_out);
    if (deflated_++ > 0 && deflate_->client_takeover()) watcher_.met(engine_feature::client_takeover);
  }
  if (data.size() < 2 || !net_.roll.chance(60)) {
    f.payload = data;
    return f.bytes();
  }
  const std::size_t cut = net_.roll.between(1, data.size() - 1);
  f.payload = data.substr(0, cut);
  f.fin = false;
  std::string out = f.bytes();
  if (net_.roll.chance(300)) out += client_frame{.op = 0x9, .payload = "still there?"}.bytes();
  f.payload = data.substr(cut);
  f.op = 0;
  f.reserved = 0;
  f.fin = true;
  return out + f.bytes();
}

void engine_client::beat(moment now) {
  if (stage_ == stage::opening || !how_.heartbeats) return;
  if (life_.revision == 3) {
    if (now < next_beat_) return;
    next_beat_ = later(now, rules_.ping_interval * 4 / 5);
    out_.push_front({"2", false, true, false});
  }
  if (!beat_under_way_) beat_said_ = now;
}

// ---------------------------------------------------------------- upgrade

void engine_client::open_websocket_line(bool upgrade) {
  websocket_ = std::make_unique<line>(net_, how_.address);
  accepted_ = false;
  deflate_ = nullptr;
  const std::string offer =
      how_.deflate_offer.empty() ? "" : "Sec-WebSocket-Extensions: " + how_.deflate_offer + "\r\n";
  websocket_->say(websocket_request(target("websocket"), how_.headers + offer));
  if (upgrade) step_ = upgrade_step::asked;
}

void engine_client::upgrade(moment now) {
  if (stage_ != stage::polling || step_ != upgrade_step::none) return;
  upgrade_begun_ = now;
  watcher_.note([&] { return name() + ": asks for an upgrade"; });
  open_websocket_line(true);
}

void engine_client::abandon_upgrade() {
  if (step_ == upgrade_step::none) return;
  watcher_.note([&] { return name() + ": goes on with polling"; });
  step_ = upgrade_step::none;
  websocket_ = nullptr;
  deflate_ = nullptr;
}

// The probe is sent when 101 has come; when its answer has come, and nothing is under way by polling, the client moves.
void engine_client::go_on_with_upgrade(moment now) {
  if (step_ == upgrade_step::asked && accepted_) step_ = upgrade_step::probed;
  if (step_ != upgrade_step::pausing || poll_held_ || in_post_ != 0) return;
  if (now - upgrade_begun_ >= rules_.upgrade_timeout / 2)
    return abandon_upgrade();  // the server may give it up any time
  step_ = upgrade_step::none;
  stage_ = stage::websocket;
  unheard_ = true;
  get_ = nullptr;
  post_ = nullptr;
  websocket_->say(frame("5", false));
  watcher_.note([&] { return name() + ": has moved to the WebSocket"; });
  watcher_.met(engine_feature::upgraded);
}

// ---------------------------------------------------------------- ends

void engine_client::say_goodbye() {
  life_.leaving = true;
  if (stage_ != stage::websocket) return send({{"1", false}});
  if (net_.roll.chance(500)) return send({{"1", false}});
  websocket_->say(close_frame_of_client(1000));
}

void engine_client::hang_up() {
  life_.leaving = true;
  life_.over = true;
  stage_ = stage::over;
  drop_lines();
}

void engine_client::reset() {
  for (line* l : {get_.get(), post_.get(), websocket_.get()})
    if (l != nullptr) l->reset();
  hang_up();
}

void engine_client::half_close(unsigned in_thousand) {
  life_.leaving = true;
  for (line* l : {get_.get(), post_.get(), websocket_.get()})
    if (l != nullptr && net_.roll.chance(in_thousand)) l->half_close();
}

void engine_client::corrupt() {
  for (line* l : {get_.get(), post_.get(), websocket_.get()}) {
    if (l == nullptr) continue;
    l->corrupt([this] {
      if (std::exchange(life_.lawful, false)) watcher_.note([&] { return name() + ": a byte was changed on the way"; });
    });
  }
}

void engine_client::misbehave() {
  life_.lawful = false;
  watcher_.note([&] { return name() + ": misbehaves"; });
  std::string noise;
  for (std::size_t n = net_.roll.between(1, 60); n > 0; --n) noise += static_cast<char>(net_.roll.below(256));
  switch (net_.roll.below(5)) {
    case 0:
      return send({{noise, false}});
    case 1:
      return send({{"4" + noise, false}});
    case 2:
      return send({{noise, true}});
    case 3:
      for (line* l : {get_.get(), post_.get(), websocket_.get()})
        if (l != nullptr) l->say(noise);
      return;
    default:
      if (get_) get_->say(get(target("polling")));  // while one is held
  }
}

}  // namespace cosio::test::inline v0_2::kit
