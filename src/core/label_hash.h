#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <kymo/core/labels.h>

/// Hash and comparison that find a series by a caller's labels, without rendering them.
namespace kymo::KYMO_ABI {

/// Random for each process, so nobody can choose label values that collide.
[[nodiscard]] std::uint64_t hash_seed() noexcept;

namespace detail {

template <class Word>
[[nodiscard]] inline std::uint64_t load_word(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// Both halves of the full product: every bit of the result depends on all bits of both.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

inline constexpr std::uint64_t kOdd1 = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
inline constexpr std::uint64_t kOdd2 = 0xD6E8FEB86659FD93;

/// All bytes of a text of at most 16 in two words: two loads that may overlap.
struct ShortText {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
[[nodiscard]] inline ShortText load_short(std::string_view text) noexcept {
  const char* const at = text.data();
  const std::size_t size = text.size();
  if (size >= 8) return {load_word<std::uint64_t>(at), load_word<std::uint64_t>(at + size - 8)};
  if (size >= 4) return {load_word<std::uint32_t>(at), load_word<std::uint32_t>(at + size - 4)};
  if (size == 0) return {};
  return {load_word<std::uint8_t>(at),
          load_word<std::uint8_t>(at + size / 2) << 8U | load_word<std::uint8_t>(at + size - 1)};
}

}  // namespace detail

/// Short texts cost one multiplication. The seed is in both factors, so no chosen text can make one of them
/// zero.
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ (left * detail::kOdd2);
  for (; left > 16; at += 16, left -= 16) [[unlikely]] {
    state = detail::mix(detail::load_word<std::uint64_t>(at) ^ seed,
                        detail::load_word<std::uint64_t>(at + 8) ^ state);
  }
  const detail::ShortText rest = detail::load_short({at, left});
  return detail::mix(rest.first ^ seed, rest.last ^ state);
}

/// A short key is not hashed but folded into the seed of its value's hash. Keys are the program's own, and
/// one value can collide with at most one value of each other key.
[[nodiscard]] inline std::uint64_t hash_label(const Label& label, std::uint64_t seed) noexcept {
  const std::size_t size = label.key.size();
  if (size > 16) [[unlikely]]
    return hash_text(label.value, hash_text(label.key, seed));
  const detail::ShortText key = detail::load_short(label.key);
  return hash_text(label.value, seed + (key.first ^ std::rotl(key.last, 24)) * detail::kOdd1 + size);
}
[[nodiscard]] inline std::uint64_t finish_hash(std::uint64_t sum) noexcept {
  return detail::mix(sum, detail::kOdd1);
}

/// The same for labels in any order.
[[nodiscard]] inline std::uint64_t hash_labels(Labels labels, std::uint64_t seed) noexcept {
  std::uint64_t sum = seed;
  for (const Label& label : labels) sum += hash_label(label, seed);
  return finish_hash(sum);
}

[[nodiscard]] inline bool same_text(const char* a, std::string_view text) noexcept {
  const char* const b = text.data();
  const std::size_t size = text.size();
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

namespace detail {

/// Rendering writes a key's dots and dashes as underscores.
[[nodiscard]] bool same_when_rendered(const char* rendered, std::string_view key) noexcept;

[[nodiscard]] inline bool same_key(const char* rendered, std::string_view key) noexcept {
  return same_text(rendered, key) || same_when_rendered(rendered, key);
}

/// The end of `key="value"` if it stands at `at`, else null.
[[nodiscard]] inline const char* end_if_at(const char* at, const char* end, const Label& label) noexcept {
  const std::size_t key = label.key.size();
  const char* const value = at + key + 2;
  const std::size_t size = label.value.size();
  if (static_cast<std::size_t>(end - at) < key + size + 3 || at[key] != '=' || value[size] != '"' ||
      !same_text(value, label.value) || !same_key(at, label.key)) {
    return nullptr;
  }
  return value + size + 1;
}

}  // namespace detail

/// True if rendering `labels` would give `rendered`, which has `count` labels. May return false if a value
/// has characters that rendering escapes or repairs: then the caller renders and compares.
///
/// Without a backslash in `rendered` every quote in it is a delimiter. A value with a quote could match only
/// by covering a delimiter, and so one label too many: the count would differ.
///
/// One label cannot match two of the text's, since their keys differ.
[[nodiscard]] inline bool labels_match(Labels labels, std::string_view rendered, std::size_t count) noexcept {
  if (labels.size() != count) return false;
  const char* at = rendered.data();
  const char* const end = at + rendered.size();
  // Callers write the same labels in the same order each time, if not in the text's order. So the next label
  // is usually the one after the last match.
  const Label* const first = labels.data();
  const Label* const behind = first + count;
  const Label* candidate = first;
  for (std::size_t found = 0; found < count; ++found) {
    if (found != 0 && (at == end || *at++ != ',')) return false;
    const char* next = nullptr;
    for (std::size_t tried = 0; next == nullptr && tried < count; ++tried) {
      next = detail::end_if_at(at, end, *candidate);
      if (++candidate == behind) candidate = first;
    }
    if (next == nullptr) return false;
    at = next;
  }
  return at == end;
}

/// Number of labels in a rendered text.
[[nodiscard]] std::size_t count_labels(std::string_view rendered) noexcept;

}  // namespace kymo::KYMO_ABI
