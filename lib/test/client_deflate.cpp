// The client's half of permessage-deflate.

#include "test/client_deflate.hpp"

#include <zlib.h>

#include <array>
#include <map>
#include <optional>

#include "test/broken.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

constexpr int largest_window = 15;
constexpr int smallest_of_zlib = 9;  // to write raw deflate; it reads all of them
constexpr std::string_view name = "permessage-deflate";
constexpr std::string_view end_of_message("\x00\x00\xff\xff", 4);

using parameters = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Of the one extension in there that is ours.
parameters parse(std::string_view header) {
  const auto at = header.find(name);
  if (at == std::string_view::npos) throw broken("no permessage-deflate in: " + std::string(header));
  header.remove_prefix(at + name.size());
  parameters out;
  while (header.starts_with(';')) {
    header.remove_prefix(1);
    const auto end = header.find(';');
    const std::string_view one = trimmed(header.substr(0, end));
    const auto equals = one.find('=');
    const std::string value(equals == std::string_view::npos ? "" : one.substr(equals + 1));
    if (!out.emplace(one.substr(0, equals), value).second) throw broken("a parameter twice: " + std::string(one));
    header.remove_prefix(end == std::string_view::npos ? header.size() : end);
  }
  if (!header.empty()) throw broken("behind permessage-deflate: " + std::string(header));
  return out;
}

std::optional<int> bits_in(const parameters& of, std::string_view which) {
  const auto found = of.find(which);
  if (found == of.end() || found->second.empty()) return std::nullopt;
  const int bits = std::stoi(found->second);
  if (bits < 8 || bits > largest_window) throw broken("a window of " + found->second + " bits");
  return bits;
}

void check_answer(const parameters& offer, const parameters& answer) {
  for (const auto& [key, value] : answer) {
    const bool flag = key == "server_no_context_takeover" || key == "client_no_context_takeover";
    const bool window = key == "server_max_window_bits" || key == "client_max_window_bits";
    if ((flag && !value.empty()) || (window && value.empty()) || (!flag && !window))
      throw broken("an answer with the parameter " + key + "=" + value);
  }
  if (offer.contains("server_no_context_takeover") && !answer.contains("server_no_context_takeover"))
    throw broken("the server does not forget, but was asked to");
  if (answer.contains("client_max_window_bits") && !offer.contains("client_max_window_bits"))
    throw broken("a window for a client that did not offer one");
  for (const char* key : {"server_max_window_bits", "client_max_window_bits"}) {
    if (bits_in(answer, key).value_or(largest_window) > bits_in(offer, key).value_or(largest_window))
      throw broken(std::string(key) + " is larger than was offered");
  }
}

}  // namespace

struct client_deflate::state {
  bool server_takeover = true;
  bool client_takeover = true;
  int server_bits = largest_window;
  int client_bits = largest_window;
  z_stream in{};
  z_stream out{};
};

std::string client_deflate::some_offer(dice& roll) {
  std::string offer(roll.chance(150) ? "x-webkit-deflate-frame, " : "");
  offer += name;
  if (roll.chance(300))
    offer += "; client_max_window_bits";
  else if (roll.chance(300))
    offer += "; client_max_window_bits=" + std::to_string(roll.between(8, 15));
  if (roll.chance(300)) offer += "; server_max_window_bits=" + std::to_string(roll.between(8, 15));
  if (roll.chance(200)) offer += "; server_no_context_takeover";
  if (roll.chance(200)) offer += "; client_no_context_takeover";
  return offer;
}

client_deflate::client_deflate(std::string_view offer, std::string_view answer) : state_(std::make_unique<state>()) {
  const parameters offered = parse(offer);
  const parameters agreed = parse(answer);
  check_answer(offered, agreed);
  state& s = *state_;
  s.server_takeover = !agreed.contains("server_no_context_takeover");
  s.client_takeover = !agreed.contains("client_no_context_takeover");
  s.server_bits = bits_in(agreed, "server_max_window_bits").value_or(largest_window);
  s.client_bits = bits_in(agreed, "client_max_window_bits").value_or(largest_window);
  // A window of 8 refers to nothing: zlib writes none so small.
  const bool small = s.client_bits < smallest_of_zlib;
  if (inflateInit2(&s.in, -s.server_bits) != Z_OK) throw broken("zlib does not inflate");
  if (deflateInit2(&s.out, 6, Z_DEFLATED, small ? -smallest_of_zlib : -s.client_bits, 8,
                   small ? Z_HUFFMAN_ONLY : Z_DEFAULT_STRATEGY) != Z_OK)
    throw broken("zlib does not deflate");
}

client_deflate::~client_deflate() {
  inflateEnd(&state_->in);
  deflateEnd(&state_->out);
}

bool client_deflate::server_takeover() const noexcept { return state_->server_takeover; }
bool client_deflate::client_takeover() const noexcept { return state_->client_takeover; }
int client_deflate::server_bits() const noexcept { return state_->server_bits; }

std::string client_deflate::deflate(std::string_view message) {
  if (message.empty()) return std::string(1, '\0');  // RFC 7692, section 7.2.3.6: zlib would write nothing
  z_stream& z = state_->out;
  if (!state_->client_takeover) deflateReset(&z);
  std::string made;
  std::array<char, 1'024> room{};
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
  z.avail_in = static_cast<uInt>(message.size());
  do {
    z.next_out = reinterpret_cast<Bytef*>(room.data());
    z.avail_out = room.size();
    ::deflate(&z, Z_SYNC_FLUSH);
    made.append(room.data(), room.size() - z.avail_out);
  } while (z.avail_out == 0);
  if (!std::string_view(made).ends_with(end_of_message)) throw broken("zlib has not flushed");
  made.resize(made.size() - end_of_message.size());
  return made;
}

// In small pieces: zlib then looks no further back than the window that was agreed.
std::string client_deflate::inflate(std::string_view message) {
  z_stream& z = state_->in;
  if (!state_->server_takeover) inflateReset(&z);
  std::string whole(message);
  whole += end_of_message;
  std::string out;
  std::array<char, 128> room{};
  z.next_in = reinterpret_cast<Bytef*>(whole.data());
  z.avail_in = static_cast<uInt>(whole.size());
  do {
    z.next_out = reinterpret_cast<Bytef*>(room.data());
    z.avail_out = room.size();
    const int result = ::inflate(&z, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR)
      throw broken(std::string("a compressed message that cannot be inflated: ") + (z.msg != nullptr ? z.msg : "?"));
    out.append(room.data(), room.size() - z.avail_out);
  } while (z.avail_out == 0);
  if (z.avail_in != 0) throw broken("a compressed message with more behind it");
  return out;
}

}  // namespace cosio::test::inline v0_2::kit
