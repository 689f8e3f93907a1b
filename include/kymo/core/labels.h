#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <kymo/core/detail/text_view.h>

namespace kymo::KYMO_ABI {

/// One label from a caller: `{"method", "GET"}`. Both views must outlive the call. A null pointer as a value
/// is an empty value. A null key is invalid, like an empty one.
struct Label {
  constexpr Label() noexcept = default;
  constexpr Label(TextView key_text, TextView value_text) noexcept : key(key_text), value(value_text) {}

  std::string_view key;
  std::string_view value;

  friend bool operator==(const Label&, const Label&) = default;
};

/// The labels of a call, in any order: `{{"method", "GET"}, {"code", "200"}}`.
using Labels = std::span<const Label>;

/// A view of one series' labels in their rendered form, `code="200",method="GET"`: sorted by key, values
/// escaped as the Prometheus text format and OpenMetrics 1.0 want them (`\\`, `\"`, `\n`), valid UTF-8.
///
/// A scrape copies `text()`. To get keys and values apart, walk the view, which undoes the escapes. Threads:
/// any. Valid as long as the Snapshot it came from.
class LabelsView final {
 public:
  /// One label of the rendered text.
  struct Entry {
    std::string_view key;
    std::string value;
  };

  /// Walks the labels in the order of the text. At most one allocation a step, for a long value.
  class KYMO_API Iterator final {
   public:
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) {}

    [[nodiscard]] Entry operator*() const;
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    std::string_view rest_;
  };

  LabelsView() = default;
  explicit LabelsView(std::string_view rendered) noexcept : text_(rendered) {}

  /// `code="200",method="GET"`, without braces; empty for a series without labels.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] Iterator begin() const noexcept { return Iterator(text_); }
  [[nodiscard]] Iterator end() const noexcept { return {}; }

  /// The value of one label, or nothing. Cost: a walk over the text.
  [[nodiscard]] std::optional<std::string> find(std::string_view key) const;

 private:
  std::string_view text_;
};

/// Renders labels into the form that LabelsView reads. Keys must be valid label names (see `names.h`). In an
/// invalid value, U+FFFD replaces each byte that is not UTF-8, and NUL. A value longer than `max_value_bytes`
/// is cut at a character border. Returns the number of altered values. Threads: any. Errors: none but
/// `std::bad_alloc`.
KYMO_API std::size_t render_labels(Labels labels, std::size_t max_value_bytes, std::string& out);

}  // namespace kymo::KYMO_ABI
