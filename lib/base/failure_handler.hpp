// A callable that is told of an exception. Each event of a client has one: so a small one takes no memory of its own,
// which std::function would take for anything that holds a smart pointer.

#pragma once
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2::base {

/// Moved, not copied. @par Threads  One at a time.
class failure_handler {
  static constexpr std::size_t room = 3 * sizeof(void*);

 public:
  /// Whether a callable of this type takes no memory.
  template <class F>
  static constexpr bool fits =
      sizeof(F) <= room && alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, failure_handler> && std::invocable<F&, std::exception_ptr>)
  explicit(false) failure_handler(F&& call) {
    using type = std::decay_t<F>;
    if constexpr (fits<type>) {
      ::new (static_cast<void*>(room_)) type(std::forward<F>(call));
      kind_ = &kind_of<type>;
    } else {
      auto kept = std::make_unique<type>(std::forward<F>(call));
      using smaller = boxed<type>;
      ::new (static_cast<void*>(room_)) smaller{std::move(kept)};
      kind_ = &kind_of<smaller>;
    }
  }
  failure_handler(failure_handler&& other) noexcept { take(other); }
  failure_handler& operator=(failure_handler&& other) noexcept {
    if (this != &other) {
      drop();
      take(other);
    }
    return *this;
  }
  ~failure_handler() { drop(); }

  /// Not after it was moved away.
  void operator()(std::exception_ptr thrown) { kind_->call(room_, std::move(thrown)); }

 private:
  // The operations that the type of a callable has.
  struct kind {
    void (*call)(void* callable, std::exception_ptr thrown);
    void (*move)(void* from, void* to) noexcept;  // and destroys the one at `from`
    void (*destroy)(void* callable) noexcept;
  };
  template <class F>
  struct boxed {
    std::unique_ptr<F> callable;
    void operator()(std::exception_ptr thrown) const { (*callable)(std::move(thrown)); }
  };
  template <class F>
  static constexpr kind kind_of = {
      [](void* callable, std::exception_ptr thrown) { (*static_cast<F*>(callable))(std::move(thrown)); },
      [](void* from, void* to) noexcept {
        ::new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* callable) noexcept { static_cast<F*>(callable)->~F(); }};

  void take(failure_handler& other) noexcept {
    kind_ = std::exchange(other.kind_, nullptr);
    if (kind_ != nullptr) kind_->move(other.room_, room_);
  }
  void drop() noexcept {
    if (const kind* const gone = std::exchange(kind_, nullptr)) gone->destroy(room_);
  }

  alignas(void*) std::byte room_[room];
  const kind* kind_ = nullptr;  // null when there is no callable
};

}  // namespace cosio::inline v0_2::base
