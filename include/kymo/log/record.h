#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <variant>

#include <kymo/core/detail/text_view.h>

namespace kymo::KYMO_ABI::log {

/// The importance of an event. `off` is a threshold only: nothing is logged at it.
enum class Level : std::uint8_t { debug, info, warning, error, off };

/// "debug", "info", "warning", "error", "off".
[[nodiscard]] KYMO_API std::string_view level_name(Level level) noexcept;

/// A field's value. Numbers stay numbers, so a machine that reads the log need not guess.
class Value final {
 public:
  using Variant = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  // Implicit, so that a field is written `{"port", 9464}`.
  // NOLINTBEGIN(google-explicit-constructor)
  template <std::convertible_to<TextView> T>
  constexpr Value(const T& text) : variant_(std::string_view(TextView(text))) {}
  template <std::integral T>
  constexpr Value(T number) noexcept : variant_(widen(number)) {}
  template <std::floating_point T>
  constexpr Value(T number) noexcept : variant_(static_cast<double>(number)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] constexpr const Variant& get() const noexcept { return variant_; }

 private:
  template <std::integral T>
  static constexpr Variant widen(T number) noexcept {
    if constexpr (std::same_as<T, bool>)
      return number;
    else if constexpr (std::signed_integral<T>)
      return static_cast<std::int64_t>(number);
    else
      return static_cast<std::uint64_t>(number);
  }

  Variant variant_;
};

/// One field of an event: `{"port", 9464}`. Views must outlive the call.
struct Field {
  std::string_view key;
  Value value;
};

/// One event. A sink gets it by reference; its views are valid during the call only.
struct Record {
  Level level = Level::info;
  std::chrono::system_clock::time_point time;
  std::string_view message;
  std::span<const Field> fields;
};

/// The destination of events: a user's own log, a test's vector, or `stderr_sink()`.
///
/// Threads: called from any, also from several at once. May throw: the event is lost and counted by the
/// Logger; nothing else happens.
using Sink = std::function<void(const Record&)>;

}  // namespace kymo::KYMO_ABI::log
