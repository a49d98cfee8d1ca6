// Functions of the application that are kept behind a lock.
//
// A std::function copies and destroys what the application's callable has captured, and that may be anything. So no
// such function is copied while a lock is held: a sharing one is, which copies a pointer.

#pragma once
#include <functional>
#include <memory>
#include <utility>

namespace cosio::inline v0_2::base {

/// A function that shares its callable with all its copies. Empty for an empty one.
template <class R, class... Args>
std::function<R(Args...)> sharing(std::function<R(Args...)> callable) {
  if (!callable) return nullptr;
  auto kept = std::make_shared<std::function<R(Args...)>>(std::move(callable));
  return [kept](Args... args) -> R { return (*kept)(std::forward<Args>(args)...); };
}

}  // namespace cosio::inline v0_2::base
