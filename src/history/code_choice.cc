#include "code_choice.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "byte_stream.h"
#include "packing.h"

namespace kymo::KYMO_ABI::history {
namespace {

constexpr std::size_t kSampled = 128;
constexpr std::size_t kSampledForCentre = 33;

struct Differences {
  std::array<std::uint64_t, kSampled> of{};
  std::size_t count = 0;

  [[nodiscard]] std::span<const std::uint64_t> all() const { return std::span(of).first(count); }
};

/// Differences of that order at places spread over the column.
Differences sample_differences(std::span<const std::uint64_t> values, unsigned order) {
  Differences sampled;
  const std::size_t from = order;
  const std::size_t available = values.size() - from;
  sampled.count = std::min(kSampled, available);
  for (std::size_t k = 0; k < sampled.count; ++k) {
    const std::size_t i = from + (available <= kSampled ? k : k * available / kSampled);
    std::uint64_t difference = values[i];
    if (order == 1) difference -= values[i - 1];
    if (order == 2) difference += values[i - 2] - 2 * values[i - 1];
    sampled.of[k] = difference;
  }
  return sampled;
}

std::uint64_t median_of(std::span<const std::uint64_t> all) {
  std::array<std::uint64_t, kSampledForCentre> some{};
  const std::size_t count = std::min(kSampledForCentre, all.size());
  for (std::size_t i = 0; i < count; ++i) some[i] = all[i * all.size() / count];
  const auto middle = some.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(some.begin(), middle, some.begin() + static_cast<std::ptrdiff_t>(count), is_signed_less);
  return *middle;
}

/// Bits of codes of these lengths, with a good code: the length has its entropy, all bits but the first are
/// even.
double bits_of(const LengthCounts& lengths, std::size_t up_to = 64) {
  std::size_t total = 0;
  double bits = 0;
  for (std::size_t length = 0; length <= up_to; ++length) {
    const std::size_t count = lengths[length];
    if (count == 0) continue;
    total += count;
    const auto n = static_cast<double>(count);
    bits += n * (static_cast<double>(std::max<std::size_t>(length, 1) - 1) - std::log2(n));
  }
  return total == 0 ? 0 : bits + static_cast<double>(total) * std::log2(static_cast<double>(total));
}

template <bool Zigzag>
double bits_around(std::span<const std::uint64_t> differences, std::uint64_t centre) {
  LengthCounts lengths{};
  for (const std::uint64_t difference : differences) {
    const std::uint64_t code = difference - centre;
    ++lengths[static_cast<std::size_t>(std::bit_width(Zigzag ? zigzag(code) : code))];
  }
  return bits_of(lengths);
}

}  // namespace

CodeChoice choose_code(std::span<const std::uint64_t> values) {
  CodeChoice best;
  double least = std::numeric_limits<double>::infinity();
  for (unsigned order = 0; order <= 2 && order < values.size(); ++order) {
    const Differences sampled = sample_differences(values, order);
    const auto all = sampled.all();
    // A higher order has to earn its start, and the noise of a lower one.
    const double price = 16.0 * order;
    const auto consider = [&](bool is_zigzag, std::uint64_t centre, double bits) {
      if (bits / static_cast<double>(all.size()) * static_cast<double>(values.size()) + price >= least)
        return;
      least = bits / static_cast<double>(all.size()) * static_cast<double>(values.size()) + price;
      best = {.order = order, .is_zigzag = is_zigzag, .centre = centre};
    };
    const std::uint64_t smallest = *std::ranges::min_element(all, is_signed_less);
    consider(false, smallest, bits_around<false>(all, smallest));
    if (order > 0) consider(true, 0, bits_around<true>(all, 0));
    const std::uint64_t median = median_of(all);
    consider(true, median, bits_around<true>(all, median));
  }
  return best;
}

unsigned choose_width(const LengthCounts& lengths) {
  std::size_t total = 0;
  for (const std::uint32_t count : lengths) total += count;
  std::size_t above = total;
  double bits_above = 0;
  for (std::size_t length = 0; length < lengths.size(); ++length)
    bits_above += static_cast<double>(lengths[length]) * (static_cast<double>(length) + 2);
  unsigned best = 64;
  double least = std::numeric_limits<double>::infinity();
  for (unsigned width = 0; width < lengths.size(); ++width) {
    above -= lengths[width];
    bits_above -= static_cast<double>(lengths[width]) * (width + 2.0);
    if (lengths[width] == 0 && width > 0) continue;
    double bits = bits_of(lengths, width);
    // A byte takes at least one bit, shared by the codes in it.
    const unsigned rest = rest_of(width);
    const double floor = 8.0 * planes_of(width) + (rest == 0 ? 0 : packed_bits(rest) / 8.0);
    bits = std::max(bits, static_cast<double>(total) * (width == 0 ? 0 : width < 8 ? floor : 0.125));
    if (above > 0)
      bits += bits_above + static_cast<double>(above) *
                               (3 + std::log2(static_cast<double>(total) / static_cast<double>(above)));
    if (bits < least) {
      least = bits;
      best = width;
    }
  }
  return best;
}

}  // namespace kymo::KYMO_ABI::history
