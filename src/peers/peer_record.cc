#include "peer_record.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <kymo/peers/voice_quality.h>

namespace kymo::peers {
namespace {

using std::chrono::system_clock;
constexpr double kNoAnswer = std::numeric_limits<double>::quiet_NaN();
constexpr double kGoodEnough = 60;  // below it a peer is degraded

/// What was added between two totals; one that fell counts from 0 again.
std::uint64_t added(std::uint64_t before, std::uint64_t now) noexcept {
  return now >= before ? now - before : now;
}

system_clock::time_point hour_of(system_clock::time_point time) {
  return std::chrono::floor<std::chrono::hours>(time);
}

VoiceScore voice_of(double latency_ms, double jitter_ms, double loss_percent) {
  const double r =
      r_factor({.one_way_delay_ms = latency_ms / 2 + 2 * jitter_ms, .packet_loss_percent = loss_percent});
  return {r, mean_opinion_score(r)};
}

}  // namespace

PeerRecord::PeerRecord(std::string id, std::string name, Now now, const PeerTableOptions& options)
    : id_(std::move(id)), name_(std::move(name)), options_(options), connected_(now), last_heard_(now) {}

void PeerRecord::add_probe(Now now, std::optional<double> latency_ms) {
  ++sent_;
  if (latency_ms) {
    ++answered_;
    last_heard_ = now;
    was_heard_ = true;
  }
  last_latency_ms_ = latency_ms;
  interarrival_.add(latency_ms.value_or(kNoAnswer));

  const Probe probe{now, latency_ms.value_or(kNoAnswer), 0};
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
  rescore(latency_ms);
  probes_[(next_ + probes_.size() - 1) % probes_.size()].path_score = path_.total;
  add_to_hour(now.system, path_.total);
}

void PeerRecord::rescore(std::optional<double> latency_ms) {
  const double loss = packet_loss_percent();
  const double before = quality_.value_or(0);
  const bool had_one = quality_.has_value();
  quality_ = latency_ms ? quality_score({*latency_ms, loss, jitter_ms_}) : 0;
  trend_ = had_one ? peers::quality_trend(before, *quality_) : QualityTrend::stable;
  path_ = path_score(
      {.latency_ms = latency_ms.value_or(kNoAnswer),
       .jitter_ms = jitter_ms_,
       .packet_loss_percent = loss,
       .bandwidth_mbit_per_s = 8e-6 * (bandwidth_.sent_bytes_per_s + bandwidth_.received_bytes_per_s),
       .attempted = probes_.size(),
       .successful = kept_answers_});
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
  traffic_ = totals;
  traffic_time_ = now;
  if (came) {
    last_heard_ = now;
    was_heard_ = true;
  }
}

void PeerRecord::set_packet_loss(std::optional<double> percent) {
  told_loss_percent_ = percent ? std::optional(std::clamp(*percent, 0.0, 100.0)) : std::nullopt;
}

double PeerRecord::packet_loss_percent() const {
  if (told_loss_percent_) return *told_loss_percent_;
  if (probes_.empty()) return 0;
  return 100 * static_cast<double>(probes_.size() - kept_answers_) / static_cast<double>(probes_.size());
}

PeerStatus PeerRecord::status(Now now) const {
  if (now.steady - last_heard_.steady >= options_.disconnected_after) return PeerStatus::disconnected;
  if (!quality_) return PeerStatus::connected;
  return *quality_ >= kGoodEnough ? PeerStatus::connected : PeerStatus::degraded;
}

PeerState PeerRecord::state(Now now) const {
  PeerState state;
  state.id = id_;
  state.name = name_;
  state.status = status(now);
  state.latency_ms = last_latency_ms_;
  state.latencies = aggregate(kept_latencies());
  state.jitter_ms = jitter_ms_;
  state.interarrival_jitter_ms = interarrival_.milliseconds();
  state.packet_loss_percent = packet_loss_percent();
  state.probes_sent = sent_;
  state.probes_answered = answered_;
  state.traffic = traffic_;
  state.bandwidth = bandwidth_;
  state.uptime = now.steady - connected_.steady;
  if (was_heard_) state.last_seen = last_heard_.system;
  state.quality_score = quality_;
  state.quality_trend = trend_;
  state.path = path_;
  state.path_score_5m = mean_path_score_since(now.steady - std::chrono::minutes(5));
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

std::optional<double> PeerRecord::mean_path_score_since(std::chrono::steady_clock::time_point since) const {
  double sum = 0;
  std::size_t count = 0;
  for_each_probe([&](const Probe& probe) {
    if (probe.time.steady < since) return;
    sum += probe.path_score;
    ++count;
  });
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

std::optional<double> PeerRecord::path_total() const {
  return probes_.empty() ? std::nullopt : std::optional(path_.total);
}

void PeerRecord::add_to_hour(system_clock::time_point time, double score) {
  const auto begin = hour_of(time);
  const auto number = std::chrono::duration_cast<std::chrono::hours>(begin.time_since_epoch()).count();
  HourlyScore& hour = hours_[static_cast<std::size_t>(number) % hours_.size()];
  if (hour.begin != begin || hour.count == 0)
    hour = {.begin = begin, .count = 0, .min = score, .max = score, .average = 0};
  ++hour.count;
  hour.min = std::min(hour.min, score);
  hour.max = std::max(hour.max, score);
  hour.average += (score - hour.average) / static_cast<double>(hour.count);
}

std::vector<HourlyScore> PeerRecord::hourly(Now now) const {
  const auto last = hour_of(now.system);
  std::vector<HourlyScore> hours;
  std::copy_if(hours_.begin(), hours_.end(), std::back_inserter(hours), [&](const HourlyScore& hour) {
    return hour.count != 0 && hour.begin <= last && last - hour.begin < std::chrono::hours(24);
  });
  std::sort(hours.begin(), hours.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  return hours;
}

}  // namespace kymo::peers
