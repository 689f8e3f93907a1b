#include "probe_output.h"

#include <array>
#include <charconv>
#include <string_view>

#include <kymo/log/format.h>
#include <kymo/model/json_writer.h>
#include <kymo/peers/quality.h>

namespace kymo::cli {
namespace {

using probe::PathReport;
using probe::ProbeOutcome;

std::string number(double value, int decimals) {
  std::array<char, 64> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return error == std::errc() ? std::string(text.data(), end) : "-";
}

std::string milliseconds(double value) { return number(value, 3) + " ms"; }
std::string change(double value) { return (value < 0 ? "" : "+") + milliseconds(value); }

std::string_view outcome_name(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::answered: return "answered";
    case ProbeOutcome::lost: return "lost";
    case ProbeOutcome::late: return "late";
    case ProbeOutcome::duplicate: break;
  }
  return "duplicate";
}

std::string way_text(std::string_view name, const probe::WayReport& way) {
  return "  " + std::string(name) + " jitter " + milliseconds(way.jitter_ms) + ", above its fastest by " +
         milliseconds(way.rise_average_ms) + " on average, " + milliseconds(way.rise_p95_ms) + " p95, " +
         milliseconds(way.rise_max_ms) + " at most\n";
}

void write_way(model::JsonWriter& json, std::string_view name, const std::optional<probe::WayReport>& way) {
  if (!way) return;
  json.begin_object(name);
  json.field("jitter_ms", way->jitter_ms);
  json.field("rise_average_ms", way->rise_average_ms);
  json.field("rise_p95_ms", way->rise_p95_ms);
  json.field("rise_max_ms", way->rise_max_ms);
  json.end_object();
}

std::string quality_text(const PathReport& report) {
  if (!report.quality_score) return {};
  std::string text = "  quality " + number(*report.quality_score, 0) + " of 100, " +
                     std::string(peers::to_string(peers::quality_label(*report.quality_score)));
  if (report.mean_opinion_score)
    text += "; voice: R " + number(*report.r_factor, 1) + ", MOS " + number(*report.mean_opinion_score, 2);
  return text + "\n";
}

}  // namespace

std::string probe_text(const ProbeLine& line, std::chrono::milliseconds timeout) {
  std::string text = std::to_string(line.sequence) + "  " + line.target + "  ";
  switch (line.outcome) {
    case ProbeOutcome::lost:
      text += line.reason.empty() ? "no answer within " + std::to_string(timeout.count()) + " ms"
                                  : "no answer: " + log::one_line(line.reason);
      return text + "\n";
    case ProbeOutcome::late: text += "late: "; break;
    case ProbeOutcome::duplicate: text += "once more: "; break;
    case ProbeOutcome::answered: break;
  }
  text += milliseconds(line.round_trip_ms);
  if (line.out_change_ms && line.back_change_ms)
    text += "  out " + change(*line.out_change_ms) + "  back " + change(*line.back_change_ms);
  return text + (line.reordered ? "  out of order\n" : "\n");
}

std::string second_text(const std::string& target, std::uint64_t second, const PathReport& report) {
  std::string text = std::to_string(second) + " s  " + target + "  " + std::to_string(report.sent) +
                     " probes, " + std::to_string(report.lost) + " lost";
  if (report.average)
    text += ", round trip " + milliseconds(*report.average) + ", at most " + milliseconds(*report.max);
  return text + "\n";
}

std::string summary_text(const std::string& target, const PathReport& report) {
  std::string text = "\n" + target + "\n  " + std::to_string(report.sent) + " sent, " +
                     std::to_string(report.answered) + " answered, " + std::to_string(report.lost) +
                     " lost (" + number(report.loss_percent, 1) + " %), " + std::to_string(report.late) +
                     " of them late, " + std::to_string(report.duplicates) + " duplicates, " +
                     std::to_string(report.reordered) + " out of order\n";
  if (report.average) {
    text += "  round trip min " + milliseconds(*report.min) + ", average " + milliseconds(*report.average) +
            ", p50 " + milliseconds(*report.p50) + ", p95 " + milliseconds(*report.p95) + ", p99 " +
            milliseconds(*report.p99) + ", max " + milliseconds(*report.max) + "\n  jitter " +
            milliseconds(report.jitter_ms) + " deviation, " + milliseconds(report.interarrival_jitter_ms) +
            " interarrival\n";
  }
  if (report.out) text += way_text("out ", *report.out);
  if (report.back) text += way_text("back", *report.back);
  return text + quality_text(report);
}

std::string probe_json(const ProbeLine& line) {
  std::string text;
  model::JsonWriter json(text);
  json.begin_object();
  json.field("type", std::string_view("probe"));
  json.field("target", std::string_view(line.target));
  json.field("sequence", line.sequence);
  json.field("outcome", outcome_name(line.outcome));
  if (line.outcome == ProbeOutcome::lost) {
    if (!line.reason.empty()) json.field("reason", std::string_view(line.reason));
  } else {
    json.field("round_trip_ms", line.round_trip_ms);
    json.field("reordered", line.reordered);
    if (line.out_change_ms) json.field("out_change_ms", *line.out_change_ms);
    if (line.back_change_ms) json.field("back_change_ms", *line.back_change_ms);
  }
  json.end_object();
  return text + "\n";
}

std::string summary_json(const std::string& target, const PathReport& report) {
  std::string text;
  model::JsonWriter json(text);
  json.begin_object();
  json.field("type", std::string_view("summary"));
  json.field("target", std::string_view(target));
  json.field("sent", report.sent);
  json.field("answered", report.answered);
  json.field("lost", report.lost);
  json.field("late", report.late);
  json.field("duplicates", report.duplicates);
  json.field("reordered", report.reordered);
  json.field("loss_percent", report.loss_percent);
  json.begin_object("round_trip_ms");
  json.field("min", report.min);
  json.field("average", report.average);
  json.field("p50", report.p50);
  json.field("p95", report.p95);
  json.field("p99", report.p99);
  json.field("max", report.max);
  json.end_object();
  json.field("jitter_ms", report.jitter_ms);
  json.field("interarrival_jitter_ms", report.interarrival_jitter_ms);
  write_way(json, "out", report.out);
  write_way(json, "back", report.back);
  json.field("quality_score", report.quality_score);
  if (report.quality_score)
    json.field("quality", peers::to_string(peers::quality_label(*report.quality_score)));
  json.field("r_factor", report.r_factor);
  json.field("mean_opinion_score", report.mean_opinion_score);
  json.end_object();
  return text + "\n";
}

}  // namespace kymo::cli
