#pragma once

#include <kymo/log/context.h>

namespace kymo::KYMO_ABI::log::detail {

/// The context of the calling thread.
struct ThreadContext {
  /// Puts another in its place, and gives it.
  static Context exchange(Context next) noexcept;
  [[nodiscard]] static Context get() noexcept;
  /// Whether `scope`, which is not empty, is it or one that it stands in.
  [[nodiscard]] static bool is_within(const Context& scope) noexcept;
};

}  // namespace kymo::KYMO_ABI::log::detail
