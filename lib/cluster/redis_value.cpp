// Replies of Redis.

#include "cluster/redis_value.hpp"

#include <charconv>
#include <new>
#include <utility>

#if COSIO_WITH_REDIS
#include <hiredis/hiredis.h>
#endif

namespace cosio::inline v0_2::cluster {

redis_value redis_value::failure(std::string why) {
  redis_value out;
  out.kind = kinds::error;
  out.text = std::move(why);
  return out;
}

const redis_value& redis_value::at(std::size_t index) const noexcept {
  static const redis_value none;
  return index < items.size() ? items[index] : none;
}

std::string_view redis_value::text_at(std::size_t index) const noexcept {
  const redis_value& item = at(index);
  return item.kind == kinds::text ? std::string_view(item.text) : std::string_view();
}

std::optional<std::int64_t> redis_value::integer() const noexcept {
  if (kind == kinds::integer) return number;
  if (kind != kinds::text || text.empty()) return std::nullopt;
  std::int64_t out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::string_view redis_value::code() const noexcept {
  if (kind != kinds::error) return {};
  return std::string_view(text).substr(0, text.find(' '));
}

void write_command(std::string& out, const std::vector<std::string>& words) {
  out += '*';
  out += std::to_string(words.size());
  out += "\r\n";
  for (const std::string& word : words) {
    out += '$';
    out += std::to_string(word.size());
    out += "\r\n";
    out += word;
    out += "\r\n";
  }
}

#if COSIO_WITH_REDIS

bool has_redis() noexcept { return true; }

namespace {

// hiredis makes room for as many items as a list announces. The type of the number differs between its versions.
template <class Count>
struct bounded_list {
  static inline void* (*make)(const redisReadTask*, Count) = nullptr;
  static void* make_bounded(const redisReadTask* task, Count items) {
    if (static_cast<std::size_t>(items) > redis_reader::max_items) return nullptr;
    return make(task, items);
  }
};

template <class Count>
void bound(void* (*&make)(const redisReadTask*, Count)) {
  bounded_list<Count>::make = make;
  make = bounded_list<Count>::make_bounded;
}

redisReplyObjectFunctions bounded_functions() {
  redisReader* const plain = redisReaderCreate();
  if (plain == nullptr) throw std::bad_alloc();
  redisReplyObjectFunctions out = *plain->fn;
  redisReaderFree(plain);
  bound(out.createArray);
  return out;
}

redisReader* make_reader() {
  static redisReplyObjectFunctions functions = bounded_functions();
  redisReader* const made = redisReaderCreateWithFunctions(&functions);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

redis_value value_of(const redisReply& from) {
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      return redis_value(static_cast<std::int64_t>(from.integer));
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return redis_value(std::string(from.str, from.len));
    case REDIS_REPLY_ERROR:
      return redis_value::failure(std::string(from.str, from.len));
    case REDIS_REPLY_ARRAY: {
      std::vector<redis_value> items;
      items.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) items.push_back(value_of(*from.element[i]));
      return redis_value(std::move(items));
    }
    default:
      return {};
  }
}

struct free_reply {
  void operator()(void* reply) const noexcept { freeReplyObject(reply); }
};

}  // namespace

struct redis_reader::hidden {
  struct free_reader {
    void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
  };
  std::unique_ptr<redisReader, free_reader> reader{make_reader()};
};

redis_reader::redis_reader() : hidden_(std::make_unique<hidden>()) {}

void redis_reader::feed(std::string_view bytes) {
  if (!problem_.empty()) return;
  unread_ += bytes.size();
  if (unread_ > max_bytes) {
    problem_ = "a reply of more than " + std::to_string(max_bytes) + " bytes";
  } else if (redisReaderFeed(hidden_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    problem_ = "no memory for a reply";
  }
}

std::optional<redis_value> redis_reader::next() {
  if (!problem_.empty()) return std::nullopt;
  redisReader& from = *hidden_->reader;
  void* raw = nullptr;
  if (redisReaderGetReply(&from, &raw) != REDIS_OK) {
    problem_ = from.errstr;
    if (from.err == REDIS_ERR_OOM) problem_ = "a reply of more than " + std::to_string(max_items) + " items";
    if (problem_.empty()) problem_ = "no reply of Redis";
    return std::nullopt;
  }
  if (raw == nullptr) return std::nullopt;
  const std::unique_ptr<void, free_reply> owned(raw);
  unread_ = from.len - from.pos;
  return value_of(*static_cast<const redisReply*>(raw));
}

#else

bool has_redis() noexcept { return false; }

struct redis_reader::hidden {};
redis_reader::redis_reader() : problem_("this library was built without hiredis") {}
void redis_reader::feed(std::string_view) {}
std::optional<redis_value> redis_reader::next() { return std::nullopt; }

#endif

redis_reader::~redis_reader() = default;
redis_reader::redis_reader(redis_reader&&) noexcept = default;
redis_reader& redis_reader::operator=(redis_reader&&) noexcept = default;

}  // namespace cosio::inline v0_2::cluster
