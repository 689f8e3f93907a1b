#include <kymo/core/labels.h>

#include <algorithm>
#include <array>
#include <vector>

#include "utf8.h"

namespace kymo::inline v0 {
namespace {

// In rendered text a value ends at the first quote that no backslash precedes.
std::size_t closing_quote(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] != '"') from += text[from] == '\\' ? 2 : 1;
  return std::min(from, text.size());
}

std::string unescape(std::string_view escaped) {
  std::string value;
  value.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\' || i + 1 == escaped.size()) {
      value += escaped[i];
    } else {
      value += escaped[++i] == 'n' ? '\n' : escaped[i];
    }
  }
  return value;
}

void append_escaped(std::string_view value, std::string& out) {
  for (const char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
}

void append_key(std::string_view key, std::string& out) {
  for (const char c : key) out += c == '.' || c == '-' ? '_' : c;
}

// True when the value had to be altered.
bool append_value(std::string_view value, std::size_t max_bytes, std::string& out) {
  const bool cut = value.size() > max_bytes;
  if (cut) value = value.substr(0, utf8::border_at_or_before(value, max_bytes));
  if (utf8::is_clean(value)) {
    append_escaped(value, out);
    return cut;
  }
  append_escaped(utf8::cleaned(value), out);
  return true;
}

}  // namespace

LabelsView::Entry LabelsView::Iterator::operator*() const {
  const std::size_t equals = rest_.find('=');
  const std::size_t begin = equals + 2;
  const std::size_t end = closing_quote(rest_, begin);
  return {rest_.substr(0, equals), unescape(rest_.substr(begin, end - begin))};
}

LabelsView::Iterator& LabelsView::Iterator::operator++() {
  const std::size_t end = closing_quote(rest_, rest_.find('=') + 2);
  rest_.remove_prefix(std::min(rest_.size(), end + 2));  // the quote and a comma
  return *this;
}

std::optional<std::string> LabelsView::find(std::string_view key) const {
  for (const Entry& entry : *this) {
    if (entry.key == key) return entry.value;
  }
  return std::nullopt;
}

std::size_t render_labels(Labels labels, std::size_t max_value_bytes, std::string& out) {
  constexpr std::size_t kUsual = 16;
  std::array<const Label*, kUsual> usual;
  std::vector<const Label*> many;
  std::span<const Label*> sorted(usual.data(), std::min(labels.size(), kUsual));
  if (labels.size() > kUsual) {
    many.resize(labels.size());
    sorted = many;
  }
  std::transform(labels.begin(), labels.end(), sorted.begin(), [](const Label& label) { return &label; });
  std::sort(sorted.begin(), sorted.end(), [](const Label* a, const Label* b) { return a->key < b->key; });

  std::size_t altered = 0;
  for (const Label* label : sorted) {
    if (label != sorted.front()) out += ',';
    append_key(label->key, out);
    out += "=\"";
    altered += append_value(label->value, max_value_bytes, out) ? 1 : 0;
    out += '"';
  }
  return altered;
}

}  // namespace kymo::inline v0
