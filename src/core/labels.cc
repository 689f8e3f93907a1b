#include <kymo/core/labels.h>

#include <algorithm>

#include <sys/auxv.h>

#include "label_hash.h"
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

bool detail::same_when_rendered(const char* rendered, std::string_view key) noexcept {
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (rendered[i] != rendered_key_char(key[i])) return false;
  }
  return true;
}

std::uint64_t hash_seed() noexcept {
  // 16 random bytes that the kernel gives every program; there before any constructor runs.
  const auto* random = reinterpret_cast<const char*>(getauxval(AT_RANDOM));
  return random == nullptr ? detail::kOdd2 : detail::load_word<std::uint64_t>(random);
}

std::size_t count_labels(std::string_view rendered) noexcept {
  std::size_t count = 0;
  for (LabelsView::Iterator at(rendered); at != LabelsView::Iterator(); ++at) ++count;
  return count;
}

}  // namespace kymo::KYMO_ABI
