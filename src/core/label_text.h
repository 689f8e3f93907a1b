#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/base/utf8.h>
#include <kymo/core/labels.h>
#include <kymo/core/names.h>

namespace kymo::KYMO_ABI {

/// Text that allocates only when long.
class ShortText final {
 public:
  ShortText& operator+=(char c) { return *this += std::string_view(&c, 1); }
  ShortText& operator+=(std::string_view more) {
    if (long_.empty() && size_ + more.size() <= short_.size()) {
      std::memcpy(short_.data() + size_, more.data(), more.size());
      size_ += more.size();
      return *this;
    }
    if (long_.empty()) long_.assign(short_.data(), size_);
    long_ += more;
    return *this;
  }
  [[nodiscard]] std::string_view view() const noexcept {
    return long_.empty() ? std::string_view(short_.data(), size_) : std::string_view(long_);
  }

 private:
  std::array<char, 512> short_;
  std::size_t size_ = 0;
  std::string long_;
};

/// A key's character as it is rendered.
[[nodiscard]] inline char rendered_key_char(char c) noexcept { return c == '.' || c == '-' ? '_' : c; }

namespace detail {

[[nodiscard]] inline bool is_key_less(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
    return rendered_key_char(left) < rendered_key_char(right);
  });
}

template <class Text>
void append_escaped(std::string_view value, Text& out) {
  for (const char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
}

template <class Text>
void append_key(std::string_view key, Text& out) {
  for (const char c : key) out += rendered_key_char(c);
}

/// True when the value had to be altered.
template <class Text>
bool append_value(std::string_view value, std::size_t max_bytes, Text& out) {
  const bool cut = value.size() > max_bytes;
  if (cut) value = base::cut_utf8(value, max_bytes);
  if (base::is_utf8(value, base::Nul::refused)) {
    append_escaped(value, out);
    return cut;
  }
  append_escaped(base::to_utf8(value, base::Nul::refused), out);
  return true;
}

}  // namespace detail

/// True if two keys are one label in the formats: `http.method` and `http_method` are.
[[nodiscard]] inline bool is_same_key(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
    return rendered_key_char(left) == rendered_key_char(right);
  });
}

/// True if the keys may form one series: each valid, none twice. Prometheus refuses a whole scrape for one
/// repeated label.
[[nodiscard]] inline bool label_keys_are_valid(Labels labels) noexcept {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!label_key_fault(labels[i].key).empty()) return false;
    const auto before = labels.first(i);
    if (std::any_of(before.begin(), before.end(),
                    [&](const Label& other) { return is_same_key(other.key, labels[i].key); })) {
      return false;
    }
  }
  return true;
}

/// Names the first key that is invalid or repeated.
[[nodiscard]] inline std::string label_keys_error(Labels labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (auto error = label_key_error(labels[i].key)) return *std::move(error);
    const auto before = labels.first(i);
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const Label& other) { return is_same_key(other.key, labels[i].key); });
    if (same == before.end()) continue;
    const std::string key(labels[i].key);
    return "label key \"" + key + "\" is given twice" +
           (same->key == key ? "" : ", once written \"" + std::string(same->key) + "\"");
  }
  return {};
}

/// As render_labels(), for any text type with appends of characters and strings.
template <class Text>
std::size_t render_labels_into(Labels labels, std::size_t max_value_bytes, Text& out) {
  constexpr std::size_t kUsual = 16;
  std::array<const Label*, kUsual> usual;
  std::vector<const Label*> many;
  std::span<const Label*> sorted(usual.data(), std::min(labels.size(), kUsual));
  if (labels.size() > kUsual) {
    many.resize(labels.size());
    sorted = many;
  }
  std::transform(labels.begin(), labels.end(), sorted.begin(), [](const Label& label) { return &label; });
  std::sort(sorted.begin(), sorted.end(),
            [](const Label* a, const Label* b) { return detail::is_key_less(a->key, b->key); });

  std::size_t altered = 0;
  for (const Label* label : sorted) {
    if (label != sorted.front()) out += ',';
    detail::append_key(label->key, out);
    out += "=\"";
    altered += detail::append_value(label->value, max_value_bytes, out) ? 1 : 0;
    out += '"';
  }
  return altered;
}

}  // namespace kymo::KYMO_ABI
