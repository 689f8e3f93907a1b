#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <kymo/core/detail/series_handle.h>
#include <kymo/core/detail/text_view.h>
#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI {

class FamilyCore;

/// A label key as a template argument: `Family<Counter, "method", "code">`.
template <std::size_t N>
struct LabelKey {
  // Implicit, so that a literal can stand as the template argument.
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval LabelKey(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }

  char text[N] = {};
};

/// A label's value from text, a whole number, a bool, or an enum with a function
/// `std::string_view label_value(E)` that argument-dependent lookup finds. Nothing else compiles,
/// `nullptr` included. A null pointer to text is an empty value. A view: its source must outlive
/// it.
// Implicit constructors make `with("GET", 200)` readable.
// NOLINTBEGIN(google-explicit-constructor)
class KYMO_API LabelValue final {
 public:
  template <class T>
    requires std::convertible_to<const T&, TextView>
  LabelValue(const T& text) noexcept : view_(TextView(text)) {}

  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  LabelValue(T number) noexcept {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - digits_.data());
  }

  // A template, because a plain bool would take any pointer and any double.
  template <std::same_as<bool> T>
  LabelValue(T yes) noexcept : view_(yes ? "true" : "false") {}

  template <class E>
    requires std::is_enum_v<E> && requires(E e) {
      { label_value(e) } -> std::convertible_to<std::string_view>;
    }
  LabelValue(E value) noexcept : view_(label_value(value)) {}

  [[nodiscard]] std::string_view view() const noexcept {
    return size_ == 0 ? view_ : std::string_view(digits_.data(), size_);
  }

 private:
  std::string_view view_;
  std::array<char, 24> digits_;
  std::size_t size_ = 0;
};
// NOLINTEND(google-explicit-constructor)

/// Finds or makes series of one family; the base of Family.
class KYMO_API FamilyHandle {
 public:
  FamilyHandle() = default;
  explicit FamilyHandle(std::shared_ptr<FamilyCore> core) noexcept : core_(std::move(core)) {}

 protected:
  /// Returns parts that record into nothing when there is no family behind the handle.
  [[nodiscard]] SeriesParts resolve(Labels labels) const;

  std::shared_ptr<FamilyCore> core_;
};

/// A metric whose label keys are part of its type. A wrong number of values, or a value that is no label,
/// does not compile.
///
///     auto requests = registry.family<kymo::Counter, "method", "code">("http.requests", "Requests.");
///     requests.with("GET", 200).add();
///
/// If the labels repeat, keep the result of with(). A handle costs a nanosecond to use; with() costs a
/// look-up of some 40 ns, without a lock or an allocation where the series exists. Threads: any. Errors:
/// beyond the family's limit with() returns the overflow series. Label values are made valid UTF-8 and cut at
/// 1 KiB; both are counted. A family that failed to register gives instruments that record into nothing.
template <class Instrument, LabelKey... Keys>
class Family final : public FamilyHandle {
 public:
  using FamilyHandle::FamilyHandle;

  template <class... Values>
    requires(sizeof...(Values) == sizeof...(Keys) &&
             (std::constructible_from<LabelValue, const Values&> && ...))
  [[nodiscard]] Instrument with(const Values&... values) const {
    const std::array<LabelValue, sizeof...(Keys)> held{LabelValue(values)...};
    return with_held(held, std::index_sequence_for<Values...>());
  }

 private:
  template <std::size_t... Index>
  [[nodiscard]] Instrument with_held(const std::array<LabelValue, sizeof...(Keys)>& held,
                                     std::index_sequence<Index...> /*positions*/) const {
    const std::array<Label, sizeof...(Keys)> labels{Label{Keys.view(), held[Index].view()}...};
    return Instrument(resolve(labels));
  }
};

/// A metric whose label keys are known only at run time: `family.with({{"event_type", path}})`. A series may
/// have any keys. Errors: as above. A key that is invalid or occurs twice gives an instrument that records
/// into nothing, and counts in `kymo_registration_errors_total`.
template <class Instrument>
class Family<Instrument> final : public FamilyHandle {
 public:
  using FamilyHandle::FamilyHandle;

  [[nodiscard]] Instrument with(Labels labels) const { return Instrument(resolve(labels)); }
  [[nodiscard]] Instrument with(std::initializer_list<Label> labels) const {
    return with(Labels(labels.begin(), labels.size()));
  }
};

}  // namespace kymo::KYMO_ABI
