// History: what a sample takes in blocks and in the log, and how long. Samples are counted as Prometheus
// does.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "history/block.h"
#include "history/log_encoder.h"
#include "history_data.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

using history::BlockColumns;
using history::Bytes;

constexpr std::size_t kWindow = 600;

void decode(const Bytes& block, history::SeriesColumns& series) {
  std::string error;
  auto reader = history::BlockReader::open(block, error);
  if (!reader) throw std::runtime_error("a block of the benchmark is damaged: " + error);
  for (std::size_t i = 0; i < reader->summaries().size(); ++i)
    if (!reader->read_series(i, series)) throw std::runtime_error("a series of the benchmark is damaged");
  escape(series.values.bits.data());
}

/// The ticks of a window one by one, as a store meets them.
class Ticks {
 public:
  explicit Ticks(const std::vector<BlockColumns>& blocks)
      : times_(blocks.front().times_ms), bits_(times_.size()), present_(times_.size()) {
    for (const BlockColumns& block : blocks)
      for (const history::SeriesColumns& series : block.series) add(series);
    for (std::size_t t = 0; t < times_.size(); ++t) present_[t].resize(history::words_for(columns_.size()));
    for (std::size_t t = 0; t < times_.size(); ++t)
      for (std::size_t i = 0; i < columns_.size(); ++i)
        if (is_present(*owners_[i], t)) present_[t][i / 64] |= std::uint64_t{1} << (i % 64);
  }

  [[nodiscard]] std::size_t count() const { return times_.size(); }
  [[nodiscard]] history::LogTick tick(std::size_t t) const {
    return {.time_ms = times_[t], .columns = columns_, .bits = bits_[t], .present = present_[t]};
  }

 private:
  static bool is_present(const history::SeriesColumns& series, std::size_t t) {
    return series.present.empty() || (series.present[t / 64] >> (t % 64) & 1U) != 0;
  }
  void add(const history::SeriesColumns& series) {
    using history::LogPart;
    add(series,
        {.series = series.series,
         .part = series.histogram ? LogPart::sum : LogPart::number,
         .kind = series.values.kind},
        series.values.bits);
    if (!series.histogram) return;
    for (std::size_t i = 0; i < series.histogram->buckets.size(); ++i)
      add(series,
          {.series = series.series,
           .part = LogPart::bucket,
           .kind = history::ColumnKind::integer,
           .bucket = series.histogram->buckets[i]},
          series.histogram->counts[i]);
  }
  void add(const history::SeriesColumns& series, const history::LogColumn& column,
           const std::vector<std::uint64_t>& values) {
    columns_.push_back(column);
    owners_.push_back(&series);
    std::size_t sample = 0;
    for (std::size_t t = 0; t < times_.size(); ++t)
      bits_[t].push_back(is_present(series, t) ? values[sample++] : 0);
  }

  std::vector<std::int64_t> times_;
  std::vector<history::LogColumn> columns_;
  std::vector<const history::SeriesColumns*> owners_;
  std::vector<std::vector<std::uint64_t>> bits_;
  std::vector<std::vector<std::uint64_t>> present_;
};

/// Sums over all windows; of times the least of each window's turns.
struct Taken {
  double samples = 0;
  double block_bytes = 0;
  double log_bytes = 0;
  double encode_ns = 0;
  double decode_ns = 0;
  double append_ns = 0;
};

void measure_window(const Effort& effort, const std::vector<BlockColumns>& blocks, Taken& taken) {
  std::vector<Bytes> encoded(blocks.size());
  history::BlockEncoder encoder;
  history::SeriesColumns series;
  const Ticks ticks(blocks);
  Bytes log;
  const auto median = medians(effort, {[&] {
                                         return cpu_ns_of([&] {
                                           for (std::size_t i = 0; i < blocks.size(); ++i)
                                             encoded[i] = encoder.encode(blocks[i]);
                                         });
                                       },
                                       [&] {
                                         return cpu_ns_of([&] {
                                           for (const Bytes& block : encoded) decode(block, series);
                                         });
                                       },
                                       [&] {
                                         history::LogEncoder log_encoder;
                                         log.clear();
                                         return cpu_ns_of([&] {
                                           for (std::size_t t = 0; t < ticks.count(); ++t)
                                             log_encoder.append_tick(ticks.tick(t), log);
                                         });
                                       }});
  taken.encode_ns += median[0];
  taken.decode_ns += median[1];
  taken.append_ns += median[2];
  taken.log_bytes += static_cast<double>(log.size());
  for (const Bytes& block : encoded) taken.block_bytes += static_cast<double>(block.size());
  for (const BlockColumns& block : blocks) taken.samples += static_cast<double>(samples_in(block));
}

}  // namespace

void history_rows(Report& report) {
  HistoryData data({.series = report.effort().of(5000, 200), .ticks = report.effort().of(3600, 120)});
  Taken taken;
  for (auto blocks = data.next_blocks(kWindow); !blocks.empty(); blocks = data.next_blocks(kWindow))
    measure_window(report.effort(), blocks, taken);
  const auto each = [&](double of_all) { return of_all / taken.samples; };
  report.add(
      Row{.work = "a sample in blocks, index in", .unit = "bytes", .kymo = each(taken.block_bytes)}.at_most(
          0.70));
  report.add(Row{.work = "a sample in the log", .unit = "bytes", .kymo = each(taken.log_bytes)}.at_most(1.3));
  report.add({.work = "a sample into a block", .unit = "ns", .kymo = each(taken.encode_ns)});
  report.add(Row{.work = "a sample out of a block", .unit = "ns", .kymo = each(taken.decode_ns)}.at_most(5));
  report.add(Row{.work = "a sample into the log", .unit = "ns", .kymo = each(taken.append_ns)}.at_most(50));
}

}  // namespace kymo::KYMO_ABI::bench
