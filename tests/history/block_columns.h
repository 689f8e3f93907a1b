#pragma once

#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "src/history/columns.h"

// Columns of every shape that the encodings are for, and of those that they are not for.
namespace kymo::history {

inline std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

inline std::uint64_t draw(std::uint64_t below) {
  return *rc::gen::inRange<std::uint64_t>(0, below).as("number");
}

/// A column of that many values, by one of the ways that a real one comes about.
inline std::vector<std::uint64_t> draw_values(ColumnKind kind, std::size_t count) {
  const auto any_bits = [] { return *rc::gen::arbitrary<std::uint64_t>(); };
  const std::vector<std::uint64_t> odd = {bits_of(-0.0),
                                          0x7ff0000000000002,  // Prometheus' stale marker
                                          0x7ff8000000000001,
                                          0xfff8dead0000beef,
                                          bits_of(std::numeric_limits<double>::infinity()),
                                          bits_of(std::numeric_limits<double>::denorm_min()),
                                          std::numeric_limits<std::uint64_t>::max(),
                                          0};
  const std::uint64_t shape = draw(8);
  const std::uint64_t spread = std::uint64_t{1} << draw(60);
  const double power = std::pow(10, static_cast<double>(draw(10)));
  const bool has_odd = draw(3) == 0;
  std::uint64_t at = draw(2) == 0 ? draw(1000) : any_bits();
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t& value : values) {
    const std::uint64_t step = shape == 0 ? 0 : shape == 1 ? 7 : draw(spread);
    at += shape == 5 ? (draw(20) == 0 ? step : 0) : step;
    if (shape == 4) at = step;
    if (shape == 6 && draw(30) == 0) at = 0;
    value = shape == 7 ? any_bits() : at;
    if (kind == ColumnKind::real && shape < 7)
      value =
          bits_of(static_cast<double>(static_cast<std::int64_t>(value % (std::uint64_t{1} << 54))) / power);
    if (has_odd && draw(8) == 0) value = odd[draw(odd.size())];
  }
  return values;
}

inline SeriesColumns draw_series(std::size_t ticks) {
  SeriesColumns series;
  series.series = static_cast<std::uint32_t>(draw(std::uint64_t{1} << 32));
  if (draw(3) == 0 && ticks > 0) {
    series.present.resize((ticks + 63) / 64);
    for (std::uint32_t tick = 0; tick < ticks; ++tick) {
      const bool is_there = draw(2) == 0;
      if (is_there)
        series.present[tick / 64] |= std::uint64_t{1} << (tick % 64);
      else if (draw(4) == 0)
        series.stale.push_back(tick);
    }
  }
  const std::size_t samples = samples_of(series.present, ticks);
  for (std::uint32_t sample = 0; sample < samples; ++sample)
    if (draw(20) == 0) series.created.push_back({sample, static_cast<std::int64_t>(draw(2'000'000'000'000))});
  series.values.kind = draw(2) == 0 ? ColumnKind::real : ColumnKind::integer;
  series.values.bits = draw_values(series.values.kind, samples);
  if (draw(3) == 0) {
    HistogramColumns& histogram = series.histogram.emplace();
    if (draw(2) == 0) histogram.bounds = {0.005, 0.1, 10};
    std::int32_t bucket = static_cast<std::int32_t>(draw(100)) - 50;
    for (std::uint64_t left = draw(5); left > 0; --left) {
      histogram.buckets.push_back(bucket);
      histogram.counts.push_back(draw_values(ColumnKind::integer, samples));
      bucket += 1 + static_cast<std::int32_t>(draw(5));
    }
  }
  return series;
}

inline BlockColumns draw_block(std::size_t ticks, std::size_t count) {
  BlockColumns block;
  std::int64_t time = static_cast<std::int64_t>(draw(2'000'000'000'000));
  for (std::size_t i = 0; i < ticks; ++i)
    block.times_ms.push_back(time += 1 + static_cast<std::int64_t>(draw(1000)));
  for (std::size_t i = 0; i < count; ++i) block.series.push_back(draw_series(ticks));
  return block;
}

}  // namespace kymo::history
