// A person: what it hears.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

#include "simulation/notes.hpp"
#include "simulation/person.hpp"

namespace cosio::simulation {
namespace {

namespace json = boost::json;

std::uint64_t number_at(const json::array& values, std::size_t at) {
  if (at >= values.size()) throw broken("an argument is missing: " + json::serialize(values));
  return values[at].to_number<std::uint64_t>();
}

}  // namespace

void person::on_open() {
  if (life_->revision == 3) {
    presences_["/"].now = state::asking;  // protocol 4 joins it by itself
    return;
  }
  for (const auto& [nsp, kept] : tickets_)
    if (!kept.pid.empty() && presences_[nsp].now == state::absent && roll(700)) ask_to_join(nsp);
}

void person::on_over(const std::string& why) {
  if (!book_.may_be_over(*life_)) journal_.complain(name() + " was thrown out without cause: " + why);
}

void person::on_message(std::string_view data, bool binary) {
  const auto whole = reader_->read(data, binary);
  if (!whole) return;
  if (life_->msgpack) journal_.met(feature::msgpack);
  if (life_->msgpack && life_->revision == 3) journal_.met(feature::msgpack_v3);
  on_packet(*whole);
}

void person::on_packet(const sio_packet& p) {
  presence& in = presences_[p.nsp];
  switch (p.type) {
    case 0:
      return on_connected(in, p);
    case 1:
      // With credentials that have expired, protocol 4 gets it behind the refusal, too.
      if (in.now != state::in && in.as == nullptr && !book_.has_expired(*life_))
        throw broken("a DISCONNECT for " + p.nsp + ", which was not joined");
      journal_.write([&] { return name() + ": is told that it has left " + p.nsp; });
      if (in.now == state::in) dismissed(in);
      return;
    case 4:
      if (p.json.find("too many namespaces") != std::string::npos) journal_.met(feature::child_refused);
      if (in.now == state::absent && in.again != 0) {
        --in.again;
        return;
      }
      if (in.now != state::asking) throw broken("a CONNECT_ERROR for " + p.nsp + ", which it did not ask for");
      if (!in.early.empty()) throw broken("a CONNECT_ERROR behind events");
      in.now = state::absent;
      return;
    case 2:
      return on_event(in, p);
    default:
      return on_answer(in, p);
  }
}

void person::on_connected(presence& in, const sio_packet& p) {
  const bool twice = in.now == state::absent && in.again != 0;  // the first was refused, the second was not
  if (in.now != state::asking && !twice) throw broken("a CONNECT for " + p.nsp + ", which it did not ask for");
  if (twice) --in.again;
  if (in.as != nullptr) {
    if (const std::string lost = book_.missing(*in.as); !lost.empty())
      journal_.complain(lost + ", and has joined again");
  }
  in.now = state::in;
  in.said = 0;
  std::string id = p.nsp == "/" ? engine_->sid() : p.nsp + "#" + engine_->sid();
  bool is_back = false;
  if (life_->revision == 4) {
    const json::value told = json::parse(p.json);
    id = told.at("sid").as_string().c_str();
    const auto* pid = told.as_object().if_contains("pid");
    if ((pid != nullptr) != book_.recovers(*life_)) throw broken("a CONNECT for " + p.nsp + " says: " + p.json);
    if (pid != nullptr) {
      ticket& kept = tickets_[p.nsp];
      is_back = *pid == json::string(kept.sent);
      if (!is_back && !kept.sent.empty()) journal_.met(feature::began_anew);
      if (*pid != json::string(kept.pid)) kept.used = std::exchange(kept.pid, std::string(pid->as_string()));
    }
  }
  in.as = book_.find(*life_, p.nsp, id);
  journal_.write([&] { return name() + ": is in " + p.nsp + (is_back ? " again" : ""); });
  if (in.as == nullptr) throw broken("joined, says the server, but it is not so");
  if (in.as->came_back != is_back && life_->lawful)
    throw broken(is_back ? "is said to be back in " + p.nsp + ", but it is not so" : "is back, and was not told");
  if (!is_back && !in.early.empty()) throw broken("events for " + p.nsp + " before a CONNECT that begins anew");
  for (const sio_packet& early : std::exchange(in.early, {})) {
    journal_.met(feature::heard_early);
    on_event(in, early);
  }
}

void person::dismissed(presence& in) {
  in.now = state::absent;
  in.earlier.merge(in.unanswered);
  in.unanswered.clear();
  const std::string lost = book_.missing(*in.as);
  if (!lost.empty()) journal_.complain(lost + ", which was sent before it was dismissed");
  if (!in.as->sent_away && !(in.as->whose && in.as->whose->sent_away) && life_->lawful && !book_.has_expired(*life_))
    journal_.complain(name() + " was dismissed without cause");
}

void person::on_event(presence& in, const sio_packet& p) {
  if (in.now == state::asking && in.as == nullptr && !tickets_[p.nsp].pid.empty() && book_.recovers(*life_)) {
    in.early.push_back(p);  // a missed packet: it is received when the client is told that it is back
    return;
  }
  if (in.as == nullptr) throw broken("an event for " + p.nsp + ", which was not joined");
  const json::array data = p.list();
  if (data.empty() || !data[0].is_string()) throw broken("an event without a name");
  if (data[0].as_string() == "credentials_expiring") return on_expiring(in, p.nsp, data);
  const std::uint64_t note = number_at(data, 1);
  const bool is_volatile = book_.heard(*in.as, note);
  note_offset(*in.as, p.nsp, data);
  if (data[0].as_string() == "note") return check_note(p, note, !is_volatile && book_.recovers(*life_));
  const bool of_all = data[0].as_string() == "poll";
  if ((data[0].as_string() != "ask" && !of_all) || !p.id) throw broken("an event that the application does not send");
  late_answer to{p.nsp, in.as, *p.id, note, of_all};
  if (roll(500)) {
    answer(to);
  } else {
    (roll(600) ? late_ : ignored_).push_back(std::move(to));
  }
}

// Renews them, and now and then for ever; or lets them expire.
void person::on_expiring(presence& in, const std::string& nsp, const json::array& data) {
  if (data.size() != 2 || !data[1].is_int64()) throw broken("a notice without its time");
  book_.told_of_expiry(*in.as, data[1].get_int64());
  if (in.now != state::in || !roll(900 / static_cast<unsigned>(1 + life_->had.size()))) return;  // they would never end
  const bool for_ever = roll(200);
  journal_.met(for_ever ? feature::kept_for_ever : feature::renewed);
  command(nsp, in, "renew", "," + std::to_string(for_ever ? 0 : net_.roll.between(100, 40'000)), true);
}

// socket.io-client takes the last text of any event for an offset.
void person::note_offset(const member& as, const std::string& nsp, const json::array& event) {
  if (!book_.recovers(*life_) || event.size() < 3 || !event.back().is_string()) return;
  std::string offset(event.back().get_string());
  const std::uint64_t note = number_at(event, 1);
  const std::size_t own = has_attachment(note) ? 4 : 3;
  if (event.size() > own) book_.heard_offset(as, note, offset);
  constexpr std::size_t longest = 200;  // with more its CONNECT might be too large for the server
  tickets_[nsp].offset = offset.size() > longest ? "a long text" : std::move(offset);
}

void person::check_note(const sio_packet& p, std::uint64_t note, bool with_offset) const {
  const bool with_bytes = has_attachment(note);
  const json::array data = p.list();
  if (data.size() != (with_bytes ? 4U : 3U) + (with_offset ? 1U : 0U) || data[2].as_string() != note_text(note))
    throw broken("note " + std::to_string(note) + " says something else");
  if (p.bytes.size() != (with_bytes ? 1U : 0U)) throw broken("note " + std::to_string(note) + " has other attachments");
  if (with_bytes && p.bytes[0] != note_attachment(note))
    throw broken("the attachment of note " + std::to_string(note) + " has changed");
}

void person::on_answer(presence& in, const sio_packet& p) {
  if (!p.id) throw broken("an acknowledgement without a number");
  auto& waiting = in.earlier.contains(*p.id) ? in.earlier : in.unanswered;  // answers come also after it has left
  const auto asked = waiting.find(*p.id);
  if (asked == waiting.end())
    throw broken("acknowledgement " + std::to_string(*p.id) + " was not asked for, or comes twice");
  const auto& [number, event, by] = asked->second;
  const json::array data = p.list();
  if (const auto* told = data.empty() ? nullptr : data[0].if_object()) {
    const auto* message = told->if_contains("message");
    book_.refused(*by, number, event, message != nullptr ? std::string_view(message->as_string()) : std::string_view());
  } else {
    book_.was_handled(*by, number);
    if (number_at(data, 0) != number || number_at(data, 1) != number * 3 + 1)
      throw broken("acknowledgement " + std::to_string(*p.id) + " says something else");
    if (event == "blobs" && number_at(data, 2) != habits_.attachments)
      throw broken("acknowledgement " + std::to_string(*p.id) + " has lost attachments");
    if (event == "blobs") journal_.met(feature::all_attachments);
  }
  if (p.bytes.size() > 1 || (!p.bytes.empty() && p.bytes[0] != note_attachment(number << 4 | (number % 4)))) {
    throw broken("the attachment of acknowledgement " + std::to_string(*p.id) + " has changed");
  }
  waiting.erase(asked);
}

std::string person::owed_notice() const {
  if (!engine_ || book_.may_be_over(*life_)) return {};
  for (const auto& [nsp, p] : presences_)
    if (p.now == state::in && book_.owes_notice(*p.as)) return name() + " was not told that its credentials expire";
  return {};
}

std::string person::not_begun() const {
  if (!engine_ || life_->leaving || !engine_->all_sent()) return {};
  for (const auto& [nsp, p] : presences_) {
    if (p.now != state::in || p.as->sent_away || p.as->handled == p.said || !book_.must_begin(*life_, nsp)) continue;
    return name() + ": command " + std::to_string(p.as->handled + 1) + " in " + nsp +
           " waits for answers that do not come";
  }
  return {};
}

// The events of a client that is not read may wait for an answer of its own, which is not read either.
std::string person::owed() const {
  if (engine_ && (life_->paused || life_->may_be_refused)) return {};
  if (!engine_ || life_->leaving || !life_->lawful || life_->sent_away || life_->too_slow) return {};
  if (book_.has_expired(*life_)) return {};
  if (engine_->current() == engine_client::stage::opening)
    return name() + " waits for its handshake: " + engine_->describe();
  if (!engine_->all_sent()) return name() + " cannot send what it has to say: " + engine_->describe();
  for (const auto& [nsp, p] : presences_) {
    if (p.now == state::asking) return name() + " waits to join " + nsp;
    if (p.now != state::in) continue;
    if (std::string lost = book_.missing(*p.as); !lost.empty()) return lost;
    if (book_.owes_notice(*p.as)) return owed_notice();
    if (p.as->sent_away) return name() + " was not told that it has left " + nsp;
    if (p.as->handled != p.said && !book_.may_be_refused(*life_))
      return name() + ": command " + std::to_string(p.as->handled + 1) + " in " + nsp + " was not handled";
    if (!p.unanswered.empty())
      return name() + ": command " + std::to_string(p.unanswered.begin()->second.command) + " in " + nsp +
             " was not answered";
  }
  return {};
}

}  // namespace cosio::simulation
