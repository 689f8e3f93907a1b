#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// Text from a caller: a name, a help text, a label. Like std::string_view, but a null pointer, such as from
/// std::getenv(), is empty text, and a literal `nullptr` does not compile. A view: the text must outlive the
/// call. Threads: any. Cost: std::string_view's and one comparison. Errors: none.
// Implicit constructors let callers pass any text directly.
// NOLINTBEGIN(google-explicit-constructor)
class KYMO_API TextView final : public std::string_view {
 public:
  constexpr TextView() noexcept = default;
  constexpr TextView(const char* text) noexcept
      : std::string_view(text == nullptr ? std::string_view() : std::string_view(text)) {}
  constexpr TextView(std::string_view text) noexcept : std::string_view(text) {}
  TextView(std::nullptr_t) = delete;

  /// From std::string, and from all else that converts to std::string_view.
  template <class T>
    requires(std::convertible_to<const T&, std::string_view> && !std::convertible_to<const T&, const char*> &&
             !std::derived_from<T, std::string_view>)
  constexpr TextView(const T& text) noexcept(noexcept(static_cast<std::string_view>(text)))
      : std::string_view(static_cast<std::string_view>(text)) {}
};
// NOLINTEND(google-explicit-constructor)

}  // namespace kymo::KYMO_ABI
