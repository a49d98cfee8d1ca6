// Messages of an emitter, in the form of the classic Redis adapter.

#include "cluster/emitter_redis.hpp"

#include <boost/json/object.hpp>

#include <cosio/error.hpp>

#include <chrono>
#include <utility>
#include <vector>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "cluster/message_parts.hpp"
#include "cluster/redis_fields.hpp"
#include "cluster/redis_messages.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// A connection that does not reply for long is given up: this time is above that.
constexpr auto longest_reply = 60s;

json::object request(request_type type) {
  json::object out;
  out["uid"] = "emitter";
  out["type"] = static_cast<std::int64_t>(type);
  return out;
}

json::object opts_of(const target& to) {
  json::object out;
  out["rooms"] = names_for_others(to.rooms);
  out["except"] = names_for_others(to.except);
  return out;
}

[[noreturn]] void refuse_server() {
  throw error(errc::not_supported, "redis_wire() only publishes: servers have options.adapter = redis_adapter()");
}

}  // namespace

classic_message write_classic(const cluster_message& message, const std::string& key) {
  const std::string base = key + "#" + message.nsp + "#";
  classic_message out;
  out.channel = key + "-request#" + message.nsp + "#";
  switch (message.type) {
    case message_type::broadcast:
      out.channel = message.to.rooms.size() == 1 ? base + message.to.rooms.front() + "#" : base;
      out.bytes = write_broadcast("emitter", message.nsp, message.event, message.to);
      return out;
    case message_type::sockets_join:
    case message_type::sockets_leave: {
      const bool join = message.type == message_type::sockets_join;
      json::object what = request(join ? request_type::remote_join : request_type::remote_leave);
      what["opts"] = opts_of(message.to);
      what["rooms"] = names_for_others(message.rooms);
      out.bytes = serialized(what);
      return out;
    }
    case message_type::disconnect_sockets: {
      json::object what = request(request_type::remote_disconnect);
      what["opts"] = opts_of(message.to);
      what["close"] = message.close;
      out.bytes = serialized(what);
      return out;
    }
    case message_type::server_side_emit: {
      json::object what = request(request_type::server_side_emit);
      what["data"] = plain_json(message.event);
      out.bytes = serialized(what);
      return out;
    }
    default:
      break;
  }
  throw error(errc::not_supported, "an emitter does not send messages of this type");
}

emitter_redis::emitter_redis(async::executor on, async::deadlines& timers, redis_address where, redis_settings how,
                             std::string key)
    : strand_(on),
      timers_(timers),
      key_(std::move(key)),
      nodes_(std::make_shared<redis_nodes>(strand_, timers, std::move(where), std::move(how),
                                           redis_nodes::uses::commands)) {}

// The connections are closed on their strand: an operation of theirs may be running, and uses the timers.
emitter_redis::~emitter_redis() {
  base::guarded("cluster", [this] {
    async::post(strand_, "cluster", [timers = timers_.keep(), nodes = nodes_] { nodes->close(); });
  });
}

void emitter_redis::start() {
  async::post(strand_, "cluster", [nodes = nodes_, load = load_, presence = presence_] {
    auto ready = [load, presence] {
      ++load->connections;
      load->connected = true;
      presence->set(true);
    };
    auto lost = [load, presence](const std::string&) {
      load->connected = false;
      presence->set(false);
    };
    nodes->start(std::move(ready), {}, std::move(lost));
  });
}

task<> emitter_redis::listen(std::string, std::string, std::shared_ptr<cluster_receiver>) { refuse_server(); }
task<> emitter_redis::stop(std::string, std::string) { refuse_server(); }

task<publication> emitter_redis::publish(cluster_message message) {
  return publish_confirmed(std::move(message), longest_reply);
}

task<publication> emitter_redis::publish_confirmed(cluster_message message, std::chrono::milliseconds within) {
  auto send = [on = strand_, nodes = nodes_, load = load_,
               what = write_classic(message, key_)](const std::shared_ptr<wire_receipt>& receipt) {
    async::post(on, "cluster", [nodes, load, what, receipt] {
      const std::vector<std::string> words{"PUBLISH", what.channel, what.bytes};
      nodes->command(0, words, [load, receipt](const redis_value& reply) {
        load->count(reply.ok());
        receipt->settle(reply.ok() ? publication::taken() : publication::failed(reply.text));
      });
    });
  };
  return publish_by(presence_, &timers_, within, std::move(send));
}

}  // namespace cosio::inline v0_2::cluster
