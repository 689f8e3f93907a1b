#include "label_hash.h"

#include <sys/auxv.h>

#include "label_text.h"

namespace kymo::KYMO_ABI {

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
