#include <kymo/query/script.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/quoting.h>

#include "pattern.h"
#include "script_series.h"

namespace kymo::KYMO_ABI::query {
namespace {

using Expectation = ScriptExpectation;

constexpr std::array<std::pair<std::string_view, Expectation::Kind>, 6> kExpectations = {{
    {"fail", Expectation::Kind::fail},
    {"warn", Expectation::Kind::warn},
    {"no_warn", Expectation::Kind::no_warn},
    {"info", Expectation::Kind::info},
    {"no_info", Expectation::Kind::no_info},
    {"ordered", Expectation::Kind::ordered},
}};

std::optional<Expectation::Kind> expectation_of(std::string_view word) {
  for (const auto& [text, kind] : kExpectations) {
    if (text == word) return kind;
  }
  return std::nullopt;
}

/// Takes the first word off a line, and the blanks behind it.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find_first_of(base::kBlanks));
  line = base::trim(line.substr(word.size()));
  return word;
}

std::uint64_t count_of(const auto& items) {
  return std::accumulate(items.begin(), items.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.count; });
}

class ScriptReader {
 public:
  explicit ScriptReader(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view line = base::trim(text.substr(0, end), base::kWhitespace);
      lines_.push_back(line.starts_with('#') ? std::string_view() : line);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  std::vector<ScriptCommand> run() {
    for (; at_ < lines_.size(); ++at_) {
      if (!lines_[at_].empty()) read_command();
    }
    return std::move(commands_);
  }

 private:
  [[noreturn]] void fail(const std::string& text) const { throw_script_error(at_ + 1, text); }

  /// Whether the block of the command goes on; the line is then lines_[at_]. An empty line ends a block, and
  /// so does a comment.
  bool next_line() {
    if (at_ + 1 >= lines_.size() || lines_[at_ + 1].empty()) return false;
    ++at_;
    return true;
  }

  std::int64_t duration(std::string_view text, std::string_view meaning) const {
    const auto read = parse_milliseconds(text);
    if (!read)
      fail("malformed " + std::string(meaning) + " " + quote(text) + "; write a duration such as 1m30s");
    return *read;
  }

  void read_command() {
    std::string_view rest = lines_[at_];
    const std::string word = base::lower(take_word(rest));
    if (word == "clear") {
      commands_.emplace_back(ClearCommand{at_ + 1});
    } else if (word == "load" || word == "load_with_nhcb") {
      read_load(rest, word != "load");
    } else if (word.starts_with("eval")) {
      read_eval(word, rest);
    } else {
      fail("unknown command " + quote(word) + "; use load, clear or eval");
    }
  }

  void read_load(std::string_view interval, bool with_custom_buckets) {
    LoadCommand made;
    made.line = at_ + 1;
    made.interval_milliseconds = duration(interval, "interval");
    made.with_custom_buckets = with_custom_buckets;
    std::optional<ScriptSeries> starts;
    while (next_line()) {
      if (is_start_line(lines_[at_])) {
        if (starts) fail("two @st lines; the samples must follow the first");
        starts = read_start_line(lines_[at_], at_ + 1);
        continue;
      }
      made.series.push_back(read_script_series(lines_[at_], at_ + 1));
      if (starts) join_starts(*std::exchange(starts, std::nullopt), made.series.back());
    }
    if (starts) fail("@st line without samples; the next line must have them");
    commands_.emplace_back(std::move(made));
  }

  void join_starts(ScriptSeries starts, ScriptSeries& samples) const {
    if (starts.labels != samples.labels) fail("samples of another series than the @st line before");
    const std::uint64_t wanted = count_of(samples.samples);
    if (count_of(starts.starts) != wanted) {
      fail("@st line of " + std::to_string(count_of(starts.starts)) + " start times before " +
           std::to_string(wanted) + " samples");
    }
    samples.starts = std::move(starts.starts);
  }

  void read_eval(std::string_view command, std::string_view rest) {
    EvalCommand made;
    made.line = at_ + 1;
    read_old_mode(command, made);
    const std::string_view kind = take_word(rest);
    made.is_range = kind == "range";
    if (kind != "range" && kind != "instant") {
      fail("malformed eval; write eval instant at 5m <query>, or eval range from 0 to 10m step 1m <query>");
    }
    if (made.is_range) {
      made.times = read_times(rest);
    } else {
      expect_word(rest, "at");
      made.times.start_milliseconds = made.times.end_milliseconds = duration(take_word(rest), "time");
    }
    if (rest.empty()) fail("eval without a query");
    made.query = rest;
    read_results(made);
    commands_.emplace_back(std::move(made));
  }

  /// `eval_fail` and the like, which Prometheus still reads.
  void read_old_mode(std::string_view command, EvalCommand& made) const {
    if (command == "eval") return;
    const auto kind =
        expectation_of(command.substr(std::min(command.size(), std::string_view("eval_").size())));
    using Kind = Expectation::Kind;
    if (!command.starts_with("eval_") || !kind || *kind == Kind::no_warn || *kind == Kind::no_info) {
      fail("unknown command " + quote(command) + "; use eval, and lines that begin with expect");
    }
    made.expectations.push_back({*kind, Expectation::Match::any, {}});
  }

  void expect_word(std::string_view& rest, std::string_view wanted) const {
    const std::string_view word = take_word(rest);
    if (word != wanted) fail("unexpected " + quote(word) + "; expected " + quote(wanted));
  }

  ScriptTimes read_times(std::string_view& rest) const {
    ScriptTimes times;
    expect_word(rest, "from");
    times.start_milliseconds = duration(take_word(rest), "start");
    expect_word(rest, "to");
    times.end_milliseconds = duration(take_word(rest), "end");
    expect_word(rest, "step");
    times.step_milliseconds = duration(take_word(rest), "step");
    if (times.end_milliseconds < times.start_milliseconds) fail("end before start");
    return times;
  }

  void read_results(EvalCommand& made) {
    while (next_line()) {
      std::string_view line = lines_[at_];
      const std::string_view word = line.substr(0, line.find_first_of(base::kBlanks));
      if (word == "expect") {
        take_word(line);
        read_expectation(line, made);
      } else if (word == "expected_fail_message" || word == "expected_fail_regexp") {
        read_old_failure(word, line, made);
        return;
      } else if (std::string_view rest = line; take_number(rest) && rest.empty()) {
        made.number = take_number(line);
        return;
      } else {
        read_series(made);
      }
    }
  }

  void read_series(EvalCommand& made) {
    ScriptSeries series = read_script_series(lines_[at_], at_ + 1);
    if (!made.is_range && !made.range_vector && count_of(series.samples) > 1) {
      fail("several samples of an instant query; write expect range vector from … to … step … before");
    }
    made.series.push_back(std::move(series));
  }

  void read_old_failure(std::string_view word, std::string_view line, EvalCommand& made) const {
    take_word(line);
    if (made.expectations.empty() || made.expectations.front().kind != Expectation::Kind::fail) {
      fail(std::string(word) + " without eval_fail");
    }
    const bool is_pattern = word == "expected_fail_regexp";
    made.expectations.front().match = is_pattern ? Expectation::Match::pattern : Expectation::Match::text;
    made.expectations.front().text = line;
    if (is_pattern) check_pattern(line);
  }

  void read_expectation(std::string_view line, EvalCommand& made) const {
    const std::string_view whole = line;
    const std::string_view word = take_word(line);
    if (word == "range") {
      expect_word(line, "vector");
      made.range_vector = read_times(line);
      if (!line.empty()) fail("unexpected " + quote(line) + " behind the step");
    } else if (word == "string") {
      read_string(line, made);
    } else if (const auto kind = expectation_of(word)) {
      made.expectations.push_back(read_match(*kind, line));
      check_together(made);
    } else {
      fail("unknown expectation " + quote(whole) +
           "; use fail, warn, no_warn, info, no_info, ordered, string or range vector");
    }
  }

  void read_string(std::string_view literal, EvalCommand& made) const {
    std::string_view fault = "is not quoted";
    const bool is_quoted =
        !literal.empty() && std::string_view("\"`").find(literal.front()) != std::string_view::npos;
    made.string = is_quoted ? unquote(literal, fault) : std::nullopt;
    if (!made.string) fail("expected text that " + std::string(fault));
  }

  Expectation read_match(Expectation::Kind kind, std::string_view line) const {
    Expectation made{kind, Expectation::Match::any, {}};
    if (line.empty()) return made;
    const bool is_pattern = line.starts_with("regex:");
    if (!is_pattern && !line.starts_with("msg:"))
      fail("unexpected " + quote(line) + "; expected msg: or regex:");
    made.match = is_pattern ? Expectation::Match::pattern : Expectation::Match::text;
    made.text = base::trim(line.substr(line.find(':') + 1));
    if (is_pattern) check_pattern(made.text);
    return made;
  }

  void check_pattern(std::string_view expression) const {
    std::string fault;
    if (compile_pattern(expression, fault) == nullptr) fail("malformed regular expression, " + fault);
  }

  void check_together(const EvalCommand& made) const {
    using Kind = Expectation::Kind;
    const auto count = [&](Kind kind) {
      return std::ranges::count(made.expectations, kind, &Expectation::kind);
    };
    if (count(Kind::info) > 0 && count(Kind::no_info) > 0) fail("expect info and expect no_info together");
    if (count(Kind::warn) > 0 && count(Kind::no_warn) > 0) fail("expect warn and expect no_warn together");
    if (count(Kind::fail) > 1) fail("two lines expect fail");
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::vector<ScriptCommand> commands_;
};

}  // namespace

std::vector<ScriptCommand> read_script(std::string_view text) { return ScriptReader(text).run(); }

}  // namespace kymo::KYMO_ABI::query
