#include "label_hash.h"

#include <sys/auxv.h>

namespace kymo::inline v0 {
namespace {

// Rendering writes a key's dots and dashes as underscores.
inline bool same_key(const char* rendered, std::string_view key) noexcept {
  if (same_text(rendered, key.data(), key.size())) return true;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char as_rendered = key[i] == '.' || key[i] == '-' ? '_' : key[i];
    if (rendered[i] != as_rendered) return false;
  }
  return true;
}

// Where `key="value"` ends if it stands at `at`, else null.
inline const char* end_if_at(const char* at, const char* end, const Label& label) noexcept {
  const std::size_t key = label.key.size();
  const std::size_t value = label.value.size();
  if (static_cast<std::size_t>(end - at) < key + value + 3 || at[key] != '=' || at[key + value + 2] != '"') {
    return nullptr;
  }
  if (!same_text(at + key + 2, label.value.data(), label.value.size()) || !same_key(at, label.key))
    return nullptr;
  return at + key + value + 3;
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
  const char* at = rendered.data();
  const char* const end = at + rendered.size();
  std::uint32_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0 && (at == end || *at++ != ',')) return false;
    // Callers often write labels in the order of the text: the i-th is tried first.
    const char* next = nullptr;
    for (std::size_t tried = 0; tried < count; ++tried) {
      const std::size_t candidate = i + tried < count ? i + tried : i + tried - count;
      if ((used >> candidate & 1U) != 0) continue;
      next = end_if_at(at, end, labels[candidate]);
      if (next == nullptr) continue;
      used |= 1U << candidate;
      break;
    }
    if (next == nullptr) return false;
    at = next;
  }
  return at == end;
}

std::size_t count_labels(std::string_view rendered) noexcept {
  std::size_t count = 0;
  for (LabelsView::Iterator at(rendered); at != LabelsView::Iterator(); ++at) ++count;
  return count;
}

}  // namespace kymo::inline v0
