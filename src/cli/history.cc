#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <kymo/base/amount_text.h>
#include <kymo/base/parse_number.h>
#include <kymo/format/iso_time.h>
#include <kymo/format/openmetrics_past.h>
#include <kymo/format/openmetrics_reader.h>
#include <kymo/history/import.h>
#include <kymo/history/inspect.h>
#include <kymo/history/store.h>
#include <kymo/log/format.h>
#include <kymo/series/series_reader.h>

#include "command.h"
#include "command_line.h"
#include "open_past.h"

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::string_view kStandardInput = "-";

std::string time_text(std::int64_t time_ms) {
  return format::iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(time_ms)));
}

std::string bytes_text(std::uint64_t bytes) { return base::amount_text(static_cast<double>(bytes), "bytes"); }

std::string each_text(std::uint64_t bytes, std::uint64_t samples) {
  char text[32];
  const double each = samples == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(samples);
  std::snprintf(text, sizeof text, "%.2f bytes a sample", each);
  return text;
}

std::string tiers_text(const history::StoreFigures& is) {
  static constexpr std::array<std::string_view, 3> kNames = {"10 s", "5 min", "1 h"};
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const history::TierFigures& tier = is.tiers[i];
    if (tier.files == 0) continue;
    text.append(text.empty() ? "tiers     " : "          ")
        .append(kNames[i])
        .append(": ")
        .append(bytes_text(tier.bytes))
        .append(", from ")
        .append(time_text(tier.oldest_ms))
        .append("\n");
  }
  return text;
}

int show_info(const std::string& path) {
  std::string problem;
  const history::Store store = open_past(path, "history", problem);
  const history::StoreFigures is = store.figures();
  if (!problem.empty() && is.samples == 0) return kFailure;
  const std::uint64_t logged = is.samples - is.stored_samples;
  std::cout << "series    " << is.series << '\n'
            << "samples   " << is.samples << '\n'
            << "segments  " << is.segments << ", with " << is.stored_samples << " samples in "
            << is.stored_blocks << " blocks; " << bytes_text(is.segment_bytes) << ", "
            << each_text(is.segment_bytes, is.stored_samples) << '\n'
            << tiers_text(is) << "logs      " << bytes_text(is.log_bytes) << ", with " << logged
            << " samples that no segment has\n";
  if (is.oldest_ms <= is.newest_ms) {
    std::cout << "from      " << time_text(is.oldest_ms) << '\n'
              << "to        " << time_text(is.newest_ms) << ", "
              << base::duration_text(static_cast<double>(is.newest_ms - is.oldest_ms) / 1e3) << " later\n";
  }
  std::cout << "damage    ";
  if (is.damaged_bytes + is.damaged_blocks + is.lost_ticks == 0) {
    std::cout << "none seen; `kymo history check` reads every block\n";
  } else {
    std::cout << bytes_text(is.damaged_bytes) << ", and " << is.lost_ticks
              << " ticks of logs that need damaged ones; `kymo history check` names each\n";
  }
  return problem.empty() ? kSuccess : kFailure;
}

int check(const std::string& path) {
  const history::CheckedDirectory checked =
      history::check_directory(path, [](const history::DamagedPart& part) {
        std::cout << log::one_line(part.file) << ": " << part.bytes << " bytes at offset " << part.offset
                  << ": " << part.reason;
        if (part.first_ms != 0)
          std::cout << "; from " << time_text(part.first_ms) << " to " << time_text(part.last_ms);
        if (!part.series.empty()) std::cout << "; " << part.series.size() << " series:";
        std::cout << '\n';
        for (const std::string& series : part.series) std::cout << "  " << log::one_line(series) << '\n';
      });
  std::cout << "read " << checked.files << " files with " << checked.blocks << " blocks and " << checked.ticks
            << " ticks; " << (checked.damaged == 0 ? "none" : std::to_string(checked.damaged))
            << " damaged\n";
  return checked.damaged == 0 ? kSuccess : kFailure;
}

std::optional<std::int64_t> milliseconds_of(const std::string& seconds) {
  const auto number = base::parse_number<double>(seconds);
  if (!number || !(std::abs(*number) < 1e15)) return std::nullopt;
  return static_cast<std::int64_t>(*number * 1000);
}

int export_text(const std::string& path, series::TimeRange range, format::PastForm form) {
  std::string problem;
  const history::Store store = open_past(path, "history", problem);
  if (!problem.empty() && store.figures().samples == 0) return kFailure;
  const std::uint64_t missing =
      format::write_openmetrics_past(store, range, form, [](std::string_view text) { std::cout << text; });
  if (missing != 0) {
    complain("history: " + std::to_string(missing) + " damaged chunks are missing; `kymo history check " +
             path + "` names them");
  }
  std::cout.flush();
  if (!std::cout) complain("history: cannot write to standard output");
  return problem.empty() && missing == 0 && std::cout ? kSuccess : kFailure;
}

