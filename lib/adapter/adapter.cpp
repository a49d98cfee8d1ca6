// The default implementations of cosio::adapter, and the outcomes that adapters return.

#include <cosio/adapter.hpp>

#include <utility>

#include "adapter/memory_adapter.hpp"

namespace cosio::inline v0_2 {

std::string shortfall::text() const {
  if (!*this) return {};
  std::string out =
      "timeout reached: only " + std::to_string(received_) + " responses received out of " + std::to_string(expected_);
  for (std::size_t i = 0; i < servers_.size(); ++i) out += (i == 0 ? "; missing: " : ", ") + servers_[i];
  return out;
}

answers::answers(std::vector<arguments> responses, bool complete)
    : responses_(std::move(responses)), problem_(complete ? "" : "operation has timed out") {}
answers::answers(std::vector<arguments> responses, const shortfall& missing)
    : responses_(std::move(responses)), problem_(missing.text()) {}

task<> adapter::init() { co_return; }

task<delivery> adapter::emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                             emit_flags flags) {
  co_return to->emit(*packet, flags);
}

task<> adapter::persist_session(session_record) { co_return; }
task<std::shared_ptr<const session_record>> adapter::restore_session(std::string, std::string) { co_return nullptr; }

std::shared_ptr<adapter> make_memory_adapter(adapter_host& host) {
  return std::make_shared<adapters::memory_adapter>(host);
}

}  // namespace cosio::inline v0_2
