#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI::series {

/// The label that holds the name of a metric. Source: Prometheus data model.
inline constexpr std::string_view kNameLabel = "__name__";

/// The labels of one series, `__name__` among them: immutable, sorted by key, each key once.
///
/// Equal sets have equal bytes, in any process and on any machine. So a store compares, hashes and keeps the
/// bytes alone. A label with an empty value is no label (Prometheus data model). Threads: any. Errors: throws
/// only `std::bad_alloc`, except where a member says otherwise.
class LabelSet final {
 public:
  class Iterator final {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = Label;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Label;

    Iterator() = default;
    explicit Iterator(std::string_view rest) noexcept : rest_(rest) { read(); }

    [[nodiscard]] Label operator*() const noexcept { return label_; }
    Iterator& operator++() noexcept {
      rest_.remove_prefix(size_);
      read();
      return *this;
    }
    Iterator operator++(int) noexcept {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    void read() noexcept;

    std::string_view rest_;
    Label label_;
    std::size_t size_ = 0;  ///< bytes of the label that the iterator is at
  };

  LabelSet() = default;
  /// Sorts the labels and leaves out empty ones. Of two with one key the last counts.
  explicit LabelSet(std::span<const Label> labels);
  LabelSet(std::initializer_list<Label> labels) : LabelSet(std::span(labels.begin(), labels.size())) {}
  /// The labels of a Snapshot's series, one of its sample names, and one more label, such as `le`.
  LabelSet(std::string_view name, LabelsView labels, std::optional<Label> more = std::nullopt);

  /// Reads bytes() back, from a file for instance. Nothing where these are no canonical bytes.
  [[nodiscard]] static std::optional<LabelSet> from_bytes(std::string_view bytes);

  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  [[nodiscard]] Iterator begin() const noexcept { return Iterator(bytes_); }
  [[nodiscard]] Iterator end() const noexcept { return Iterator(); }
  /// The value; empty where there is no such label.
  [[nodiscard]] std::string_view get(std::string_view key) const noexcept;
  [[nodiscard]] std::string_view name() const noexcept { return get(kNameLabel); }

  /// With this label in place of one of the same key; an empty value removes the label.
  [[nodiscard]] LabelSet with(std::string_view key, std::string_view value) const;
  /// The labels of these keys alone; and those of all other keys.
  [[nodiscard]] LabelSet only(std::span<const std::string_view> keys) const;
  [[nodiscard]] LabelSet without(std::span<const std::string_view> keys) const;

  /// `name{key="value",…}`, with `\`, `"` and line breaks escaped; `{}` for the empty set.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const LabelSet&, const LabelSet&) = default;
  /// Label by label, key before value, as Prometheus sorts series.
  friend std::strong_ordering operator<=>(const LabelSet& a, const LabelSet& b) noexcept;

 private:
  /// For each label, in order of keys: size of the key, key, size of the value, value; sizes as LEB128.
  std::string bytes_;
};

}  // namespace kymo::KYMO_ABI::series

template <>
struct std::hash<kymo::series::LabelSet> {
  [[nodiscard]] std::size_t operator()(const kymo::series::LabelSet& labels) const noexcept {
    return std::hash<std::string_view>()(labels.bytes());
  }
};
