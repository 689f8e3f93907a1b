#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/utf8.h>
#include <kymo/format/iso_time.h>
#include <kymo/profile/report.h>

namespace kymo::KYMO_ABI::profile {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kNumberWidth = 10;
/// Names come last in their lines, so long ones displace nothing; longer ones are cut.
constexpr std::size_t kMostNameBytes = 200;

std::string decimal(double value, int decimals) {
  std::array<char, 48> text{};
  return {
      text.data(),
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr};
}

/// "1.25 ms": about three digits, in a suitable unit.
std::string duration_text(nanoseconds time) {
  struct Unit {
    double ns;
    std::string_view name;
  };
  constexpr std::array kUnits = {Unit{1e9, "s"}, Unit{1e6, "ms"}, Unit{1e3, "us"}, Unit{1, "ns"}};
  const auto count = static_cast<double>(time.count());
  const auto* unit = std::ranges::find_if(kUnits, [&](const Unit& one) { return count >= one.ns; });
  if (unit == kUnits.end()) return "0 ns";
  const double value = count / unit->ns;
  const int decimals = unit->ns == 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return decimal(value, decimals) + " " + std::string(unit->name);
}

void append_right(std::string_view text, std::string& out) {
  if (text.size() < kNumberWidth) out.append(kNumberWidth - text.size(), ' ');
  out.append(text).append("  ");
}

std::string one_line(std::string_view name) {
  std::string text = base::to_utf8(base::cut_utf8(name, kMostNameBytes));
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

void append_head(const Report& report, std::string& out) {
  out += report.enabled ? "Profile, running" : "Profile, stopped";
  if (report.started) out += ", since " + format::iso_time(*report.started);
  out += ", " + duration_text(report.duration) + " on; one reading of the clock takes " +
         decimal(report.clock_ns, 1) + " ns\n";
  if (report.lost_scopes != 0) {
    out += std::to_string(report.lost_scopes) +
           " scopes are missing: they ended on another thread or out of order, or memory ran out\n";
  }
}

std::string process_line(const ProcessFigures& process) {
  std::string line;
  const auto add = [&line](const std::string& text) { line += (line.empty() ? "" : ", ") + text; };
  if (process.cpu_percent) add("CPU " + decimal(*process.cpu_percent, 1) + " %");
  if (process.resident_bytes) add("resident " + decimal(*process.resident_bytes / 1048576, 1) + " MiB");
  if (process.threads) add("threads " + decimal(*process.threads, 0));
  if (process.open_fds) add("open files " + decimal(*process.open_fds, 0));
  return line.empty() ? line : "Process: " + line + "\n";
}

void append_functions(std::string_view title, std::span<const FunctionFigures> functions, std::string& out) {
  out.append("\n").append(title).append("\n");
  for (const char* head :
       {"calls", "errors", "total", "self", "average", "min", "max", "p50", "p95", "p99"}) {
    append_right(head, out);
  }
  out += "function\n";
  for (const FunctionFigures& function : functions) {
    append_right(std::to_string(function.calls), out);
    append_right(std::to_string(function.errors), out);
    for (const nanoseconds time : {function.total, function.self, function.average, function.min,
                                   function.max, function.p50, function.p95, function.p99}) {
      append_right(duration_text(time), out);
    }
    out.append(one_line(function.name)).append("\n");
  }
}

/// Always valid UTF-8: readers refuse a whole file for one bad byte.
std::string frame(const std::string& name) {
  std::string text = base::to_utf8(name);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ';') c = ':';
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return text.empty() ? "(unnamed)" : text;
}

}  // namespace

std::string to_text(const Report& report, const ReportOptions& options) {
  std::string out;
  append_head(report, out);
  out += process_line(options.process);
  const std::size_t count = std::min(options.limit, report.functions.size());
  append_functions("By total time", std::span(report.functions).first(count), out);
  append_functions("By their own time", hotspots_by_self(report, count), out);
  out += "\nSlower than " + duration_text(options.slow) + " on average\n";
  const auto slow = slow_functions(report, options.slow);
  for (const std::string& name : slow) out.append("  ").append(one_line(name)).append("\n");
  if (slow.empty()) out += "  none\n";
  out += "\nThreads\n";
  for (const ThreadFigures& thread : report.threads) {
    append_right(duration_text(thread.total), out);
    out.append(one_line(thread.name)).append(" (").append(std::to_string(thread.id)).append(")\n");
  }
  return out;
}

std::string to_folded(const Report& report) {
  // A flame graph takes threads of one name as one.
  std::map<std::string, std::chrono::nanoseconds> stacks;
  for (const ThreadFigures& thread : report.threads) {
    std::vector<std::string> stack_of;
    for (const PathFigures& path : thread.paths) {
      const std::string outer = path.caller == PathFigures::kTop ? frame(thread.name) : stack_of[path.caller];
      stack_of.push_back(outer + ";" + frame(path.name));
      stacks[stack_of.back()] += path.self;
    }
  }
  std::string out;
  for (const auto& [stack, self] : stacks) {
    const auto microseconds = std::chrono::round<std::chrono::microseconds>(self).count();
    if (microseconds > 0) out.append(stack).append(" ").append(std::to_string(microseconds)).append("\n");
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::profile
