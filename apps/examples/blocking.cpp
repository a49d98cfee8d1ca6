// Work that blocks a thread (hashes, images, a database without Asio) runs on a pool of its own. The threads of the
// server go on with the other clients meanwhile.

#include <openssl/evp.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cosio/cosio.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace {

// Takes a processor for a fifth of a second or so. A real program has another salt for each password.
std::string hash(const std::string& password) {
  const std::string salt = "the salt of this example";
  std::string out(32, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                    reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), 600'000,
                    EVP_sha256(), static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

cosio::task<std::string> hash_here(std::string password) { co_return hash(password); }

class hasher {
 public:
  // Comes back to the strand of the caller: what a handler does behind its co_await is as safe as before.
  cosio::task<std::string> run(std::string password) {
    const in_line place(waiting_);
    std::string found = co_await asio::co_spawn(pool_, hash_here(std::move(password)), asio::use_awaitable);
    co_return found;
  }
  void finish() { pool_.join(); }

 private:
  // A line without an end would keep memory, and answer people who have left. Busy is an answer, too.
  class in_line {
   public:
    explicit in_line(std::atomic<int>& line) : line_(line) {
      if (++line_ <= most) return;
      --line_;
      throw cosio::refusal("busy, try again later", 503);
    }
    in_line(const in_line&) = delete;
    in_line& operator=(const in_line&) = delete;
    ~in_line() { --line_; }

   private:
    static constexpr int most = 8;
    std::atomic<int>& line_;
  };

  std::atomic<int> waiting_ = 0;
  asio::thread_pool pool_{2};
};

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.threads = 1;  // one is enough for many thousand clients whose handlers never block
  opts.answer_failed_events = true;
  opts.max_event_rates["hash"] = cosio::rate_limit(2, 20);  // of one client: 20 at once, then two in a second

  hasher hashes;
  cosio::server io(opts);
  io.on_connection([&hashes](cosio::socket user) {
    user.on("hash", [&hashes](std::string password) -> cosio::task<cosio::binary> {
      std::string found = co_await hashes.run(std::move(password));
      co_return cosio::binary(std::move(found));
    });
    user.on("quick", [](int n) { return n + 1; });
  });
  io.run_until_signal();
  hashes.finish();  // before the server goes: results go there
}
