#include <kymo/probe/path_report.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include <kymo/peers/voice_quality.h>

namespace kymo::KYMO_ABI::probe {
namespace {

double milliseconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Nearest rank; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

WayReport report_of(std::vector<double> delays_ms, const peers::InterarrivalJitter& jitter) {
  std::sort(delays_ms.begin(), delays_ms.end());
  const double fastest = delays_ms.front();
  return {.jitter_ms = jitter.milliseconds(),
          .rise_average_ms = std::max(mean(delays_ms) - fastest, 0.0),
          .rise_p95_ms = percentile(delays_ms, 95) - fastest,
          .rise_max_ms = delays_ms.back() - fastest};
}

void judge(PathReport& report) {
  if (report.phases || report.sent == report.limited) return;
  if (!report.average) {
    report.quality_score = 0;
    report.quality_reason = "no probe had an answer";
    return;
  }
  const peers::ConnectionFigures figures{*report.average, report.loss_percent, report.jitter_ms};
  report.quality_score = peers::quality_score(figures);
  report.quality_reason = peers::quality_reason(figures);
  report.r_factor = peers::r_factor({.one_way_delay_ms = *report.average / 2 + 2 * report.jitter_ms,
                                     .packet_loss_percent = report.loss_percent});
  report.mean_opinion_score = peers::mean_opinion_score(*report.r_factor);
}

}  // namespace

int days_until(std::chrono::system_clock::time_point end,
               std::chrono::system_clock::time_point now) noexcept {
  return static_cast<int>(std::chrono::floor<std::chrono::days>(end - now).count());
}

void PathRecorder::keep(std::vector<double>& values, std::uint64_t number, double value) const {
  if (values.size() < kept_) {
    values.push_back(value);
  } else {
    values[number % kept_] = value;
  }
}

void PathRecorder::add(const ProbeResult& result) {
  switch (result.outcome) {
    case ProbeOutcome::duplicate: ++totals_.duplicates; return;
    case ProbeOutcome::late:
      ++totals_.late;
      totals_.reordered += result.reordered ? 1U : 0U;
      return;
    case ProbeOutcome::lost:
    case ProbeOutcome::limited:
      ++totals_.sent;
      ++(result.outcome == ProbeOutcome::lost ? totals_.lost : totals_.limited);
      for (auto* jitter : {&jitter_, &out_.jitter, &back_.jitter})
        jitter->add(std::numeric_limits<double>::quiet_NaN());
      return;
    case ProbeOutcome::answered: break;
  }
  ++totals_.sent;
  totals_.reordered += result.reordered ? 1U : 0U;
  const double round_trip = milliseconds_of(result.round_trip);
  keep(round_trips_ms_, totals_.answered++, round_trip);
  jitter_.add(round_trip);
  if (result.ways) add_ways(*result.ways);
  if (result.details != nullptr) add_details(*result.details);
}

void PathRecorder::PhaseSum::add(const std::optional<std::chrono::nanoseconds>& time) noexcept {
  if (!time) return;
  milliseconds += milliseconds_of(*time);
  ++count;
}

std::optional<double> PathRecorder::PhaseSum::average() const noexcept {
  return count == 0 ? std::nullopt : std::optional(milliseconds / static_cast<double>(count));
}

void PathRecorder::add_details(const ProbeDetails& details) {
  if (!details.phases.connect) return;  // dns has no steps
  resolve_.add(details.phases.resolve);
  connect_.add(details.phases.connect);
  tls_.add(details.phases.tls);
  first_byte_.add(details.phases.first_byte);
  if (!totals_.phases) totals_.phases.emplace();
  if (details.http_status) ++totals_.phases->statuses[*details.http_status];
  totals_.phases->certificate_end = details.certificate_end;
  totals_.phases->certificate_trouble = details.certificate_trouble;
}

void PathRecorder::add_ways(const OneWayTimes& ways) {
  if (ways.responder != responder_) {
    // Another clock: earlier times are not comparable.
    responder_ = ways.responder;
    ways_seen_ = 0;
    out_ = back_ = {};
  }
  const auto add = [this](Way& way, double delay_ms) {
    keep(way.delays_ms, ways_seen_, delay_ms);
    way.jitter.add(delay_ms);
  };
  add(out_, milliseconds_of(ways.out));
  add(back_, milliseconds_of(ways.back));
  ++ways_seen_;
}

PathReport PathRecorder::report() const {
  PathReport report = totals_;
  if (const std::uint64_t counted = report.answered + report.lost; counted != 0)
    report.loss_percent = 100 * static_cast<double>(report.lost) / static_cast<double>(counted);
  if (report.phases) {
    report.phases->resolve_ms = resolve_.average();
    report.phases->connect_ms = connect_.average();
    report.phases->tls_ms = tls_.average();
    report.phases->first_byte_ms = first_byte_.average();
  }
  if (!round_trips_ms_.empty()) {
    std::vector<double> sorted = round_trips_ms_;
    std::sort(sorted.begin(), sorted.end());
    report.min = sorted.front();
    report.average = mean(sorted);
    report.p50 = percentile(sorted, 50);
    report.p95 = percentile(sorted, 95);
    report.p99 = percentile(sorted, 99);
    report.max = sorted.back();
    report.jitter_ms = peers::deviation_jitter(round_trips_ms_);
  }
  report.interarrival_jitter_ms = jitter_.milliseconds();
  if (ways_seen_ != 0) {
    report.out = report_of(out_.delays_ms, out_.jitter);
    report.back = report_of(back_.delays_ms, back_.jitter);
  }
  judge(report);
  return report;
}

}  // namespace kymo::KYMO_ABI::probe
