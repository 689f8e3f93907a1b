#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/watch/findings.h>

namespace kymo::KYMO_ABI::watch {

/// The conditions that make a watch fail: issues, and limits on metrics. Threads: const members from any.
class Conditions final {
 public:
  /// Parses a text such as `leak,fd,rss>500MB,cpu.avg>80%,rss.growth>10MB`. Parts are separated by commas: an
  /// issue's name, `any` for all of them, or METRIC[.STATISTIC]>NUMBER[UNIT] with `>` or `<`. Statistics are
  /// `max` (default for `>`), `min` (for `<`), `avg`, `last` and `growth` (an hour, of amounts). Units: kB,
  /// MB, GB (1000), KiB, MiB, GiB (1024), %, k. Errors: std::invalid_argument that names the part and the
  /// expected form.
  void add(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

  /// The result: a line for each part that holds, and for each part without data.
  struct Outcome {
    std::vector<std::string> met;
    std::vector<std::string> not_judged;
  };
  [[nodiscard]] Outcome judge(const Recording& recording, const std::vector<Finding>& findings) const;

 private:
  enum class Statistic : std::uint8_t { most, least, average, last, growth };
  struct Part {
    std::string text;  ///< the original text
    bool is_any = false;
    bool is_issue = false;
    Issue issue = Issue::leak;
    Metric metric = Metric::cpu;
    Statistic statistic = Statistic::most;
    bool is_above = true;
    double limit = 0;
  };
  [[nodiscard]] static Part parse(std::string_view text);
  static Part parse_limit(std::string_view text, std::size_t sign);
  [[nodiscard]] static double value_of(const Part& part, const Recording& recording);
  static void judge_issue(const Part& part, const Recording& recording, const std::vector<Finding>& findings,
                          Outcome& outcome);
  static void judge_limit(const Part& part, const Recording& recording, Outcome& outcome);

  std::vector<Part> parts_;
};

}  // namespace kymo::KYMO_ABI::watch
