#include "column_code.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "byte_stream.h"
#include "code_choice.h"
#include "packing.h"

namespace kymo::KYMO_ABI::history {
namespace {

/// Writes the differences; those that have no value before them are `centre`, so their codes are zeros.
void take_differences(std::span<const std::uint64_t> values, unsigned order, std::uint64_t centre,
                      std::span<std::uint64_t> to) {
  if (order == 0) {
    std::ranges::copy(values, to.begin());
    return;
  }
  for (std::size_t i = 0; i < order; ++i) to[i] = centre;
  if (order == 1)
    for (std::size_t i = 1; i < values.size(); ++i) to[i] = values[i] - values[i - 1];
  else
    for (std::size_t i = 2; i < values.size(); ++i) to[i] = values[i] + values[i - 2] - 2 * values[i - 1];
}

void set_start(ColumnCode& code, std::span<const std::uint64_t> values) {
  if (code.order == 1) code.start = values[0] - code.centre;
  if (code.order == 2) {
    code.slope = values[1] - values[0] - 2 * code.centre;
    code.start = values[0] - code.slope - code.centre;
  }
}

/// The true smallest difference instead of the sampled one, unless that one is an outlier.
std::uint64_t lowest_centre(std::span<const std::uint64_t> differences, std::uint64_t sampled) {
  const auto [least, most] = std::ranges::minmax(differences, is_signed_less);
  return sampled - least <= (most - sampled) / 2 + 1 ? least : sampled;
}

/// Writes the codes and returns the shift.
std::uint8_t to_codes(std::span<std::uint64_t> differences, std::uint64_t centre, bool is_zigzag) {
  std::uint64_t all = 0;
  for (std::uint64_t& value : differences) all |= value -= centre;
  const int shift = all == 0 ? 0 : std::countr_zero(all);
  for (std::uint64_t& value : differences) {
    const auto shifted = static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> shift);
    value = is_zigzag ? zigzag(shifted) : shifted;
  }
  return static_cast<std::uint8_t>(shift);
}

LengthCounts lengths_of(std::span<const std::uint64_t> codes) {
  LengthCounts lengths{};
  for (const std::uint64_t code : codes) ++lengths[static_cast<std::size_t>(std::bit_width(code))];
  return lengths;
}

/// Zeros in wide codes cost something in each plane; a mask costs a bit at most.
bool is_sparse(const LengthCounts& lengths, std::size_t samples, unsigned width) {
  return width > 8 && lengths[0] > samples / 8;
}

/// Moves the codes that are not 0 to the front, and appends the mask. Returns how many they are.
std::size_t compact(std::span<std::uint64_t> codes, Bytes& masks) {
  const std::size_t at = masks.size();
  masks.resize(at + (codes.size() + 7) / 8);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == 0) continue;
    masks[at + i / 8] |= static_cast<std::byte>(1U << (i % 8));
    codes[kept++] = codes[i];
  }
  return kept;
}

/// The way back. False where the mask has another number of bits.
bool spread_out(std::span<const std::byte> mask, std::size_t kept, std::span<std::uint64_t> codes) {
  for (std::size_t i = codes.size(); i-- > 0;) {
    if ((static_cast<unsigned>(mask[i / 8]) >> (i % 8) & 1U) == 0)
      codes[i] = 0;
    else if (kept == 0)
      return false;
    else
      codes[i] = codes[--kept];
  }
  return kept == 0;
}

template <bool Zigzag>
void sum_up(const ColumnCode& code, std::span<std::uint64_t> bits) {
  const std::uint64_t centre = code.centre;
  const unsigned shift = code.shift;
  const auto difference = [centre, shift](std::uint64_t one) {
    return centre + ((Zigzag ? from_zigzag(one) : one) << shift);
  };
  std::uint64_t value = code.start;
  std::uint64_t slope = code.slope;
  if (code.order == 0)
    for (std::uint64_t& one : bits) one = difference(one);
  else if (code.order == 1)
    for (std::uint64_t& one : bits) one = value += difference(one);
  else
    for (std::uint64_t& one : bits) one = value += slope += difference(one);
}

bool patch_exceptions(const ColumnCode& code, const StreamParts& parts, std::span<std::uint64_t> codes) {
  ByteReader gaps(parts[kExceptionGaps].first(code.gap_bytes));
  ByteReader values(parts[kExceptionCodes].first(code.code_bytes));
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < code.exceptions; ++i) {
    at += gaps.size(codes.size());
    if (at >= codes.size()) return false;
    codes[at++] = values.varint();
  }
  return !gaps.failed() && !values.failed() && gaps.left() == 0 && values.left() == 0;
}

}  // namespace

