// The parts of <cosio/listener.hpp> that are no templates.

#include <cosio/listener.hpp>

#include <cosio/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/spawn.hpp"

namespace cosio::inline v0_2 {

listener_handle::listener_handle(std::function<void()> remove, const void* table, std::uint64_t number)
    : remove_(std::make_shared<std::function<void()>>(std::move(remove))), table_(table), number_(number) {}

void listener_handle::remove() const {
  if (remove_ && *remove_) (*remove_)();
}

namespace detail {

arguments event_view::from(std::size_t index) const {
  if (!parsed.list) {
    const auto* const first = values + (index < count ? index : count);
    return arguments(boost::json::array(first, values + count, boost::json::storage_ptr()), attachments);
  }
  arguments out(elements_from(parsed, index));
  out.attachments() = attachments;
  return out;
}

bool event_view::refuse(std::size_t index, mismatch& wrong, std::string& problem) const {
  if (index >= count) wrong.got = "missing";
  problem = describe_mismatch(event, index, wrong);
  return false;
}

json_ref event_view::absent() noexcept {
  static const boost::json::value null;
  return null;
}

listener_base::~listener_base() = default;

void throw_empty_task() {
  throw error(errc::bad_argument,
              "the function returned an empty cosio::task<>: write co_return in it, or let it be a plain function");
}

task<> answer_after(task<> work, ack answer) {
  co_await std::move(work);
  if (!answer) co_return;
  auto answered = answer();
  co_await std::move(answered);
}

}  // namespace detail

task<> ack::nothing() { return async::nothing(); }

}  // namespace cosio::inline v0_2
