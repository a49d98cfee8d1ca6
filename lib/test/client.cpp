// The handle of a client.

#include <cosio/test/client.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <exception>
#include <memory>
#include <utility>

#include "test/client_core.hpp"
#include "test/world_core.hpp"

namespace cosio::test::inline v0_2 {

const std::string& client::name() const { return core_->name(); }
client client::named(std::string name) const {
  core_->name(std::move(name));
  return *this;
}
const std::string& client::nsp() const { return core_->nsp(); }
std::string client::id() const { return core_->id(); }
bool client::connected() const { return core_->current() == kit::client_core::state::in; }
std::string client::reason() const { return core_->reason(); }
bool client::recovered() const { return core_->recovered(); }
std::string client::transport() const {
  if (!core_->line() || core_->line()->is_over()) return "closed";
  return core_->line()->engine().current() == kit::engine_client::stage::websocket ? "websocket" : "polling";
}

// ---------------------------------------------------------------- talking and hearing

void client::send_event(event_data data) const { core_->emit(data); }
cosio::task<arguments> client::send_question(std::string event, event_data data) const {
  return kit::client_core::ask(core_, std::move(event), std::move(data));
}
cosio::task<arguments> client::next_event(std::string event) const {
  return kit::client_core::next(core_, std::move(event));
}
void client::listen(std::string_view event, detail::listener_ptr listener) const {
  core_->listen(event, std::move(listener));
}
void client::run_to_end(cosio::task<> work) const { core_->world().finish(std::move(work)); }

void client::fail_to_read(const std::shared_ptr<kit::client_core>& core, const std::string& what, const arguments& got,
                          const std::string& problem) {
  core->world().fail(core->name() + " got " + what + " with other types than the test asks for: " +
                     boost::json::serialize(got.values()) + " (" + problem + ")");
}

void client::expect_event(std::string event, event_data wanted) const {
  auto list = boost::json::parse(wanted.json()).as_array();
  list.erase(list.begin());  // the name
  const auto got = finish(next_event(event));
  if (core_->are_arguments(list, wanted.attachments(), got)) return;
  const std::string values = boost::json::serialize(got.values());
  const std::string expected = boost::json::serialize(list);
  core_->world().fail(name() + " got \"" + event + "\" with other arguments.\n  expected: " + expected +
                      "\n  got:      " + values + (values == expected ? " with other bytes of its binary" : ""));
}

void client::expect_nothing() const {
  core_->world().settle();
  if (!core_->inbox().empty())
    core_->world().fail(name() + " got what it must not get: " + kit::client_core::in_words(core_->inbox().front()));
}

void client::expect_nothing(std::string_view event) const {
  core_->world().settle();
  for (const heard& one : core_->inbox())
    if (one.event == event)
      core_->world().fail(name() + " got what it must not get: " + kit::client_core::in_words(one));
}

void client::expect_end(std::string_view reason) const {
  kit::world_core& in = core_->world();
  if (!in.run_until([&] { return !connected(); })) in.fail(name() + " is still in " + nsp() + ", but must leave");
  if (!reason.empty() && core_->reason() != reason)
    in.fail(name() + " has left for another reason.\n  expected: " + std::string(reason) +
            "\n  got:      " + core_->reason());
}

std::vector<heard> client::inbox() const {
  core_->world().settle();
  return {core_->inbox().begin(), core_->inbox().end()};
}

void client::clear_inbox() const {
  core_->world().settle();
  core_->inbox().clear();
}

// ---------------------------------------------------------------- coming and going

client client::of(std::string_view nsp, boost::json::value auth) const {
  const auto made = core_->join(nsp, std::move(auth));
  made->check_admitted();
  return client(made);
}

void client::disconnect() const { core_->disconnect(); }

void client::close() const {
  core_->open_line("close");
  core_->line()->end("io client disconnect", [](kit::engine_client& engine) { engine.say_goodbye(); });
  kit::world_core& in = core_->world();
  in.run_until([&] { return core_->line()->is_over(); });
}

void client::reconnect() const {
  core_->reconnect();
  core_->check_admitted();
}

void client::upgrade() const {
  kit::world_core& in = core_->world();
  core_->open_line("move to WebSocket").move(in.now());
  in.run_until([&] { return !core_->line()->is_moving(); });
  if (transport() != "websocket") in.fail(name() + " asked for a WebSocket, and did not get it");
}

// ---------------------------------------------------------------- faults

void client::cut() const {
  core_->open_line("lose its connection");
  core_->line()->end("transport error", [](kit::engine_client& engine) { engine.reset(); });
}
void client::half_close() const {
  core_->open_line("half-close its connection");
  core_->line()->end("transport close", [](kit::engine_client& engine) { engine.half_close(1000); });
}
void client::vanish() const { core_->open_line("vanish").vanish(true); }
void client::return_to_life() const {
  core_->open_line("return to life").vanish(false);
  core_->line()->engine().lag(false);
}
void client::stop_reading() const { core_->open_line("stop reading").engine().lag(true); }
void client::send_again() const { core_->open_line("send its last packet again").send_last_again(); }
void client::send_packet(std::string_view text) const {
  core_->open_line("send a packet").send_text("4" + std::string(text));
}
void client::send_engine_packet(std::string_view text) const { core_->open_line("send a packet").send_text(text); }

// ---------------------------------------------------------------- kinds of clients

const char* to_string(transport over) noexcept {
  switch (over) {
    case transport::polling:
      return "polling";
    case transport::jsonp:
      return "jsonp";
    case transport::websocket:
      return "websocket";
    case transport::upgrade:
      return "upgrade";
  }
  return "";
}

std::vector<client_options> every_client() {
  std::vector<client_options> out;
  for (const unsigned eio : {4U, 3U})
    for (const transport over : {transport::polling, transport::jsonp, transport::websocket, transport::upgrade})
      out.emplace_back(over, eio);
  return out;
}

}  // namespace cosio::test::inline v0_2
