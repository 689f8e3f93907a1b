#include "probe_output.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string_view>

#include <kymo/base/amount_text.h>
#include <kymo/base/json_writer.h>
#include <kymo/format/iso_time.h>
#include <kymo/log/format.h>
#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::cli {
namespace {

using probe::PathReport;
using probe::ProbeOutcome;

std::string number(double value, int decimals) {
  std::array<char, 64> text{};
  if (std::abs(value) < 0.5 * std::pow(10, -decimals)) value = 0;  // never -0.000
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return error == std::errc() ? std::string(text.data(), end) : "-";
}

double to_milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string milliseconds(double value) { return number(value, 3) + " ms"; }
std::string change(double value) { return (value < 0 ? "" : "+") + milliseconds(value); }

/// `14:03:07.120`, by this machine's time zone.
std::string time_of_day(std::chrono::system_clock::time_point time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count() % 1000;
  const std::string digits = std::to_string((ms + 1000) % 1000);
  return std::string(text.data()) + "." + std::string(3 - digits.size(), '0') + digits;
}

/// `1 record`, `2 records`.
std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// `3 days`, `1 hour`: rounded down to the largest nonzero unit.
std::string lasting(std::chrono::system_clock::duration time) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(time).count();
  if (hours < 1) return "less than 1 hour";
  return hours < 24 ? counted(static_cast<std::uint64_t>(hours), "hour")
                    : counted(static_cast<std::uint64_t>(hours / 24), "day");
}

std::string days_text(std::chrono::system_clock::time_point end) {
  const auto now = std::chrono::system_clock::now();
  return end < now ? "certificate ended " + lasting(now - end) + " ago"
                   : "certificate ends in " + lasting(end - now);
}

std::string certificate_text(const std::optional<std::chrono::system_clock::time_point>& end,
                             const std::string& trouble) {
  std::string text = end ? days_text(*end) : "";
  if (!trouble.empty())
    text +=
        (text.empty() ? "certificate is" : ", and is") + std::string(" untrusted: ") + log::one_line(trouble);
  return text;
}

std::string details_text(const probe::ProbeDetails& details) {
  std::string text;
  if (details.http_status) text += "  status " + std::to_string(*details.http_status);
  if (details.dns_code) text += "  " + probe::dns_code_name(*details.dns_code);
  if (details.dns_answers) text += "  " + counted(*details.dns_answers, "record");
  if (details.is_truncated) text += ", truncated";
  const auto add = [&text](const char* step, const std::optional<std::chrono::nanoseconds>& time) {
    if (time) text += "  " + std::string(step) + " " + milliseconds(to_milliseconds(*time));
  };
  add("resolve", details.phases.resolve);
  add("connect", details.phases.connect);
  add("tls", details.phases.tls);
  add("first byte", details.phases.first_byte);
  const std::string certificate = certificate_text(details.certificate_end, details.certificate_trouble);
  return certificate.empty() ? text : text + "  " + certificate;
}

std::string phases_text(const probe::PhaseReport& phases) {
  std::string steps;
  const auto add = [&steps](const char* step, const std::optional<double>& average) {
    if (average) steps += (steps.empty() ? "" : ", ") + std::string(step) + " " + milliseconds(*average);
  };
  add("resolve", phases.resolve_ms);
  add("connect", phases.connect_ms);
  add("tls", phases.tls_ms);
  add("first byte", phases.first_byte_ms);
  std::string text = "  on average " + steps + "\n";
  std::string statuses;
  for (const auto& [status, count] : phases.statuses)
    statuses +=
        (statuses.empty() ? "  status " : ", ") + std::to_string(status) + " " + counted(count, "time");
  if (!statuses.empty()) text += statuses + "\n";
  const std::string certificate = certificate_text(phases.certificate_end, phases.certificate_trouble);
  return certificate.empty() ? text : text + "  " + certificate + "\n";
}

std::string_view outcome_name(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::answered: return "answered";
    case ProbeOutcome::lost: return "lost";
    case ProbeOutcome::late: return "late";
    case ProbeOutcome::limited: return "limited";
    case ProbeOutcome::duplicate: break;
  }
  return "duplicate";
}