/// Reads one text into the import; false, and told, at its first fault.
bool import_file(const std::string& name, history::Importer& importer) {
  const bool is_input = name == kStandardInput;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      is_input ? nullptr : std::fopen(name.c_str(), "re"), [](std::FILE* file) { return std::fclose(file); });
  std::FILE* const file = is_input ? stdin : opened.get();
  const std::string shown = is_input ? "standard input" : log::one_line(name);
  const auto complain_of_file = [&](int error) {
    complain("history: cannot read " + shown + ": " + std::generic_category().message(error));
    return false;
  };
  if (file == nullptr) return complain_of_file(errno);
  format::OpenMetricsReader reader([&](const series::PastSample& sample) { return importer.add(sample); });
  std::vector<char> piece(std::size_t{256} << 10U);
  std::optional<format::TextFault> fault;
  for (;;) {
    const std::size_t size = std::fread(piece.data(), 1, piece.size(), file);
    if (std::ferror(file) != 0) return complain_of_file(errno);
    fault = size == 0 ? reader.finish() : reader.read({piece.data(), size});
    if (fault || size == 0) break;
  }
  if (!fault) return true;
  complain(shown + ':' + std::to_string(fault->line) + ": " + log::one_line(fault->text));
  return false;
}

int import_text(const std::string& path, const std::vector<std::string>& files) {
  try {
    history::Importer importer(path);
    for (const std::string& file : files) {
      if (!import_file(file, importer)) return kFailure;
    }
    const history::ImportedDirectory made = importer.finish();
    std::cout << "imported " << made.samples << " samples of " << made.series << " series into "
              << made.segments << " segments of " << path << '\n';
    return kSuccess;
  } catch (const std::system_error& error) {
    complain(std::string("history: ") + error.what());
    return kFailure;
  }
}

}  // namespace

history::Store open_past(const std::string& path, std::string_view command, std::string& problem) {
  constexpr std::size_t kAllTicksOfTheLogs = std::size_t{1} << 40U;
  const auto tell = [&problem, name = std::string(command)](std::string_view text) {
    problem = text;
    complain(name + ": " + problem);
  };
  return history::Store({.memory_bytes = kAllTicksOfTheLogs,
                         .directory = {.path = path, .on_event = tell, .is_read_only = true}});
}

int handle_history(const Arguments& arguments) {
  int exit_code = kSuccess;
  std::string action;
  std::string path;
  std::string from;
  std::string to;
  std::vector<std::string> files;
  bool is_exact = false;
  CLI::App app("Reads a directory of history (--history.directory), also while a server writes there.",
               "kymo history");
  app.add_option("ACTION", action,
                 "info: series, samples, sizes, and how far back they reach. "
                 "check: reads every block, and names each damaged one; exit code 1 with damage. "
                 "export: writes OpenMetrics text with times to standard output. "
                 "import: makes a new directory from such texts.")
      ->required()
      ->check(CLI::IsMember({"info", "check", "export", "import"}));
  app.add_option("DIR", path, "The directory.")->required();
  app.add_option("FILE", files, "Texts to import, in order of time; - or none: standard input.");
  app.add_option("--from", from, "Export from this time on, in seconds since 1970.")->type_name("SECONDS");
  app.add_option("--to", to, "Export up to this time, in seconds since 1970.")->type_name("SECONDS");
  app.add_flag(
      "--exact", is_exact,
      "Export so that an import loses nothing: native histograms, ends of series, and bits of NaN, in "
      "forms that OpenMetrics 1.0 lacks.");
  if (!read_command_line(app, arguments, exit_code, "info|check|export|import DIR [FILE…] [OPTIONS]"))
    return exit_code;
  series::TimeRange range;
  const auto take_time = [&](const std::string& text, const char* option, std::int64_t& time_ms) {
    if (text.empty()) return true;
    const auto time = milliseconds_of(text);
    if (!time)
      complain(std::string("history: ") + option + ": \"" + text + "\" is no time in seconds since 1970");
    time_ms = time.value_or(0);
    return time.has_value();
  };
  if (!take_time(from, "--from", range.from_ms) || !take_time(to, "--to", range.to_ms)) return kBadUsage;
  if (action != "import" && !files.empty()) {
    complain("history: " + action + " takes one directory; only import takes files");
    return kBadUsage;
  }
  if (action == "import") {
    if (files.empty()) files.emplace_back(kStandardInput);
    return import_text(path, files);
  }
  try {
    if (action == "info") return show_info(path);
    return action == "check"
               ? check(path)
               : export_text(path, range, is_exact ? format::PastForm::exact : format::PastForm::openmetrics);
  } catch (const std::system_error& error) {
    complain("history: cannot read " + path + ": " + error.code().message());
    return kFailure;
  }
}

}  // namespace kymo::KYMO_ABI::cli
