#pragma once

#include <memory>

#include <kymo/log/context.h>

namespace kymo::KYMO_ABI::log::detail {

// The parts of <kymo/log/context_executor.h>; not for direct use.

/// The context of one coroutine, while no thread runs it.
class ContextCell;
[[nodiscard]] KYMO_API std::shared_ptr<ContextCell> make_context_cell();

/// While this lives, the thread has the cell's context, and scopes change that context.
class KYMO_API ContextRun final {
 public:
  explicit ContextRun(ContextCell& cell) noexcept;
  ContextRun(const ContextRun&) = delete;
  ContextRun& operator=(const ContextRun&) = delete;
  ~ContextRun();

  /// Stores the context in the cell of this thread's innermost ContextRun, if there is one.
  static void keep(const Context& context) noexcept;
  /// Makes `next` this thread's innermost ContextRun and returns the one before; null: none.
  static ContextRun* exchange(ContextRun* next) noexcept;

 private:
  ContextCell& cell_;
  ContextRun* const outer_;  ///< the ContextRun around this one on this thread
  Context before_;
};

}  // namespace kymo::KYMO_ABI::log::detail