std::string way_text(std::string_view name, const probe::WayReport& way) {
  return "  " + std::string(name) + " jitter " + milliseconds(way.jitter_ms) + ", above its fastest by " +
         milliseconds(way.rise_average_ms) + " on average, " + milliseconds(way.rise_p95_ms) + " p95, " +
         milliseconds(way.rise_max_ms) + " at most\n";
}

void write_way(base::JsonWriter& json, std::string_view name, const std::optional<probe::WayReport>& way) {
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
  std::string text = "  quality " + base::score_text(*report.quality_score) + " of 100, " +
                     std::string(peers::to_string(peers::quality_label(*report.quality_score)));
  if (!report.quality_reason.empty()) text += ": " + report.quality_reason;
  text += "\n";
  if (report.mean_opinion_score)
    text +=
        "  voice R " + number(*report.r_factor, 1) + ", MOS " + number(*report.mean_opinion_score, 2) + "\n";
  return text;
}

void write_target(base::JsonWriter& json, const ProbeLabel& target) {
  json.field("target", std::string_view(target.url));
  if (target.name != target.url) json.field("name", std::string_view(target.name));
}

void write_certificate(base::JsonWriter& json,
                       const std::optional<std::chrono::system_clock::time_point>& end,
                       const std::string& trouble) {
  if (!end && trouble.empty()) return;
  json.begin_object("certificate");
  if (end) {
    json.field("ends", std::string_view(format::iso_time(*end)));
    json.field("days_left",
               static_cast<std::int64_t>(probe::days_until(*end, std::chrono::system_clock::now())));
  }
  json.key("trouble");
  trouble.empty() ? json.null() : json.value(std::string_view(trouble));
  json.end_object();
}

void write_details(base::JsonWriter& json, const probe::ProbeDetails& details) {
  if (details.http_status) json.field("status", std::uint64_t{*details.http_status});
  if (details.dns_code) {
    json.field("dns_code", std::string_view(probe::dns_code_name(*details.dns_code)));
    json.field("records", std::uint64_t{details.dns_answers.value_or(0)});
    json.field("truncated", details.is_truncated);
  }
  if (details.phases.connect) {
    json.begin_object("phases_ms");
    const auto add = [&json](std::string_view step, const std::optional<std::chrono::nanoseconds>& time) {
      json.field(step, time ? std::optional(to_milliseconds(*time)) : std::nullopt);
    };
    add("resolve", details.phases.resolve);
    add("connect", details.phases.connect);
    add("tls", details.phases.tls);
    add("first_byte", details.phases.first_byte);
    json.end_object();
  }
  write_certificate(json, details.certificate_end, details.certificate_trouble);
}

void write_phases(base::JsonWriter& json, const probe::PhaseReport& phases) {
  json.begin_object("phases_ms");
  json.field("resolve", phases.resolve_ms);
  json.field("connect", phases.connect_ms);
  json.field("tls", phases.tls_ms);
  json.field("first_byte", phases.first_byte_ms);
  json.end_object();
  if (!phases.statuses.empty()) {
    json.begin_object("statuses");
    for (const auto& [status, count] : phases.statuses) json.field(std::to_string(status), count);
    json.end_object();
  }
  write_certificate(json, phases.certificate_end, phases.certificate_trouble);
}

}  // namespace

std::string probe_text(const ProbeLine& line, std::chrono::milliseconds timeout) {
  std::string text =
      time_of_day(line.sent) + "  " + std::to_string(line.sequence) + "  " + line.target.name + "  ";
  switch (line.outcome) {
    case ProbeOutcome::lost:
      text += line.reason.empty() ? "no answer within " + std::to_string(timeout.count()) + " ms"
                                  : "no answer: " + log::one_line(line.reason);
      return text + "\n";
    case ProbeOutcome::limited: return text + "limited: " + log::one_line(line.reason) + "\n";
    case ProbeOutcome::late: text += "late: "; break;
    case ProbeOutcome::duplicate: text += "once more: "; break;
    case ProbeOutcome::answered: break;
  }
  text += milliseconds(line.round_trip_ms);
  if (line.out_change_ms && line.back_change_ms)
    text += "  out " + change(*line.out_change_ms) + "  back " + change(*line.back_change_ms);
  if (line.details) text += details_text(*line.details);
  return text + (line.reordered ? "  out of order\n" : "\n");
}

