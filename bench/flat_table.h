#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// Counts by some texts, in a flat table that never grows: what finding a series by its labels costs at
/// least. An inline hash of all texts, a probe, an exact comparison. Behind a call, as a library's look-up
/// is: inlined, the compiler would know the keys and their hashes, which a program's tags do not tell.
template <std::size_t kTexts>
class FlatTable final {
 public:
  using Tags = std::array<std::string_view, kTexts>;

  /// The counter of these texts, or null.
  [[nodiscard, gnu::noinline]] std::atomic<std::uint64_t>* find(const Tags& tags) noexcept {
    const std::uint64_t hash = hash_of(tags);
    for (std::size_t i = hash % kSlots; slots_[i].used; i = (i + 1) % kSlots)
      if (slots_[i].hash == hash && equal(slots_[i], tags)) return &slots_[i].count;
    return nullptr;
  }

  void insert(const Tags& tags) {
    const std::uint64_t hash = hash_of(tags);
    std::size_t i = hash % kSlots;
    while (slots_[i].used) i = (i + 1) % kSlots;
    slots_[i].used = true;
    slots_[i].hash = hash;
    std::copy(tags.begin(), tags.end(), slots_[i].text.begin());
  }

 private:
  static constexpr std::size_t kSlots = 256;

  struct Slot {
    bool used = false;
    std::uint64_t hash = 0;
    std::atomic<std::uint64_t> count{0};
    std::array<std::string, kTexts> text;
  };

  /// Written out for each text: a loop would cost the limit a third.
  template <class Call>
  static void each(Call call) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      (call(std::integral_constant<std::size_t, kIndex>()), ...);
    }(std::make_index_sequence<kTexts>());
  }

  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }

  template <class Word>
  static std::uint64_t load(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }

  static std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
    seed ^= text.size() * kOdd;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 8; left -= 8, at += 8) seed = mix(seed ^ load<std::uint64_t>(at), kOdd);
    std::uint64_t tail = 0;
    if (left >= 4) {
      tail = load<std::uint32_t>(at) | load<std::uint32_t>(at + left - 4) << 32U;
    } else if (left > 0) {
      tail = load<std::uint8_t>(at) | load<std::uint8_t>(at + left / 2) << 8U |
             load<std::uint8_t>(at + left - 1) << 16U;
    }
    return mix(seed ^ tail, kOdd);
  }

  static std::uint64_t hash_of(const Tags& tags) noexcept {
    std::uint64_t hash = 1;
    each([&](auto i) { hash = hash_text(std::get<i>(tags), hash); });
    return hash;
  }

  static bool equal(const Slot& slot, const Tags& tags) noexcept {
    bool same = true;
    each([&](auto i) { same = same && std::get<i>(slot.text) == std::get<i>(tags); });
    return same;
  }

  std::array<Slot, kSlots> slots_;
};

}  // namespace kymo::KYMO_ABI::bench
