// The session of one or several clients.

#include "test/connection.hpp"

#include <exception>
#include <utility>

#include "test/world_core.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

engine_client::rules rules_of(const cosio::options& server) {
  engine_client::rules out;
  out.ping_interval = server.ping_interval;
  out.upgrade_timeout = server.upgrade_timeout;
  out.max_payload = server.max_payload;
  out.deflates = server.per_message_deflate.has_value();
  return out;
}

engine_client::manner manner_of(const client_options& how, const cosio::options& server) {
  engine_client::manner out;
  out.websocket = how.over == transport::websocket;
  if (how.over == transport::jsonp) out.jsonp = "0";
  if (how.compression) out.deflate_offer = "permessage-deflate; client_max_window_bits";
  out.path = server.path.ends_with('/') ? server.path : server.path + "/";
  for (const auto& [field, value] : how.headers) out.headers += field + ": " + value + "\r\n";
  out.address = how.address;
  out.heartbeats = how.heartbeats;
  return out;
}

engine_life life_of(const world_core& in, std::string name, const client_options& how) {
  if (how.eio != 3 && how.eio != 4)
    in.fail("client_options::eio is " + std::to_string(how.eio) + ": there are clients of Engine.IO 3 and 4");
  engine_life out;
  out.name = std::move(name);
  out.revision = how.eio;
  out.begun = out.last_beat = in.now();
  return out;
}

}  // namespace

connection::connection(world_core& in, std::string name, const client_options& how, const cosio::options& server,
                       std::string more_query)
    : world_(in),
      life_(life_of(in, std::move(name), how)),
      msgpack_(how.msgpack),
      engine_(in.net(), in, life_, rules_of(server), (how.query.empty() ? "" : "&" + how.query) + more_query,
              manner_of(how, server)),
      reader_(how.msgpack),
      moves_(how.over == transport::upgrade) {}

void connection::add(const std::shared_ptr<member>& made) {
  clients_.push_back(made);
  if (open_) made->ask_to_enter();
}

// A client that has vanished does nothing.
std::size_t connection::step(moment now) {
  if (vanished_) return 0;
  const auto self = shared_from_this();  // the end of a client may let go of it
  try {
    if (open_ && std::exchange(moves_, false)) engine_.upgrade(now);
    return engine_.step(now, *this, false);
  } catch (const std::exception& e) {
    world_.complain(name() + " got something that no server sends: " + e.what());
    engine_.hang_up();
    on_over("it could not be read");
  }
  return 1;
}

void connection::move(moment now) { engine_.upgrade(now); }

void connection::say(std::string_view direction, std::string_view data, bool binary) {
  if (binary) return world_.say(name(), direction, "(" + std::to_string(data.size()) + " bytes)");
  world_.say(name(), direction, data);
}

void connection::send(const sio_packet& packet) {
  last_ = write_packet(packet, msgpack_);
  for (const engine_message& one : last_) say(">", one.data, one.binary);
  engine_.send(last_);
}

void connection::send_text(std::string_view engine_packet) {
  last_ = {{std::string(engine_packet), false}};
  say(">", engine_packet, false);
  engine_.send(last_);
}

void connection::send_last_again() {
  for (const engine_message& one : last_) say(">", one.data, one.binary);
  engine_.send(last_);
}

// ---------------------------------------------------------------- in

void connection::on_open() {
  open_ = true;
  const auto all = clients_;
  for (const auto& one : all) one->ask_to_enter();
}

void connection::on_message(std::string_view data, bool binary) {
  say("<", binary ? data : "4" + std::string(data), binary);
  const auto packet = reader_.read(data, binary);
  if (!packet) return;
  const std::string nsp = packet->nsp.substr(0, packet->nsp.find('?'));
  const auto all = clients_;
  for (const auto& one : all)
    if (one->nsp() == nsp) one->take(*packet);
}

void connection::on_over(const std::string& why) {
  why_ = why;
  tell_end(reason_.empty() ? "transport close" : reason_);
}

void connection::tell_end(const std::string& reason) {
  open_ = false;
  const auto all = std::exchange(clients_, {});
  for (const auto& one : all) one->leave(reason);
}

void connection::end(const std::string& reason, const std::function<void(engine_client&)>& how) {
  if (is_over()) return;
  const auto self = shared_from_this();
  reason_ = reason;
  vanished_ = false;
  how(engine_);
  if (is_over()) {
    why_ = reason;
    tell_end(reason);
  }
}

void connection::end_of_world() {
  const auto self = shared_from_this();
  if (!is_over()) engine_.hang_up();
  tell_end("transport close");
}

}  // namespace cosio::test::inline v0_2::kit
