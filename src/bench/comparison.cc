#include <kymo/bench/comparison.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kymo::KYMO_ABI::bench {
namespace {

/// Three significant digits: `0.512`, `12.3`, `1234`.
std::string digits(double value) {
  if (!std::isfinite(value)) return "-";
  const double size = std::abs(value);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return {text.data(), end.ptr};
}

std::string amount(double value, const std::string& unit) {
  return std::isfinite(value) ? digits(value) + " " + unit : "-";
}

std::string percent(double share, bool has_sign) {
  if (!std::isfinite(share)) return "-";
  const long whole = std::lround(share * 100);
  return (has_sign && whole > 0 ? "+" : "") + std::to_string(whole) + " %";
}

std::string padded(const std::string& text, std::size_t width, bool is_left) {
  const std::string blanks(width > text.size() ? width - text.size() : 0, ' ');
  return is_left ? text + blanks : blanks + text;
}

std::string_view verdict_name(Change::Verdict verdict) {
  switch (verdict) {
    case Change::Verdict::same: return "same";
    case Change::Verdict::slower: return "SLOWER";
    case Change::Verdict::faster: return "faster";
    case Change::Verdict::is_new: return "new";
    case Change::Verdict::not_taken: return "not taken";
  }
  return {};
}

std::string row_of(const Figure& figure, const Run* before) {
  const auto times = figure.times_limit();
  std::string row = padded(figure.name, 32, true) + padded(amount(figure.median, figure.unit), 12, false) +
                    padded(std::isfinite(figure.median) ? percent(figure.spread(), false) : "-", 8, false) +
                    padded(times ? amount(*times, "x") : "-", 10, false);
  if (before != nullptr) {
    const Change change = compare(figure, before->find(figure.name));
    const bool is_known = change.before > 0;
    row += padded(is_known ? digits(change.before) + " " + figure.unit : "-", 13, false) +
           padded(is_known ? percent(change.share, true) : "-", 9, false) +
           padded(is_known ? percent(change.noise, false) : "-", 8, false) + "  " +
           std::string(verdict_name(change.verdict));
  } else if (figure.limit) {
    row += "  " + figure.limit_name + ": " + digits(*figure.limit) + " " + figure.unit;
  }
  return row + "\n";
}

}  // namespace

Change compare(const Figure& now, const Figure* before) {
  Change change;
  if (!std::isfinite(now.median) || (before != nullptr && !std::isfinite(before->median))) return change;
  if (before == nullptr || before->unit != now.unit || !(before->median > 0)) {
    change.verdict = Change::Verdict::is_new;
    return change;
  }
  change.before = before->median;
  change.share = now.median / before->median - 1;
  change.noise = std::max(kLeastNoise, 1.5 * std::hypot(now.spread(), before->spread()));
  double least = change.share;
  double most = change.share;
  const auto times = now.times_limit();
  const auto times_before = before->times_limit();
  if (times && times_before && now.limit_name == before->limit_name) {
    change.of_the_limit = *times / *times_before - 1;
    least = std::min(least, *change.of_the_limit);
    most = std::max(most, *change.of_the_limit);
  }
  change.verdict = least > change.noise   ? Change::Verdict::slower
                   : most < -change.noise ? Change::Verdict::faster
                                          : Change::Verdict::same;
  return change;
}

std::string doubt(const Run& now, const Run& before) {
  if (now.machine.processor != before.machine.processor || now.machine.cores != before.machine.cores)
    return "the earlier run was on another machine (" + before.machine.processor + ", " +
           std::to_string(before.machine.cores) + " cores)";
  if (now.machine.build != before.machine.build)
    return "the earlier run was of another build (" + before.machine.build + ")";
  const double free = 0.5 * now.machine.cores;
  if (std::max(now.load, before.load) > free)
    return "the machine was busy with other things (load " + digits(before.load) + " then, " +
           digits(now.load) + " now)";
  return {};
}

std::string table_of(const Run& run, const Run* before) {
  std::string out = "kymo " + run.version + " on " + run.machine.processor + ", " +
                    std::to_string(run.machine.cores) + (run.machine.cores == 1 ? " core" : " cores") + ", " +
                    run.machine.kernel + "; load " + digits(run.load) + "\n" + run.machine.build + "\n\n";
  out += padded("CPU time, start: elapsed", 32, true) + padded("median", 12, false) +
         padded("spread", 8, false) + padded("of limit", 10, false);
  if (before != nullptr) {
    out += padded("before", 13, false) + padded("change", 9, false) + padded("noise", 8, false);
  } else {
    out += "  the machine's own limit";
  }
  out += "\n";
  for (const Figure& figure : run.figures) out += row_of(figure, before);
  if (before == nullptr) return out;
  out += "\nbefore: kymo " + before->version + ", " + before->time + "\n";
  if (const std::string why = doubt(run, *before); !why.empty()) out += "Compare with care: " + why + ".\n";
  return out;
}

std::vector<std::string> regressions(const Run& now, const Run& before, double share) {
  std::vector<std::string> lines;
  for (const Figure& figure : now.figures) {
    const Change change = compare(figure, before.find(figure.name));
    const double sure = std::min(change.share, change.of_the_limit.value_or(change.share));
    if (change.verdict != Change::Verdict::slower || sure <= share) continue;
    lines.push_back(figure.name + ": " + digits(change.before) + " " + figure.unit + " before, " +
                    digits(figure.median) + " " + figure.unit + " now: " + percent(change.share, true) +
                    ", noise " + percent(change.noise, false));
  }
  return lines;
}

}  // namespace kymo::KYMO_ABI::bench
