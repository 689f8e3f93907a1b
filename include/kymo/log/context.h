#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include <kymo/log/record.h>

namespace kymo::KYMO_ABI::log {

namespace detail {
struct ContextNode;
struct ThreadContext;
class ContextRun;
}  // namespace detail

/// What every event is about: peer, session, correlation id, trace id, any keys. An immutable value that owns
/// its texts; copies share them.
///
/// Threads: any. Cost of a copy: one atomic addition.
class KYMO_API Context final {
 public:
  Context() noexcept = default;  ///< nothing
  Context(const Context& other) noexcept;
  Context(Context&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Context& operator=(Context other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Context();

  [[nodiscard]] bool empty() const noexcept { return node_ == nullptr; }
  /// Each key once, with the value that was set last. Valid while this value lives.
  [[nodiscard]] std::span<const Field> fields() const noexcept;
  /// The same one, not merely an equal one.
  [[nodiscard]] bool operator==(const Context& other) const noexcept = default;

 private:
  friend class ContextScope;
  friend struct detail::ThreadContext;
  explicit Context(detail::ContextNode* node) noexcept : node_(node) {}

  detail::ContextNode* node_ = nullptr;
};

/// What the calling thread's events carry now. To hand it to another thread, see `bind_context()`.
[[nodiscard]] KYMO_API Context current_context() noexcept;

/// The fields, and behind them those of the context whose keys they have not: what an event that has these
/// fields of its own is logged with. Views into both.
[[nodiscard]] KYMO_API std::vector<Field> with_context_fields(std::span<const Field> own,
                                                              const Context& context);

/// Adds fields to every event that this thread logs, through whatever Logger, until the scope ends:
///
///     log::ContextScope scope{{"session", id}, {"peer", address}};
///
/// Keys and values are copied. Scopes nest; an inner one's value of the same key stands in front, and so does
/// an event's own field. Threads: one; in a coroutine that may go on elsewhere, see `with_context()`. One
/// that ends before those that began inside it ends them too; one that ends on a thread that does not know it
/// changes nothing there, and the thread that it began on keeps its fields. Cost: three allocations at most;
/// nothing for who logs without. Errors: without memory the scope adds nothing.
class KYMO_API ContextScope final {
 public:
  ContextScope(std::initializer_list<Field> fields) noexcept;
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;
  ~ContextScope();

 private:
  Context own_;
};

/// Puts a Context that was taken elsewhere in place of this thread's own, until the end of the scope.
class KYMO_API ContextRestore final {
 public:
  explicit ContextRestore(Context context) noexcept;
  ContextRestore(const ContextRestore&) = delete;
  ContextRestore& operator=(const ContextRestore&) = delete;
  ~ContextRestore();

 private:
  Context before_;
  detail::ContextRun* const run_;  ///< a coroutine that this is a part of: its context stays what it is
};

/// The callable, which will run under the context of the thread that calls this now, wherever it runs: for a
/// thread pool, a timer, a callback. Threads: as the callable's.
template <typename Callable>
[[nodiscard]] auto bind_context(Callable&& callable) {
  return [context = current_context(), bound = std::forward<Callable>(callable)]<typename... Arguments>(
             Arguments&&... arguments) mutable -> decltype(auto) {
    const ContextRestore restore(context);
    return std::invoke(bound, std::forward<Arguments>(arguments)...);
  };
}

}  // namespace kymo::KYMO_ABI::log
