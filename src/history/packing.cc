#include "packing.h"

#include <array>

namespace kymo::KYMO_ABI::history {
namespace {

/// Whether bytes are spread so evenly that no code makes them shorter.
bool is_noise(std::span<const std::byte> bytes) {
  std::array<std::uint32_t, 256> counts{};
  for (const std::byte byte : bytes) ++counts[static_cast<unsigned>(byte)];
  std::uint64_t squares = 0;
  for (const std::uint64_t count : counts) squares += count * count;
  // Expected of even bytes: n + n² / 256.
  const std::uint64_t n = bytes.size();
  return squares * 256 < (n * 256 + n * n) * 5 / 4;
}

bool pack_plane(std::span<const std::uint64_t> codes, unsigned shift, Streams& streams) {
  Bytes& noise = streams[kNoise];
  const std::size_t at = noise.size();
  noise.resize(at + codes.size());
  std::byte* to = noise.data() + at;
  for (const std::uint64_t code : codes) *to++ = static_cast<std::byte>(code >> shift);
  if (is_noise(std::span(noise).subspan(at))) return true;
  append(streams[kPlanes], std::span<const std::byte>(noise).subspan(at));
  noise.resize(at);
  return false;
}

template <unsigned Bits>
void pack_rests(std::span<const std::uint64_t> codes, unsigned shift, std::byte* to) {
  constexpr std::size_t kEach = 8 / Bits;
  std::size_t i = 0;
  for (; i + kEach <= codes.size(); i += kEach) {
    unsigned byte = 0;
    for (unsigned k = 0; k < kEach; ++k) byte |= static_cast<unsigned>(codes[i + k] >> shift) << (k * Bits);
    *to++ = static_cast<std::byte>(byte);
  }
  if (i == codes.size()) return;
  unsigned byte = 0;
  for (unsigned k = 0; i < codes.size(); ++i, ++k)
    byte |= static_cast<unsigned>(codes[i] >> shift) << (k * Bits);
  *to = static_cast<std::byte>(byte);
}

template <unsigned Bits>
void unpack_bits(std::span<const std::byte> packed, unsigned shift, std::span<std::uint64_t> codes) {
  constexpr std::size_t kEach = 8 / Bits;
  constexpr std::uint64_t kMask = (1U << Bits) - 1;
  const std::size_t whole = codes.size() / kEach;
  std::uint64_t* to = codes.data();
  for (std::size_t i = 0; i < whole; ++i) {
    const auto byte = static_cast<std::uint64_t>(packed[i]);
    for (unsigned k = 0; k < kEach; ++k) *to++ |= (byte >> (k * Bits) & kMask) << shift;
  }
  const std::size_t rest = codes.size() % kEach;
  for (unsigned k = 0; k < rest; ++k)
    *to++ |= (static_cast<std::uint64_t>(packed[whole]) >> (k * Bits) & kMask) << shift;
}

}  // namespace

unsigned pack(std::span<const std::uint64_t> codes, unsigned width, Streams& streams) {
  unsigned noise = 0;
  const unsigned planes = planes_of(width);
  for (unsigned plane = 0; plane < planes; ++plane)
    if (pack_plane(codes, plane * 8, streams)) noise |= 1U << plane;
  const unsigned rest = rest_of(width);
  if (rest == 0) return noise;
  Bytes& stream = streams[rest];
  const std::size_t at = stream.size();
  stream.resize(at + packed_size(codes.size(), rest));
  std::byte* to = stream.data() + at;
  switch (packed_bits(rest)) {
    case 1: pack_rests<1>(codes, planes * 8, to); break;
    case 2: pack_rests<2>(codes, planes * 8, to); break;
    case 4: pack_rests<4>(codes, planes * 8, to); break;
    default: pack_rests<8>(codes, planes * 8, to); break;
  }
  return noise;
}

void unpack_plane(std::span<const std::byte> plane, unsigned shift, std::span<std::uint64_t> codes) {
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] |= static_cast<std::uint64_t>(plane[i]) << shift;
}

void unpack_rests(std::span<const std::byte> packed, unsigned rest, unsigned shift,
                  std::span<std::uint64_t> codes) {
  switch (packed_bits(rest)) {
    case 1: return unpack_bits<1>(packed, shift, codes);
    case 2: return unpack_bits<2>(packed, shift, codes);
    case 4: return unpack_bits<4>(packed, shift, codes);
    default: return unpack_bits<8>(packed, shift, codes);
  }
}

}  // namespace kymo::KYMO_ABI::history
