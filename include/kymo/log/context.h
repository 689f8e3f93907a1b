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

/// The fields that events share: peer, session, correlation id, trace id, any keys. An immutable value that
/// owns its texts; copies share them.
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
  /// Each key once, with its last value. Valid while this object lives.
  [[nodiscard]] std::span<const Field> fields() const noexcept;
  /// True for the same object or a copy, not merely for equal fields.
  [[nodiscard]] bool operator==(const Context& other) const noexcept = default;

 private:
  friend class ContextScope;
  friend struct detail::ThreadContext;
  explicit Context(detail::ContextNode* node) noexcept : node_(node) {}

  detail::ContextNode* node_ = nullptr;
};

/// The context of the calling thread's events. To hand it to another thread, use `bind_context()`.
[[nodiscard]] KYMO_API Context current_context() noexcept;

/// The fields that an event with `own` fields is logged with: `own`, then the context's fields with other
/// keys. Views into both.
[[nodiscard]] KYMO_API std::vector<Field> with_context_fields(std::span<const Field> own,
                                                              const Context& context);

/// Adds fields to every event that this thread logs, through whatever Logger, until the scope ends:
///
///     log::ContextScope scope{{"session", id}, {"peer", address}};
///
/// Keys and values are copied. Scopes nest: an inner scope's value of a key wins, and so does an event's own
/// field. Threads: one; for a coroutine that may resume elsewhere, see `with_context()`. A scope that ends
/// before inner ones ends them too. A scope that ends on a foreign thread changes nothing there; its own
/// thread keeps the fields. Cost: at most three allocations; nothing for code that logs without scopes.
/// Errors: without memory the scope adds nothing.
class KYMO_API ContextScope final {
 public:
  ContextScope(std::initializer_list<Field> fields) noexcept;
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;
  ~ContextScope();

 private:
  Context own_;
};

/// Replaces this thread's context by a Context from elsewhere, until the end of the scope.
class KYMO_API ContextRestore final {
 public:
  explicit ContextRestore(Context context) noexcept;
  ContextRestore(const ContextRestore&) = delete;
  ContextRestore& operator=(const ContextRestore&) = delete;
  ~ContextRestore();

 private:
  Context before_;
  detail::ContextRun* const run_;  ///< if this is a part of a coroutine: its context stays unchanged
};

/// Wraps the callable, so it runs under the context of the thread that calls this now, on any thread: for a
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
