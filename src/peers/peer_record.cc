#include "peer_record.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <kymo/peers/voice_quality.h>

namespace kymo::KYMO_ABI::peers {
namespace {

using std::chrono::nanoseconds;
using std::chrono::system_clock;
constexpr double kNoAnswer = std::numeric_limits<double>::quiet_NaN();
constexpr auto kRecent = std::chrono::minutes(5);
constexpr std::size_t kMostSilences = 32;
constexpr double kGoodEnough = 60;  // below it a peer is degraded

/// Growth between two totals; a lower total counts from 0 again.
std::uint64_t added(std::uint64_t before, std::uint64_t now) noexcept {
  return now >= before ? now - before : now;
}

system_clock::time_point hour_of(system_clock::time_point time) {
  return std::chrono::floor<std::chrono::hours>(time);
}

/// Share of a period that a peer was not disconnected: 0 to 1.
double share_heard(nanoseconds silent, nanoseconds whole) noexcept {
  if (whole <= nanoseconds::zero()) return 1;
  return 1 - std::clamp(static_cast<double>(silent.count()) / static_cast<double>(whole.count()), 0.0, 1.0);
}

VoiceScore voice_of(double latency_ms, double jitter_ms, double loss_percent) {
  const double r =
      r_factor({.one_way_delay_ms = latency_ms / 2 + 2 * jitter_ms, .packet_loss_percent = loss_percent});
  return {r, mean_opinion_score(r)};
}

}  // namespace

PeerRecord::PeerRecord(std::string id, std::string name, Now now, const PeerTableOptions& options)
    : id_(std::move(id)),
      name_(std::move(name)),
      options_(options),
      added_(now),
      connected_(now),
      last_heard_(now) {}

void PeerRecord::hear(Now now) {
  if (const auto silent = silence(now)) {
    add_silence(hours_, *silent);
    keep_silence(*silent);
    // The path of its return is unknown until the next probe.
    is_back_ = is_back_ || quality_.has_value();
    quality_.reset();
    last_latency_ms_.reset();
  }
  if (!was_heard_ || is_disconnected(now)) connected_ = now;
  last_heard_ = now;
  was_heard_ = true;
}

void PeerRecord::add_limited_probe(Now now) {
  ++sent_;
  ++limited_;
  is_last_limited_ = true;
  hear(now);
}

/// At the limit, merges the two closest silences; their silence then counts as spread evenly.
void PeerRecord::keep_silence(const Silence& silence) {
  std::erase_if(silences_, [&](const Silence& old) { return old.end.steady < silence.end.steady - kRecent; });
  if (silences_.size() >= kMostSilences) {
    const auto span = [&](std::size_t i) { return silences_[i + 1].end.steady - silences_[i].begin.steady; };
    std::size_t closest = 0;
    for (std::size_t i = 1; i + 1 < silences_.size(); ++i) {
      if (span(i) < span(closest)) closest = i;
    }
    const auto next = silences_.begin() + static_cast<std::ptrdiff_t>(closest) + 1;
    silences_[closest].end = next->end;
    silences_[closest].length += next->length;
    silences_.erase(next);
  }
  silences_.push_back(silence);
}

void PeerRecord::add_probe(Now now, std::optional<double> latency_ms) {
  ++sent_;
  is_last_limited_ = false;
  if (latency_ms) {
    ++answered_;
    hear(now);
  }
  last_latency_ms_ = latency_ms;
  interarrival_.add(latency_ms.value_or(kNoAnswer));

  const Probe probe{now, latency_ms.value_or(kNoAnswer), kNoAnswer};
  if (probes_.size() < options_.latency_points) {
    probes_.push_back(probe);
    next_ = probes_.size() % options_.latency_points;
  } else {
    if (!std::isnan(probes_[next_].latency_ms)) --kept_answers_;
    probes_[next_] = probe;
    next_ = (next_ + 1) % probes_.size();
  }
  if (latency_ms) ++kept_answers_;
  jitter_ms_ = deviation_jitter(kept_latencies());
  rescore(now, latency_ms);
  const bool is_scored = !is_disconnected(now);
  if (is_scored) probes_[(next_ + probes_.size() - 1) % probes_.size()].path_score = path_.total;
  add_score(hour_at(hours_, now.system), is_scored ? std::optional(path_.total) : std::nullopt);
}

void PeerRecord::rescore(Now now, std::optional<double> latency_ms) {
  const double loss = packet_loss_percent();
  const std::optional<double> before = std::exchange(is_back_, false) ? 0 : quality(now);
  quality_ = latency_ms ? quality_score({*latency_ms, loss, jitter_ms_}) : 0;
  trend_ = before ? peers::quality_trend(*before, *quality_) : QualityTrend::stable;
  PathFigures figures{.latency_ms = latency_ms.value_or(kNoAnswer),
                      .packet_loss_percent = loss,
                      .attempted = probes_.size(),
                      .successful = kept_answers_};
  if (kept_answers_ >= 2) figures.jitter_ms = jitter_ms_;  // a single answer has no deviation
  if (is_bandwidth_known_)
    figures.bandwidth_mbit_per_s = 8e-6 * (bandwidth_.sent_bytes_per_s + bandwidth_.received_bytes_per_s);
  path_ = path_score(figures);
}

void PeerRecord::set_traffic(Now now, const PeerTraffic& totals) {
  const bool came = totals.bytes_received != traffic_.bytes_received;
  if (traffic_time_) {
    const std::chrono::duration<double> passed = now.steady - traffic_time_->steady;
    if (passed.count() <= 0) return;
    bandwidth_ = {
        static_cast<double>(added(traffic_.bytes_sent, totals.bytes_sent)) / passed.count(),
        static_cast<double>(added(traffic_.bytes_received, totals.bytes_received)) / passed.count()};
  }
  is_bandwidth_known_ = traffic_time_.has_value();
  traffic_ = totals;
  traffic_time_ = now;
  if (came) hear(now);
}

void PeerRecord::set_packet_loss(std::optional<double> percent) {
  told_loss_percent_ = percent ? std::optional(std::clamp(*percent, 0.0, 100.0)) : std::nullopt;
}

double PeerRecord::packet_loss_percent() const {
  if (told_loss_percent_) return *told_loss_percent_;
  if (probes_.empty()) return 0;
  return 100 * static_cast<double>(probes_.size() - kept_answers_) / static_cast<double>(probes_.size());
}

bool PeerRecord::is_disconnected(Now now) const {
  return now.steady - last_heard_.steady >= options_.disconnected_after;
}

std::optional<double> PeerRecord::quality(Now now) const { return is_disconnected(now) ? 0 : quality_; }

std::optional<PeerRecord::Silence> PeerRecord::silence(Now now) const {
  if (!is_disconnected(now)) return std::nullopt;
  const auto length = now.steady - last_heard_.steady - options_.disconnected_after;
  return Silence{{now.steady - length, now.system - length}, now, length};
}

std::string PeerRecord::reason(Now now) const {
  if (is_disconnected(now)) {
    const auto silent = std::chrono::floor<std::chrono::seconds>(now.steady - last_heard_.steady);
    return "disconnected: silent for " + std::to_string(silent.count()) + " s";
  }
  if (is_last_limited_) return "the peer refused the last probe by its limit; probe less often";
  if (!quality_) return {};
  if (!last_latency_ms_) return "the last probe had no answer";
  return quality_reason({*last_latency_ms_, packet_loss_percent(), jitter_ms_});
}

PeerStatus PeerRecord::status(Now now) const {
  if (is_disconnected(now)) return PeerStatus::disconnected;
  if (!quality_) return PeerStatus::connected;
  return *quality_ >= kGoodEnough ? PeerStatus::connected : PeerStatus::degraded;
}

PeerState PeerRecord::state(Now now) const {
  PeerState state;
  state.id = id_;
  state.name = name_;
  state.status = status(now);
  state.latencies = aggregate(kept_latencies());
  state.jitter_ms = jitter_ms_;
  state.interarrival_jitter_ms = interarrival_.milliseconds();
  state.packet_loss_percent = packet_loss_percent();
  state.probes_sent = sent_;
  state.probes_answered = answered_;
  state.probes_limited = limited_;
  state.traffic = traffic_;
  if (was_heard_) {
    state.uptime = now.steady - connected_.steady;
    state.last_seen = last_heard_.system;
  }
  state.quality_score = quality(now);
  state.quality_reason = reason(now);
  state.path_score_5m = mean_path_score(now, kRecent);
  if (is_disconnected(now)) {
    // The old connection's figures are void.
    if (was_heard_) state.uptime = std::chrono::nanoseconds::zero();
    state.quality_trend = quality_ ? peers::quality_trend(*quality_, 0) : QualityTrend::stable;
    if (state.latencies.count != 0) state.voice = VoiceScore{};
    return state;
  }
  state.latency_ms = last_latency_ms_;
  state.bandwidth = bandwidth_;
  if (is_back_) return state;  // the path's figures are from before
  state.quality_trend = trend_;
  state.path = path_;
  if (state.latencies.count != 0) {
    state.voice = voice_of(*state.latencies.average, jitter_ms_, state.packet_loss_percent);
  }
  return state;
}

template <class Visitor>
void PeerRecord::for_each_probe(Visitor visit) const {
  const std::size_t first = probes_.size() < options_.latency_points ? 0 : next_;
  for (std::size_t i = 0; i < probes_.size(); ++i) visit(probes_[(first + i) % probes_.size()]);
}

std::vector<double> PeerRecord::kept_latencies() const {
  std::vector<double> latencies;
  latencies.reserve(kept_answers_);
  for_each_probe([&](const Probe& probe) {
    if (!std::isnan(probe.latency_ms)) latencies.push_back(probe.latency_ms);
  });
  return latencies;
}

std::vector<LatencyPoint> PeerRecord::latencies(std::chrono::steady_clock::time_point since) const {
  std::vector<LatencyPoint> points;
  for_each_probe([&](const Probe& probe) {
    if (probe.time.steady >= since) points.push_back({probe.time.system, probe.latency_ms});
  });
  return points;
}

std::optional<double> PeerRecord::mean_path_score(Now now, nanoseconds window) const {
  const auto since = std::max(now.steady - window, added_.steady);
  double sum = 0;
  std::size_t count = 0;
  for_each_probe([&](const Probe& probe) {
    if (probe.time.steady < since || std::isnan(probe.path_score)) return;
    sum += probe.path_score;
    ++count;
  });
  nanoseconds silent{};
  const auto add = [&](const Silence& one) {
    const nanoseconds whole = one.end.steady - one.begin.steady;
    const nanoseconds within = one.end.steady - std::max(one.begin.steady, since);
    if (within <= nanoseconds::zero()) return;
    silent += within == whole ? one.length
                              : nanoseconds(std::llround(static_cast<double>(one.length.count()) *
                                                         static_cast<double>(within.count()) /
                                                         static_cast<double>(whole.count())));
  };
  std::ranges::for_each(silences_, add);
  if (const auto current = silence(now)) add(*current);
  if (count == 0) return silent > nanoseconds::zero() ? std::optional(0.0) : std::nullopt;
  return sum / static_cast<double>(count) * share_heard(silent, now.steady - since);
}

std::optional<double> PeerRecord::path_total(Now now) const {
  if (is_disconnected(now)) return 0;
  return probes_.empty() || is_back_ ? std::nullopt : std::optional(path_.total);
}

PeerRecord::Hour& PeerRecord::hour_at(Hours& hours, system_clock::time_point time) {
  const auto begin = hour_of(time);
  const auto number = std::chrono::duration_cast<std::chrono::hours>(begin.time_since_epoch()).count();
  // A clock may be before 1970.
  const auto size = static_cast<std::int64_t>(hours.size());
  Hour& hour = hours[static_cast<std::size_t>((number % size + size) % size)];
  if (hour.score.begin != begin) hour = {.score = {.begin = begin}};
  return hour;
}

void PeerRecord::add_score(Hour& hour, std::optional<double> score) {
  HourlyScore& all = hour.score;
  const double counted = score.value_or(0);
  // A silence before the first probe is a minimum of 0 already.
  const bool is_first = all.count++ == 0 && hour.silent == nanoseconds::zero();
  all.min = is_first ? counted : std::min(all.min, counted);
  all.max = is_first ? counted : std::max(all.max, counted);
  if (score) all.average += (*score - all.average) / static_cast<double>(++hour.scored);
}

void PeerRecord::add_silence(Hours& hours, const Silence& silence) {
  const auto end = silence.end.system;
  auto begin = std::max(silence.begin.system, hour_of(end) - std::chrono::hours(23));
  while (begin < end) {
    const auto next = std::min(end, hour_of(begin) + std::chrono::hours(1));
    Hour& hour = hour_at(hours, begin);
    hour.silent += next - begin;
    hour.score.min = 0;
    begin = next;
  }
}

std::vector<HourlyScore> PeerRecord::hourly(Now now) const {
  Hours all = hours_;
  if (const auto current = silence(now)) add_silence(all, *current);
  const auto last = hour_of(now.system);
  std::vector<HourlyScore> hours;
  for (const Hour& hour : all) {
    const auto begin = hour.score.begin;
    const bool is_of_today = begin <= last && last - begin < std::chrono::hours(24);
    if (!is_of_today || (hour.score.count == 0 && hour.silent == nanoseconds::zero())) continue;
    const auto known = std::min(now.system, begin + std::chrono::hours(1)) - std::max(added_.system, begin);
    hours.push_back(hour.score);
    hours.back().average *= share_heard(hour.silent, known);
  }
  std::sort(hours.begin(), hours.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  return hours;
}

}  // namespace kymo::KYMO_ABI::peers
