// Polling: a GET waits at the server for packets, and a POST carries packets to it.

#include <boost/asio/error.hpp>

#include <cosio/error.hpp>

#include <optional>

#include "async/deadlines.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "client/failure.hpp"
#include "client/http_link.hpp"
#include "client/transport.hpp"
#include "wire/payload.hpp"

namespace cosio::inline v0_2::clients {
namespace {

class polling_client final : public transport {
 public:
  polling_client(async::strand on, std::shared_ptr<const source_terms> terms, std::weak_ptr<transport_host> host)
      : transport(std::move(on), std::move(terms), std::move(host)),
        gets_(std::make_shared<http_link>(strand_, terms_)),
        posts_(std::make_shared<http_link>(strand_, terms_)) {}

  std::string_view name() const noexcept override { return "polling"; }
  void start(std::string sid) override {
    sid_ = std::move(sid);
    async::spawn(strand_, "client", poll(self()));
  }
  void use_sid(std::string sid) override { sid_ = std::move(sid); }

  void send(std::vector<out_packet> packets) override {
    writing_ = true;
    async::spawn(strand_, "client", post(self(), joined(packets)));
  }

  void pause() override {
    pausing_ = true;
    async::post(strand_, "client", [me = self()] { me->check_paused(); });
  }

  void stop() noexcept override {
    if (stopped_) return;
    stopped_ = true;
    limit_ = nullptr;
    gets_->stop();
    posts_->stop();
  }

 private:
  std::shared_ptr<polling_client> self() { return std::static_pointer_cast<polling_client>(shared_from_this()); }

  std::string joined(const std::vector<out_packet>& packets) const {
    wire::payload_writer out(terms_->rev(), false);
    for (const out_packet& one : packets) out.add(one.as_wire());
    return out.take();
  }

  // The GET is let go when the server has the packet.
  void say_goodbye() override {
    out_packet goodbye;
    goodbye.type = wire::packet_type::close;
    send({std::move(goodbye)});
    said_goodbye_ = true;
  }

  static task<> poll(std::shared_ptr<polling_client> self) {
    std::exception_ptr thrown;
    try {
      co_await poll_on(self);
    } catch (...) {
      thrown = std::current_exception();
    }
    self->polling_ = false;
    if (thrown) self->fail(thrown);
    self->check_paused();
  }

  static task<> poll_on(std::shared_ptr<polling_client> self) {
    while (!self->stopped_ && !self->pausing_) {
      self->polling_ = true;
      std::string target = self->terms_->target("polling", self->sid_);
      const http_answer answer = co_await http_link::ask(self->gets_, std::move(target), std::nullopt);
      if (answer.status != 200) throw failure(refusal_of(answer), explain_status(answer.status), answer.status);
      self->take(answer);
      self->polling_ = false;
    }
  }

  static boost::system::error_code refusal_of(const http_answer&) { return boost::asio::error::connection_refused; }

  void take(const http_answer& answer) {
    wire::payload_limits limits;
    limits.max_bytes = answer.body.size();
    wire::payload_reader reader(terms_->rev(), answer.body, answer.binary, limits);
    while (!stopped_) {
      const auto next = reader.next();
      if (next.has_error())
        throw failure(next.error().code, "what the server sent cannot be read", 0, reason::kind::parse_error);
      if (!*next) return;
      take(**next);
    }
  }

  void take(const wire::engine_packet& packet) {
    if (packet.type == wire::packet_type::close)
      throw failure(boost::asio::error::eof, "the server closed the connection", 0, reason::kind::transport_close);
    if (packet.type == wire::packet_type::open && !open_) {
      open_ = true;
      tell([this](transport_host& host) { host.on_transport_open(*this); });
    }
    std::string bytes(packet.data);
    tell([&](transport_host& host) {
      host.on_packet(*this, packet.type, packet.binary ? message(binary(std::move(bytes))) : message(std::move(bytes)));
    });
  }

  static task<> post(std::shared_ptr<polling_client> self, std::string body) {
    std::exception_ptr thrown;
    try {
      std::string target = self->terms_->target("polling", self->sid_);
      const http_answer answer = co_await http_link::ask(self->posts_, std::move(target), std::move(body));
      if (answer.status != 200) throw failure(refusal_of(answer), explain_status(answer.status), answer.status);
    } catch (...) {
      thrown = std::current_exception();
    }
    self->writing_ = false;
    if (thrown || self->said_goodbye_) co_return self->end_post(thrown);
    if (self->silent_ && !self->stopped_) co_return self->say_goodbye();
    self->tell([&](transport_host& host) { host.on_written(*self); });
    self->check_paused();
  }

  void end_post(const std::exception_ptr& thrown) {
    if (thrown) return fail(thrown);
    stop();
  }

  void check_paused() {
    if (!pausing_ || polling_ || writing_ || told_paused_ || stopped_) return;
    told_paused_ = true;
    tell([this](transport_host& host) { host.on_paused(*this); });
  }

  const std::shared_ptr<http_link> gets_;
  const std::shared_ptr<http_link> posts_;
  std::string sid_;
  bool polling_ = false;
  bool pausing_ = false;
  bool told_paused_ = false;
  bool said_goodbye_ = false;
};

}  // namespace

std::shared_ptr<transport> make_polling(async::strand on, std::shared_ptr<const source_terms> terms,
                                        std::weak_ptr<transport_host> host) {
  return std::make_shared<polling_client>(std::move(on), std::move(terms), std::move(host));
}

}  // namespace cosio::inline v0_2::clients
