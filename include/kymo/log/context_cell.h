#pragma once

#include <memory>

#include <kymo/log/context.h>

namespace kymo::KYMO_ABI::log::detail {

// What <kymo/log/context_executor.h> is made of; not for use by itself.

/// The context of one coroutine, while no thread runs it.
class ContextCell;
[[nodiscard]] KYMO_API std::shared_ptr<ContextCell> make_context_cell();

/// While it lives, the thread has the cell's context, and scopes that begin and end change that too.
class KYMO_API ContextRun final {
 public:
  explicit ContextRun(ContextCell& cell) noexcept;
  ContextRun(const ContextRun&) = delete;
  ContextRun& operator=(const ContextRun&) = delete;
  ~ContextRun();

  /// Puts the context into the cell of the innermost that this thread is in, if it is in one.
  static void keep(const Context& context) noexcept;
  /// Which one that is, from now on, and which it was; null: none.
  static ContextRun* exchange(ContextRun* next) noexcept;

 private:
  ContextCell& cell_;
  ContextRun* const outer_;  ///< what this thread was in already
  Context before_;
};

}  // namespace kymo::KYMO_ABI::log::detail
