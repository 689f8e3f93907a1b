#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <kymo/core/labels.h>

/// The hash and the comparison that find a series by labels as a caller wrote them, without rendering them.
namespace kymo::inline v0 {

/// Differs from process to process, so that who chooses label values cannot choose their collisions.
[[nodiscard]] std::uint64_t hash_seed() noexcept;

namespace detail {

template <class Word>
[[nodiscard]] inline std::uint64_t load_word(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// Both halves of the full product: each bit of the result depends on all bits of both.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

inline constexpr std::uint64_t kOdd1 = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
inline constexpr std::uint64_t kOdd2 = 0xD6E8FEB86659FD93;

}  // namespace detail

/// Short texts cost one multiplication.
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ (left * detail::kOdd2);
  for (; left > 16; at += 16, left -= 16) {
    state = detail::mix(detail::load_word<std::uint64_t>(at) ^ detail::kOdd1,
                        detail::load_word<std::uint64_t>(at + 8) ^ state);
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  // Two loads that may overlap cover what is left.
  if (left >= 8) {
    first = detail::load_word<std::uint64_t>(at);
    last = detail::load_word<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    first = detail::load_word<std::uint32_t>(at);
    last = detail::load_word<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    first = static_cast<unsigned char>(at[0]);
    last =
        detail::load_word<std::uint8_t>(at + left / 2) << 8U | detail::load_word<std::uint8_t>(at + left - 1);
  }
  return detail::mix(first ^ detail::kOdd1, last ^ state);
}

[[nodiscard]] inline std::uint64_t hash_label(const Label& label, std::uint64_t seed) noexcept {
  return hash_text(label.value, hash_text(label.key, seed));
}
[[nodiscard]] inline std::uint64_t finish_hash(std::uint64_t sum) noexcept {
  return detail::mix(sum, detail::kOdd1);
}

/// The same for any order of the labels.
[[nodiscard]] inline std::uint64_t hash_labels(Labels labels, std::uint64_t seed) noexcept {
  std::uint64_t sum = seed;
  for (const Label& label : labels) sum += hash_label(label, seed);
  return finish_hash(sum);
}

[[nodiscard]] inline bool same_text(const char* a, const char* b, std::size_t size) noexcept {
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (detail::load_word<std::uint64_t>(a + i) != detail::load_word<std::uint64_t>(b + i)) return false;
    }
    return detail::load_word<std::uint64_t>(a + size - 8) == detail::load_word<std::uint64_t>(b + size - 8);
  }
  if (size >= 4) {
    return detail::load_word<std::uint32_t>(a) == detail::load_word<std::uint32_t>(b) &&
           detail::load_word<std::uint32_t>(a + size - 4) == detail::load_word<std::uint32_t>(b + size - 4);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

/// Whether rendering `labels` would give `rendered`, which has `count` labels. May say no where a value has
/// characters that rendering escapes or repairs: whoever gets a no renders, and then knows.
[[nodiscard]] bool labels_match(Labels labels, std::string_view rendered, std::size_t count) noexcept;

/// How many labels a rendered text has.
[[nodiscard]] std::size_t count_labels(std::string_view rendered) noexcept;

}  // namespace kymo::inline v0