std::string second_text(const ProbeLabel& target, std::uint64_t second, const PathReport& report) {
  std::string text = time_of_day(std::chrono::system_clock::now()) + "  " + std::to_string(second) + " s  " +
                     target.name + "  " + std::to_string(report.sent) + " probes, " +
                     std::to_string(report.lost) + " lost";
  if (report.limited != 0) text += ", " + std::to_string(report.limited) + " limited";
  if (report.average)
    text += ", round trip " + milliseconds(*report.average) + ", at most " + milliseconds(*report.max);
  return text + "\n";
}

std::string summary_text(const ProbeLabel& target, const PathReport& report) {
  std::string text = "\n" + target.name + (target.name == target.url ? "" : "  " + target.url) + "\n  " +
                     std::to_string(report.sent) + " sent, " + std::to_string(report.answered) +
                     " answered, " + std::to_string(report.lost) + " lost (" +
                     base::amount_text(report.loss_percent / 100, "ratio") + "), " +
                     std::to_string(report.late) + " of them late, " + std::to_string(report.duplicates) +
                     " duplicates, " + std::to_string(report.reordered) + " out of order\n";
  if (report.limited != 0)
    text += "  " + std::to_string(report.limited) +
            " limited: left without an answer by a limit of the responder or of this prober; they are not "
            "among the lost\n";
  if (report.average) {
    text += "  round trip min " + milliseconds(*report.min) + ", average " + milliseconds(*report.average) +
            ", p50 " + milliseconds(*report.p50) + ", p95 " + milliseconds(*report.p95) + ", p99 " +
            milliseconds(*report.p99) + ", max " + milliseconds(*report.max) + "\n  jitter " +
            milliseconds(report.jitter_ms) + " deviation, " + milliseconds(report.interarrival_jitter_ms) +
            " interarrival\n";
  }
  if (report.phases) text += phases_text(*report.phases);
  if (report.out) text += way_text("out ", *report.out);
  if (report.back) text += way_text("back", *report.back);
  return text + quality_text(report);
}

std::string probe_json(const ProbeLine& line) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("type", std::string_view("probe"));
  write_target(json, line.target);
  json.field("timestamp", std::string_view(format::iso_time(line.sent)));
  json.field("sequence", line.sequence);
  json.field("outcome", outcome_name(line.outcome));
  if (line.outcome == ProbeOutcome::lost || line.outcome == ProbeOutcome::limited) {
    if (!line.reason.empty()) json.field("reason", std::string_view(line.reason));
  } else {
    json.field("round_trip_ms", line.round_trip_ms);
    json.field("reordered", line.reordered);
    if (line.out_change_ms) json.field("out_change_ms", *line.out_change_ms);
    if (line.back_change_ms) json.field("back_change_ms", *line.back_change_ms);
    if (line.details) write_details(json, *line.details);
  }
  json.end_object();
  return text + "\n";
}

std::string summary_json(const ProbeLabel& target, const PathReport& report) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("type", std::string_view("summary"));
  write_target(json, target);
  json.field("timestamp", std::string_view(format::iso_time(std::chrono::system_clock::now())));
  json.field("sent", report.sent);
  json.field("answered", report.answered);
  json.field("lost", report.lost);
  json.field("late", report.late);
  json.field("limited", report.limited);
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
  if (report.phases) write_phases(json, *report.phases);
  write_way(json, "out", report.out);
  write_way(json, "back", report.back);
  json.field("quality_score", report.quality_score);
  if (report.quality_score)
    json.field("quality", peers::to_string(peers::quality_label(*report.quality_score)));
  if (!report.quality_reason.empty()) json.field("quality_reason", std::string_view(report.quality_reason));
  json.field("r_factor", report.r_factor);
  json.field("mean_opinion_score", report.mean_opinion_score);
  json.end_object();
  return text + "\n";
}

}  // namespace kymo::KYMO_ABI::cli
