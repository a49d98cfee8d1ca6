// The log of messages that Redis does not take.

#include "cluster/wire_load.hpp"

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {

void wire_load::replied(std::string_view command, const redis_value& reply, bool is_connected) {
  if (reply.ok()) {
    has_told_refused_ = false;
    return;
  }
  // When this server closes the connection, Redis has refused nothing.
  if (is_closing_ || !is_connected || has_told_refused_.exchange(true)) return;
  base::log(log_level::error, "cluster",
            "Redis refuses " + std::string(command) + " (" + reply.text +
                "): what is sent does not reach other servers until a message is taken again");
}

void wire_load::tell_cut_off() const {
  if (cut_off_ == 0) return;
  base::log(log_level::warn, "cluster",
            "the server has ended before Redis confirmed the last " + std::to_string(cut_off_) +
                " message(s): other servers may not get them");
}

}  // namespace cosio::inline v0_2::cluster
