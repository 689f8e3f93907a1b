#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::history {

/// Signed numbers as unsigned ones, small where the amount is small: 0, −1, 1, −2, …
[[nodiscard]] constexpr std::uint64_t zigzag(std::uint64_t value) noexcept {
  return value << 1U ^ (std::uint64_t{0} - (value >> 63U));
}
[[nodiscard]] constexpr std::uint64_t from_zigzag(std::uint64_t code) noexcept {
  return code >> 1U ^ (std::uint64_t{0} - (code & 1U));
}

/// The integer in the order of bytes that files have: the lowest first.
template <class Integer>
[[nodiscard]] Integer in_file_order(Integer value) noexcept {
  if constexpr (std::endian::native == std::endian::big) {
    if constexpr (sizeof value == sizeof(std::uint64_t)) return __builtin_bswap64(value);
    if constexpr (sizeof value == sizeof(std::uint32_t)) return __builtin_bswap32(value);
  }
  return value;
}

using Bytes = std::vector<std::byte>;

inline void put_byte(Bytes& to, unsigned value) { to.push_back(static_cast<std::byte>(value)); }

/// LEB128: 7 bits a byte, the lowest first.
inline void put_varint(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) put_byte(to, static_cast<unsigned>(value | 0x80U) & 0xffU);
  put_byte(to, static_cast<unsigned>(value));
}

template <class Integer>
void put_fixed(Bytes& to, Integer value) {
  value = in_file_order(value);
  const std::size_t at = to.size();
  to.resize(at + sizeof value);
  std::memcpy(to.data() + at, &value, sizeof value);
}

inline void append(Bytes& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// Reads bytes that nobody vouches for. After the first read beyond the end all reads give zeros.
class ByteReader final {
 public:
  ByteReader() = default;
  explicit ByteReader(std::span<const std::byte> bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  void fail() noexcept {
    failed_ = true;
    at_ = end_;
  }

  unsigned byte() noexcept {
    if (at_ == end_) [[unlikely]]
      return fail(), 0;
    return static_cast<unsigned>(*at_++);
  }

  std::uint64_t varint() noexcept {
    const unsigned first = byte();
    if (first < 0x80) [[likely]]
      return first;
    std::uint64_t value = first & 0x7fU;
    for (unsigned shift = 7; shift < 64; shift += 7) {
      const unsigned next = byte();
      value |= std::uint64_t{next & 0x7fU} << shift;
      // A longer form of a number is an error, so that equal numbers have equal bytes.
      if (next < 0x80) return next == 0 || (shift == 63 && next > 1) ? (fail(), 0) : value;
    }
    return fail(), 0;
  }
  std::uint64_t zigzag_varint() noexcept { return from_zigzag(varint()); }
  /// A varint of at most `most`.
  std::size_t size(std::size_t most) noexcept {
    const std::uint64_t value = varint();
    return value <= most ? static_cast<std::size_t>(value) : (fail(), 0);
  }

  template <class Integer>
  Integer fixed() noexcept {
    Integer value{};
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return in_file_order(value);
  }

  /// The next bytes; none where fewer are left.
  std::span<const std::byte> take(std::size_t count) noexcept {
    if (count > left()) return fail(), std::span<const std::byte>();
    at_ += count;
    return {at_ - count, count};
  }

 private:
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace kymo::KYMO_ABI::history
