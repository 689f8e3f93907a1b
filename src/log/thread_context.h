#pragma once

#include <kymo/log/context.h>

namespace kymo::KYMO_ABI::log::detail {

/// The context of the calling thread.
struct ThreadContext {
  /// Replaces the context, and returns the old one.
  static Context exchange(Context next) noexcept;
  [[nodiscard]] static Context get() noexcept;
  /// True if the non-empty `scope` is the context or encloses it.
  [[nodiscard]] static bool is_within(const Context& scope) noexcept;
};

}  // namespace kymo::KYMO_ABI::log::detail
