// A survey whose events are declared once, in typed/contract.hpp: the compiler of the server and that of the page
// (typed/page.ts) check every event and every argument.
//
//   example_typed [PORT [FOLDER]]     the folder with index.html, and with page.js, which tsc has made

#include "typed/contract.hpp"

#include <cosio/cosio.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace {

using voter = cosio::typed_socket<survey::contract>;
using voters = cosio::typed_nsp<survey::contract>;

// One vote for each socket; a second one takes the place of the first.
class ballot_box {
 public:
  survey::result put(const std::string& who, survey::vote what) {
    const std::lock_guard lock(mutex_);
    votes_[who] = std::move(what);
    return count();
  }
  survey::result result() const {
    const std::lock_guard lock(mutex_);
    return count();
  }

 private:
  survey::result count() const {
    survey::result out;
    for (const auto& [who, vote] : votes_) {
      ++out.voters;
      ++out.votes[vote.feeling];
      if (vote.remark && out.remarks.size() < 10) out.remarks.push_back(*vote.remark);
    }
    return out;
  }

  mutable std::mutex mutex_;
  std::map<std::string, survey::vote> votes_;
};

void serve(ballot_box& box, voter who) {
  who.on<"vote">([&box, who](survey::vote what) -> cosio::task<int> {
    const survey::result now = box.put(who.id(), std::move(what));
    co_await who.broadcast().emit<"changed">(now);  // another name, or another type, does not compile
    co_return now.voters;
  });
  who.on<"result">([&box] { return box.result(); });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::http::app_options where;
  if (argc > 1) where.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::http::app web(where);
  web.files("/", argc > 2 ? argv[2] : "typed");
  const cosio::server io(web);
  ballot_box box;
  const voters everybody(io.sockets());
  everybody.on_connection([&box](voter who) { serve(box, std::move(who)); });
  io.run_until_signal();
}
