// The handle of a world.

#include <cosio/test/world.hpp>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "test/client_core.hpp"
#include "test/http_text.hpp"
#include "test/world_core.hpp"

namespace cosio::test::inline v0_2 {
namespace {

world_options with_seed(std::uint64_t seed) {
  world_options how;
  how.seed = seed;
  return how;
}

}  // namespace

std::string http_answer::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    const bool same = std::equal(field.begin(), field.end(), name.begin(), name.end(),
                                 [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    if (same) return value;
  }
  return {};
}

world::world() : world(world_options()) {}
world::world(std::uint64_t seed) : world(with_seed(seed)) {}
world::world(world_options how) : core_(std::make_shared<kit::world_core>(std::move(how))) {}
world::~world() = default;
void world::close() { core_->close(); }

cosio::server world::server(const cosio::options& opts) { return core_->add_server(opts); }
cosio::server world::server() { return core_->add_server(cosio::options()); }
http::app& world::app() { return core_->app(); }
boost::asio::any_io_executor world::executor() const { return core_->context().get_executor(); }

client world::client(std::string_view nsp, boost::json::value auth, client_options how) {
  const auto made = kit::client_core::connect(*core_, nsp, std::move(auth), std::move(how));
  made->check_admitted();
  return test::client(made);
}
client world::client(client_options how) { return client("/", nullptr, std::move(how)); }

refused world::refusal(std::string_view nsp, boost::json::value auth, client_options how) {
  const auto made = kit::client_core::connect(*core_, nsp, std::move(auth), std::move(how));
  if (made->current() == kit::client_core::state::in)
    core_->fail(made->name() + " was let in, but must be refused in " + made->nsp());
  refused out(made->name() + " was not let in: " + made->refusal(), core_->details(), made->refusal(),
              made->refusal_data());
  return out;
}

http_answer world::request(std::string_view method, std::string_view target, std::string_view body,
                           const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [field, value] : headers) text += field + ": " + value + "\r\n";
  text.append("\r\n").append(body);
  kit::line to(core_->net());
  to.say(text);
  std::optional<kit::http_answer> answer;
  const bool answered = core_->run_until([&] {
    for (int idle = 0; idle < 3; ++idle) {
      if (to.push(true) + to.pull(true) != 0) idle = -1;
      core_->settle();
    }
    if (!answer) answer = kit::take_answer(to.heard(), method == "HEAD");
    return answer || to.ended();
  });
  if (!answered || !answer)
    core_->fail("no answer to " + std::string(method) + " " + std::string(target) + ": does its handler wait?");
  http_answer out;
  out.status = answer->status;
  out.headers = std::move(answer->headers);
  out.body = std::move(answer->body);
  return out;
}

void world::settle() { core_->settle(); }
void world::advance(std::chrono::milliseconds time) { core_->advance(time); }
std::chrono::milliseconds world::now() const { return core_->now(); }
cosio::task<> world::sleep(std::chrono::milliseconds time) { return kit::world_core::sleep(core_, time); }
void world::finish(cosio::task<> work) { core_->finish(std::move(work)); }

std::uint64_t world::seed() const { return core_->seed(); }
const std::vector<std::string>& world::wire() const { return core_->wire(); }
std::string world::trace() const {
  std::string out;
  for (const std::string& line : core_->wire()) out += line + "\n";
  return out;
}
const std::vector<log_line>& world::log() const { return core_->log(); }
std::size_t world::logged(log_level level, std::string_view text) const {
  const auto& lines = core_->log();
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const log_line& line) {
    return line.level == level && line.message.find(text) != std::string::npos;
  }));
}
void world::require(bool holds, std::string_view sentence) {
  if (!holds) core_->fail(std::string(sentence));
}

}  // namespace cosio::test::inline v0_2
