#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/alert/template.h>

namespace kymo::KYMO_ABI::alert {

struct Value;

/// Types of Go that are whole numbers.
enum class WholeType : std::uint8_t { whole, whole64, byte, month, weekday, duration };

struct Whole {
  std::int64_t value = 0;
  WholeType type = WholeType::whole;
  bool is_pointer = false;  ///< toDuration gives a pointer, which prints as its target
};

struct Complex {
  double real = 0;
  double imaginary = 0;
};

struct Text {
  std::shared_ptr<const std::string> text;  ///< not null; shared, so that copies cost nothing
  bool is_html = false;                     ///< safeHtml gives a type of its own
};

/// An instant in UTC.
struct Instant {
  std::int64_t seconds = 0;  ///< since 1970
  std::int32_t nanoseconds = 0;
  bool is_pointer = false;
};

/// map[string]string.
using LabelMap = std::shared_ptr<const series::LabelSet>;

/// map[string]interface{}, of the function args.
struct ArgumentMap {
  std::map<std::string, Value, std::less<>> values;
  std::size_t depth = 1;  ///< of maps within maps
};

using SamplePointer = std::shared_ptr<const TemplateSample>;

/// A part of a result. Slices share their samples, and sortByLabel() sorts them for all, as in Go.
struct ResultSlice {
  std::shared_ptr<std::vector<SamplePointer>> samples;  ///< not null
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
};

/// The data that a template begins with.
struct RootData {
  const TemplateContext* context = nullptr;
};

/// One value of a template. std::monostate: none, Go's nil and invalid value.
struct Value {
  std::variant<std::monostate, bool, Whole, double, Complex, Text, LabelMap,
               std::shared_ptr<const ArgumentMap>, SamplePointer, ResultSlice, RootData, Instant>
      is;

  template <class T>
  [[nodiscard]] const T* get() const noexcept {
    return std::get_if<T>(&is);
  }
  [[nodiscard]] bool empty() const noexcept { return std::holds_alternative<std::monostate>(is); }
};

[[nodiscard]] Value text_value(std::string text);
[[nodiscard]] Value whole_value(std::int64_t value, WholeType type = WholeType::whole);
[[nodiscard]] Value label_map(series::LabelSet labels);

/// The name of the type in Go, such as `float64`.
[[nodiscard]] std::string_view type_name(const Value& value) noexcept;
/// Whether `if` takes the value for true: not zero, not empty.
[[nodiscard]] bool is_true(const Value& value) noexcept;

}  // namespace kymo::KYMO_ABI::alert