ColumnCode ColumnEncoder::encode(ColumnKind kind, std::span<const std::uint64_t> bits, Streams& streams) {
  if (kind == ColumnKind::real && !bits.empty()) {
    std::vector<OddValue> odd;
    integers_.resize(bits.size());
    const auto digits = digits_of(bits);
    if (digits && to_integers(bits, *digits, integers_, odd)) {
      ColumnCode code = encode_integers(integers_, streams);
      code.digits = static_cast<std::uint8_t>(*digits);
      code.odd = std::move(odd);
      return code;
    }
  }
  return encode_integers(bits, streams);
}

ColumnCode ColumnEncoder::encode_integers(std::span<const std::uint64_t> values, Streams& streams) {
  ColumnCode code;
  if (values.empty()) return code;
  if (std::ranges::adjacent_find(values, std::not_equal_to()) == values.end()) {
    code.centre = values[0];
    return code;
  }
  const CodeChoice choice = choose_code(values);
  code.order = static_cast<std::uint8_t>(choice.order);
  code.is_zigzag = choice.is_zigzag;
  code.centre = choice.centre;
  codes_.resize(values.size());
  take_differences(values, code.order, code.centre, codes_);
  if (!code.is_zigzag) {
    const std::uint64_t sampled = code.centre;
    code.centre = lowest_centre(codes_, sampled);
    for (std::size_t i = 0; i < code.order; ++i) codes_[i] = code.centre;
  }
  set_start(code, values);
  code.shift = to_codes(codes_, code.centre, code.is_zigzag);
  LengthCounts lengths = lengths_of(codes_);
  code.width = static_cast<std::uint8_t>(choose_width(lengths));
  if (is_sparse(lengths, codes_.size(), code.width)) {
    codes_.resize(compact(codes_, streams[kMasks]));
    code.masked = static_cast<std::uint32_t>(codes_.size());
    lengths[0] = 0;
    code.width = static_cast<std::uint8_t>(choose_width(lengths));
  }
  for (std::size_t length = code.width + 1U; length < lengths.size(); ++length)
    code.exceptions += lengths[length];
  if (code.exceptions > 0) put_exceptions(code, streams);
  if (code.width > 0) code.noise = static_cast<std::uint8_t>(pack(codes_, code.width, streams));
  return code;
}

void ColumnEncoder::put_exceptions(ColumnCode& code, Streams& streams) {
  Bytes& gaps = streams[kExceptionGaps];
  Bytes& values = streams[kExceptionCodes];
  const std::size_t gaps_at = gaps.size();
  const std::size_t values_at = values.size();
  std::size_t next = 0;
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    if (static_cast<unsigned>(std::bit_width(codes_[i])) <= code.width) continue;
    put_varint(gaps, i - next);
    put_varint(values, codes_[i]);
    codes_[i] = 0;
    next = i + 1;
  }
  code.gap_bytes = static_cast<std::uint32_t>(gaps.size() - gaps_at);
  code.code_bytes = static_cast<std::uint32_t>(values.size() - values_at);
}

void add_sizes(const ColumnCode& code, std::size_t samples, StreamSizes& sizes) {
  const unsigned planes = planes_of(code.width);
  if (code.masked) {
    sizes[kMasks] += (samples + 7) / 8;
    samples = *code.masked;
  }
  for (unsigned plane = 0; plane < planes; ++plane)
    sizes[(code.noise >> plane & 1U) != 0 ? kNoise : kPlanes] += samples;
  if (const unsigned rest = rest_of(code.width); rest > 0) sizes[rest] += packed_size(samples, rest);
  sizes[kExceptionGaps] += code.gap_bytes;
  sizes[kExceptionCodes] += code.code_bytes;
}

bool decode_column(const ColumnCode& code, const StreamParts& parts, std::span<std::uint64_t> bits) {
  std::ranges::fill(bits, 0);
  const std::span<std::uint64_t> codes = bits.first(code.masked.value_or(bits.size()));
  std::size_t planes_at = 0;
  std::size_t noise_at = 0;
  const unsigned planes = planes_of(code.width);
  for (unsigned plane = 0; plane < planes; ++plane) {
    const bool is_noise = (code.noise >> plane & 1U) != 0;
    std::size_t& at = is_noise ? noise_at : planes_at;
    unpack_plane(parts[is_noise ? kNoise : kPlanes].subspan(at, codes.size()), plane * 8, codes);
    at += codes.size();
  }
  if (const unsigned rest = rest_of(code.width); rest > 0) unpack_rests(parts[rest], rest, planes * 8, codes);
  if (code.exceptions > 0 && !patch_exceptions(code, parts, codes)) return false;
  if (code.masked && !spread_out(parts[kMasks], *code.masked, bits)) return false;
  if (code.is_zigzag)
    sum_up<true>(code, bits);
  else
    sum_up<false>(code, bits);
  if (code.digits) to_reals(bits, *code.digits);
  for (const OddValue& odd : code.odd) bits[odd.sample] = odd.bits;
  return true;
}

