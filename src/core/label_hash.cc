#include "label_hash.h"

#include <sys/auxv.h>

namespace kymo::inline v0 {
namespace {

// Rendering writes a key's dots and dashes as underscores.
bool same_key(const char* rendered, std::string_view key) noexcept {
  if (same_text(rendered, key.data(), key.size())) return true;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char as_rendered = key[i] == '.' || key[i] == '-' ? '_' : key[i];
    if (rendered[i] != as_rendered) return false;
  }
  return true;
}

// Length of `key="value"` at the start of `rest`, or 0 when something else stands there.
std::size_t length_if_first(const Label& label, std::string_view rest) noexcept {
  const std::size_t value_at = label.key.size() + 2;
  const std::size_t length = value_at + label.value.size() + 1;
  if (rest.size() < length || rest[label.key.size()] != '=' || rest[length - 1] != '"') return 0;
  if (!same_text(rest.data() + value_at, label.value.data(), label.value.size())) return 0;
  return same_key(rest.data(), label.key) ? length : 0;
}

}  // namespace

std::uint64_t hash_seed() noexcept {
  // 16 random bytes that the kernel gives every program; there before any constructor runs.
  const auto* random = reinterpret_cast<const char*>(getauxval(AT_RANDOM));
  return random == nullptr ? detail::kOdd2 : detail::load_word<std::uint64_t>(random);
}

// Without a backslash in `rendered` every quote in it is a delimiter. A value that holds a quote could only
// match by taking up a delimiter, and with it a label too many: the count would not come out.
bool labels_match(Labels labels, std::string_view rendered, std::size_t count) noexcept {
  constexpr std::size_t kMost = 32;
  if (labels.size() != count || count > kMost) return false;
  std::uint32_t used = 0;
  std::string_view rest = rendered;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t length = 0;
    // Callers often write labels in the order of the text: the i-th is tried first.
    for (std::size_t tried = 0; tried < count && length == 0; ++tried) {
      const std::size_t candidate = i + tried < count ? i + tried : i + tried - count;
      if ((used >> candidate & 1U) != 0) continue;
      length = length_if_first(labels[candidate], rest);
      if (length != 0) used |= 1U << candidate;
    }
    if (length == 0) return false;
    rest.remove_prefix(length);
    if (i + 1 == count) break;
    if (rest.empty() || rest.front() != ',') return false;
    rest.remove_prefix(1);
  }
  return rest.empty();
}

std::size_t count_labels(std::string_view rendered) noexcept {
  std::size_t count = 0;
  for (LabelsView::Iterator at(rendered); at != LabelsView::Iterator(); ++at) ++count;
  return count;
}

}  // namespace kymo::inline v0
