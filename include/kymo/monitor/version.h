#pragma once

#include <string_view>

namespace kymo::monitor {

/// The version of kymo that this library was built as, such as "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

}  // namespace kymo::monitor
