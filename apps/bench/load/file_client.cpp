// Heads are read, bodies are counted.

#include "file_client.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "bad_answer.hpp"
#include "http_answer.hpp"

namespace bench {

void file_client::ask() {
  if (!stream_.is_open()) stream_.open(where_.address, where_.address_size, where_.tls.get());
  waiting_ = true;
  asked_ = clock::now();
  stream_.send(request_);
}

std::size_t file_client::on_bytes(stream&, std::span<char> bytes) {
  std::size_t used = 0;
  try {
    if (!in_body_) used = read_head(bytes);
  } catch (const bad_answer& wrong) {
    waiting_ = false;
    stream_.close();
    user_.on_file_failed(*this, wrong.what());
    return bytes.size();
  }
  if (!in_body_) return 0;
  const auto more = std::min<std::uint64_t>(rest_, bytes.size() - used);
  rest_ -= more;
  return used + static_cast<std::size_t>(more);
}

// @return its size; 0 when it is not whole yet
std::size_t file_client::read_head(std::span<const char> bytes) {
  const auto head = read_http_head(bytes);
  if (!head) return 0;
  if (!waiting_) throw bad_answer("an HTTP response that nobody asked for");
  constexpr int not_modified = 304;
  if (!head->length && head->status != not_modified) throw bad_answer("an HTTP response without a length");
  rest_ = head->status == not_modified ? 0 : *head->length;
  answer_ = {head->status, rest_};
  closes_ = head->closes;
  in_body_ = true;
  return head->size;
}

void file_client::on_read_done(stream& from) {
  if (!in_body_ || rest_ > 0) return;
  in_body_ = waiting_ = false;
  if (closes_) from.close();
  user_.on_file(*this, answer_, loop_.read_at() - asked_);
}

// A server may close a connection that is kept alive between two requests.
void file_client::on_closed(stream&, std::string_view why) {
  in_body_ = false;
  if (std::exchange(waiting_, false)) user_.on_file_failed(*this, why);
}

}  // namespace bench
