// A person: what it does.

#include "simulation/person.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

#include "simulation/house.hpp"
#include "simulation/notes.hpp"

namespace cosio::simulation {
namespace {

constexpr std::size_t most_unanswered = 20;

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

std::string person::name() const { return "life " + std::to_string(life_ ? life_->number : 0); }

void person::act(moment now) {
  now_ = now;
  if (!engine_) {
    if (roll(200)) connect(now);
    return;
  }
  choose();
  step(now, false);
}

void person::step(moment now, bool all) {
  now_ = now;
  if (!engine_) return;
  try {
    if (all) engine_->lag(false);
    engine_->step(now, *this, all);
  } catch (const std::exception& e) {
    if (life_->lawful) {
      journal_.complain(name() + ": " + e.what());
    } else {
      journal_.write([&] { return name() + ": hangs up, having damaged its own requests: " + e.what(); });
    }
    engine_->hang_up();
  }
  if (engine_->current() != engine_client::stage::over) return;
  engine_ = nullptr;
  late_.clear();
  ignored_.clear();
  presences_.clear();
}

void person::connect(moment now) {
  if (engine_) return;
  now_ = now;
  life_ = &book_.begin_life(number_, roll(habits_.old) ? 3 : 4);
  engine_client::manner how;
  how.websocket = roll(habits_.websocket);
  if (!how.websocket && roll(habits_.jsonp)) how.jsonp = std::to_string(net_.roll.below(12));
  if (roll(habits_.compress)) how.deflate_offer = client_deflate::some_offer(net_.roll);
  journal_.write([&] {
    return "person " + std::to_string(number_) + " begins life " + std::to_string(life_->number) + ": revision " +
           std::to_string(life_->revision) + (how.websocket ? ", WebSocket" : ", polling");
  });
  next_ack_ = 0;
  life_->msgpack = habits_.msgpack;
  reader_.emplace(habits_.msgpack);
  engine_ = std::make_unique<engine_client>(net_, journal_, *life_, rules_, "&who=" + ledger::who(*life_), how);
}

// ---------------------------------------------------------------- decisions

void person::choose() {
  const bool open = engine_->current() != engine_client::stage::opening;
  if (roll(habits_.end)) return end();
  if (book_.recovers(*life_) && book_.is_replayed(*life_) && roll(400)) return end();
  if (roll(habits_.lag)) {
    engine_->lag(!engine_->lagging());
    journal_.write([&] { return name() + (engine_->lagging() ? ": stops reading" : ": reads again"); });
  } else if (engine_->lagging() && roll(30)) {
    engine_->lag(false);
  }
  if (roll(habits_.corrupt)) engine_->corrupt();
  if (!open || life_->leaving) return;
  if (roll(habits_.misbehave)) engine_->misbehave();
  if (roll(habits_.upgrade)) engine_->upgrade(now_);
  if (roll(habits_.give_up_upgrade)) engine_->abandon_upgrade();
  if (roll(habits_.join_namespace)) join_namespace();
  if (roll(habits_.again)) ask_again();
  if (roll(habits_.leave_namespace)) leave_namespace();
  if (roll(habits_.talk)) talk();
  if (!late_.empty() && roll(300)) {
    const late_answer first = late_.front();
    late_.erase(late_.begin());
    answer(first);
  }
}

std::vector<std::string> person::present_in() const {
  std::vector<std::string> out;
  for (const auto& [nsp, p] : presences_)
    if (p.now == state::in) out.push_back(nsp);
  return out;
}

void person::join_namespace() {
  const auto all = house::namespaces();
  const std::string nsp = all[net_.roll.below(all.size())];
  presence& in = presences_[nsp];
  if (in.now != state::absent) return;
  ask_to_join(nsp);
}

// With its ticket, if it has one; now and then, on a new connection, with one that it has used before.
void person::ask_to_join(const std::string& nsp) {
  presence& in = presences_[nsp];
  in.now = state::asking;
  sio_packet p{0, nsp, {}, {}, {}};
  ticket& kept = tickets_[nsp];
  kept.sent.clear();
  if (life_->revision == 4 && !kept.pid.empty()) {
    boost::json::object auth;
    kept.sent = !kept.used.empty() && in.as == nullptr && roll(50) ? kept.used : kept.pid;
    auth["pid"] = kept.sent;
    if (!kept.offset.empty()) auth["offset"] = kept.offset;
    p.json = boost::json::serialize(auth);
  }
  journal_.write([&] { return name() + ": asks to join " + nsp + " " + p.json; });
  send(p);
  if (!roll(habits_.twice) || !p.json.empty() || engine_->current() != engine_client::stage::websocket) return;
  ++in.again;
  journal_.met(feature::connected_twice);
  send(p);
}

// As connect(); disconnect(); connect() of JavaScript does. On WebSocket only: by polling the answer may have been
// fetched before the second one is sent.
void person::ask_again() {
  if (engine_->current() != engine_client::stage::websocket) return;
  for (auto& [nsp, in] : presences_) {
    if (in.now != state::asking || !tickets_[nsp].pid.empty() || (life_->revision == 3 && nsp == "/")) continue;
    ++in.again;
    journal_.met(book_.is_untold(*life_, nsp) ? feature::connected_behind : feature::connected_twice);
    journal_.write([&] { return name() + ": asks to join " + nsp + " again"; });
    return send({0, nsp, {}, {}, {}});
  }
}

void person::leave_namespace() {
  const auto in = present_in();
  if (in.empty()) return;
  const std::string nsp = in[net_.roll.below(in.size())];
  presence& p = presences_[nsp];
  p.now = state::absent;
  p.earlier.merge(p.unanswered);
  p.unanswered.clear();
  p.as->client_left = true;
  journal_.write([&] { return name() + ": leaves " + nsp; });
  send({1, nsp, {}, {}, {}});
}

void person::talk() {
  const auto all = present_in();
  if (all.empty()) return;
  const std::string nsp = all[net_.roll.below(all.size())];
  presence& in = presences_[nsp];
  const auto rooms = house::rooms();
  const std::string room = in_quotes(rooms[net_.roll.below(rooms.size())]);
  const std::string size = std::to_string(roll(100) ? net_.roll.below(habits_.sizes) : net_.roll.below(3));
  if (roll(habits_.dismissal)) return command(nsp, in, roll(500) ? "bye" : "kick", "", false);
  if (roll(habits_.crowd)) {  // more than handlers may run at once
    for (std::size_t i = net_.roll.between(260, 400); i != 0; --i) command(nsp, in, "ask", ",0", true);
    return;
  }
  if (habits_.keys && roll(40)) return pin(nsp, in);
  if (habits_.attachments > 1 && roll(40)) return blobs(nsp, in);
  const std::size_t what = net_.roll.below(100);
  if (what < 20) return command(nsp, in, "join", "," + room, true);
  if (what < 26) return command(nsp, in, "leave", "," + room, true);
  if (what < 46) return command(nsp, in, "say", "," + room + "," + size, true);
  if (what < 52) return command(nsp, in, "tell", "," + room + "," + size, true);
  if (what < 56) return command(nsp, in, "tell", ",\"\"," + size, true);
  if (what < 60) return command(nsp, in, "mumble", "," + room + "," + size, true);
  if (what < 72) return command(nsp, in, "echo", "," + size, true);
  if (what < 76) return command(nsp, in, "whisper", "," + size, true);
  if (what < 80) return blob(nsp, in);
  if (what < 84) return word(nsp, in);
  if (what < 92) return command(nsp, in, "ask", "," + std::to_string(some_time()), true);
  if (what < 95) return command(nsp, in, "poll", "," + room + "," + std::to_string(net_.roll.between(1, 3000)), true);
  if (what < 98) return command(nsp, in, "nap", "", true);
  command(nsp, in, "fail", "", false);
}

void person::send(const sio_packet& p) { engine_->send(write_packet(p, life_->msgpack)); }

void person::say(const std::string& nsp, presence& in, sio_packet& p, std::string_view event, bool may_answer) {
  ++life_->said[std::string(event)];
  ++life_->said[""];
  if (may_answer && in.unanswered.size() < most_unanswered) {
    in.unanswered[next_ack_] = {in.said, std::string(event), in.as};
    p.id = next_ack_++;
  }
  journal_.write([&] { return name() + ": says in " + nsp + (p.id ? " " + std::to_string(*p.id) : "") + p.json; });
  send(p);
}

void person::command(const std::string& nsp, presence& in, std::string_view event, const std::string& arguments,
                     bool may_answer) {
  const std::string number = std::to_string(++in.said);
  sio_packet p{2, nsp, {}, "[" + in_quotes(event) + "," + number + arguments + "]", {}};
  say(nsp, in, p, event, may_answer && roll(500));
}

void person::blob(const std::string& nsp, presence& in) {
  const std::uint64_t number = ++in.said;
  sio_packet p{2, nsp, {}, "[\"blob\"," + std::to_string(number) + ",{\"_placeholder\":true,\"num\":0}]", {}};
  p.bytes.push_back(note_attachment(number << 4 | (number % 4)));
  say(nsp, in, p, "blob", roll(700));
}

// As many as one packet may have.
void person::blobs(const std::string& nsp, presence& in) {
  const std::uint64_t number = ++in.said;
  sio_packet p{2, nsp, {}, "[\"blobs\"," + std::to_string(number), {}};
  for (std::size_t i = 0; i < habits_.attachments; ++i) {
    p.json += ",{\"_placeholder\":true,\"num\":" + std::to_string(i) + "}";
    p.bytes.push_back("blob " + std::to_string(i));
  }
  p.json += "]";
  say(nsp, in, p, "blobs", true);
}

// A handler waits for the event that comes next.
void person::pin(const std::string& nsp, presence& in) {
  command(nsp, in, "pin", "", true);
  send({2, nsp, {}, "[\"key\"," + std::to_string(house::key_of_waits) + "]", {}});
}

// For a question of the server's, in milliseconds. 0: no limit.
std::uint64_t person::some_time() {
  constexpr auto longest = static_cast<std::uint64_t>(std::chrono::milliseconds::max().count());
  if (roll(50)) return longest;
  return roll(habits_.patience) ? 0 : net_.roll.between(1, 3000);
}

// Text that every transport has its own trouble with.
void person::word(const std::string& nsp, presence& in) {
  // A form is four times as long as the text in it.
  const std::size_t most = rules_.max_payload < 10'000 ? 4 : rules_.max_payload < 500'000 ? 6 : note_sizes;
  const std::size_t sizes = std::min(habits_.sizes, most);
  const std::uint64_t note = note_number(in.said + 1, roll(100) ? net_.roll.below(sizes) : 2, false);
  const std::string text = boost::json::serialize(note_text(note));
  command(nsp, in, "word", "," + std::to_string(note) + "," + text, true);
}

void person::answer(const late_answer& to) {
  const auto found = presences_.find(to.nsp);
  if (found == presences_.end() || found->second.now != state::in || found->second.as != to.as) return;
  journal_.write([&] { return name() + ": answers question " + std::to_string(to.note); });
  book_.answers(to.note);
  send({3, to.nsp, to.id, "[" + std::to_string(answer_to(to.note)) + "]", {}});
}

void person::answer_all() {
  for (const late_answer& one : std::exchange(late_, {})) answer(one);
  for (const late_answer& one : std::exchange(ignored_, {})) answer(one);
}

void person::answer_polls() {
  for (auto* list : {&late_, &ignored_}) {
    for (const late_answer& one : *list)
      if (one.of_all) answer(one);
    std::erase_if(*list, [](const late_answer& one) { return one.of_all; });
  }
}

void person::note_leaving() {
  if (life_->leaving) return;
  if (engine_->upgrading()) journal_.met(feature::left_in_upgrade);
  if (book_.is_entering(*life_)) journal_.met(feature::left_in_middleware);
  if (book_.is_replayed(*life_)) journal_.met(feature::left_in_replay);
  if (life_->held) journal_.met(feature::left_while_held);
  if (life_->paused) journal_.met(feature::left_while_paused);
}

void person::end() {
  if (life_->leaving && !roll(300)) return;
  note_leaving();
  const std::size_t how = net_.roll.below(5);
  static constexpr const char* names[] = {": says goodbye", ": hangs up", ": resets", ": half-closes", ": vanishes"};
  journal_.write([&] { return name() + names[how]; });
  switch (how) {
    case 0:
      if (life_->leaving || engine_->current() == engine_client::stage::opening) return engine_->hang_up();
      engine_->abandon_upgrade();
      return engine_->say_goodbye();
    case 1:
      return engine_->hang_up();
    case 2:
      return engine_->reset();
    case 3:
      return engine_->half_close(700);
    default:
      life_->leaving = life_->over = true;
      last_engine_ = std::move(engine_);
      presences_.clear();
      late_.clear();
      ignored_.clear();
  }
}

void person::leave() {
  if (engine_) end();
  if (engine_ && roll(500)) engine_->hang_up();
}

}  // namespace cosio::simulation
