#include <kymo/core/labels.h>

#include <algorithm>

#include "label_text.h"

namespace kymo::KYMO_ABI {
namespace {

// A value in rendered text ends at the first quote without a backslash before it.
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
  return render_labels_into(labels, max_value_bytes, out);
}

}  // namespace kymo::KYMO_ABI