namespace {

// Of the first byte of a code. The order takes the lowest two bits.
enum ColumnForm : unsigned {
  kOrder = 3,
  kIsZigzag = 4,
  kHasDigits = 8,
  kHasExceptions = 16,
  kHasOdd = 32,
  kHasShift = 64,
  kIsMasked = 128,
};
constexpr unsigned kMostWidth = 64;
constexpr unsigned kMostShift = 63;

void read_exceptions(ColumnCode& code, ByteReader& from, std::size_t samples) {
  constexpr std::size_t kMostVarint = 10;
  code.exceptions = static_cast<std::uint32_t>(from.size(samples));
  code.gap_bytes = static_cast<std::uint32_t>(from.size(kMostVarint * code.exceptions));
  code.code_bytes = static_cast<std::uint32_t>(from.size(kMostVarint * code.exceptions));
  if (code.exceptions == 0) from.fail();
}

void read_odd(ColumnCode& code, ByteReader& from, std::size_t samples) {
  const std::size_t count = from.size(samples);
  std::size_t at = 0;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    at += from.size(samples);
    const auto bits = from.fixed<std::uint64_t>();
    if (at >= samples) return from.fail();
    code.odd.push_back({static_cast<std::uint32_t>(at++), bits});
  }
}

}  // namespace

void put_code(const ColumnCode& code, Bytes& to) {
  const unsigned form = code.order | (code.is_zigzag ? kIsZigzag : 0U) | (code.digits ? kHasDigits : 0U) |
                        (code.exceptions > 0 ? kHasExceptions : 0U) | (code.odd.empty() ? 0U : kHasOdd) |
                        (code.shift > 0 ? kHasShift : 0U) | (code.masked ? kIsMasked : 0U);
  put_byte(to, form);
  put_byte(to, code.width);
  if (planes_of(code.width) > 0) put_byte(to, code.noise);
  if (code.digits) put_byte(to, *code.digits);
  if (code.order > 0) put_varint(to, zigzag(code.start));
  if (code.order > 1) put_varint(to, zigzag(code.slope));
  put_varint(to, zigzag(code.centre));
  if (code.shift > 0) put_byte(to, code.shift);
  if (code.masked) put_varint(to, *code.masked);
  if (code.exceptions > 0) {
    put_varint(to, code.exceptions);
    put_varint(to, code.gap_bytes);
    put_varint(to, code.code_bytes);
  }
  if (code.odd.empty()) return;
  put_varint(to, code.odd.size());
  std::uint32_t next = 0;
  for (const OddValue& odd : code.odd) {
    put_varint(to, odd.sample - next);
    put_fixed(to, odd.bits);
    next = odd.sample + 1;
  }
}

ColumnCode read_code(ByteReader& from, std::size_t samples) {
  ColumnCode code;
  const std::size_t all_samples = samples;
  const unsigned form = from.byte();
  code.order = static_cast<std::uint8_t>(form & kOrder);
  code.is_zigzag = (form & kIsZigzag) != 0;
  code.width = static_cast<std::uint8_t>(from.byte());
  if (code.order > 2 || code.width > kMostWidth) return from.fail(), ColumnCode();
  if (planes_of(code.width) > 0) code.noise = static_cast<std::uint8_t>(from.byte());
  if (code.noise >> planes_of(code.width) != 0) from.fail();
  if ((form & kHasDigits) != 0) code.digits = static_cast<std::uint8_t>(from.size(kMostDigits));
  if (code.order > 0) code.start = from.zigzag_varint();
  if (code.order > 1) code.slope = from.zigzag_varint();
  code.centre = from.zigzag_varint();
  if ((form & kHasShift) != 0) code.shift = static_cast<std::uint8_t>(from.size(kMostShift));
  if ((form & kIsMasked) != 0) code.masked = static_cast<std::uint32_t>(from.size(samples));
  if (code.masked) samples = *code.masked;
  if ((form & kHasExceptions) != 0) read_exceptions(code, from, samples);
  if ((form & kHasOdd) != 0) read_odd(code, from, all_samples);
  return code;
}

}  // namespace kymo::KYMO_ABI::history
