// Series and their samples in test scripts: `x{a="b"} 1+2x10 _ stale {{schema:0 …}}`.
#include "script_series.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/parser.h>
#include <kymo/query/quoting.h>

#include "lexer.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::string_view kStartMark = "@st";

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

void skip_blanks(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(base::kBlanks);
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
}

std::optional<std::uint64_t> take_count(std::string_view& text) {
  std::uint64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc() || count == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return count;
}

/// `x10` behind an item.
bool take_repetition(std::string_view& text, std::uint64_t& count) {
  const auto taken = take(text, "x") ? take_count(text) : std::nullopt;
  if (taken) count = *taken;
  return taken.has_value();
}

/// Reads the labels of a series with the lexer of the language.
class LabelReader {
 public:
  LabelReader(std::string_view text, std::size_t line) : text_(text), line_(line), lexer_(text) {}

  series::LabelSet run() {
    std::vector<std::pair<std::string, std::string>> pairs;
    Token token = next();
    if (token.kind == Token::Kind::word || token.kind == Token::Kind::metric_word) {
      pairs.emplace_back(series::kNameLabel, token.text);
      end_ = token.span.end;
      // Samples follow behind a blank; they are no tokens.
      if (end_ < text_.size() && text_[end_] == '{') token = next();
    }
    if (token.kind == Token::Kind::left_brace) {
      read_braces(pairs);
    } else if (pairs.empty()) {
      fail("expected a series such as x{a=\"b\"} or a number");
    }
    std::vector<Label> labels;
    for (const auto& [key, value] : pairs) labels.emplace_back(key, value);
    return series::LabelSet(labels);
  }

  /// First byte behind the series.
  [[nodiscard]] std::size_t end() const { return end_; }

 private:
  [[noreturn]] void fail(const std::string& text) const { throw_script_error(line_, text); }

  Token next() {
    try {
      return lexer_.next();
    } catch (const QueryError& error) {
      fail(error.what());
    }
  }

  void read_braces(std::vector<std::pair<std::string, std::string>>& pairs) {
    Token token = next();
    while (token.kind != Token::Kind::right_brace) {
      token = read_pair(token, pairs);
      if (token.kind == Token::Kind::comma) {
        token = next();
      } else if (token.kind != Token::Kind::right_brace) {
        fail("expected \",\" or \"}\" between labels");
      }
    }
    end_ = token.span.end;
  }

  Token read_pair(const Token& key, std::vector<std::pair<std::string, std::string>>& pairs) {
    if (key.kind != Token::Kind::word && key.kind != Token::Kind::string) fail("expected a label or \"}\"");
    const std::string name = key.kind == Token::Kind::string ? text_of(key) : std::string(key.text);
    const Token token = next();
    if (token.kind != Token::Kind::equal) {
      if (key.kind != Token::Kind::string) fail("label " + quote(name) + " without \"=\"");
      pairs.emplace_back(series::kNameLabel, name);
      return token;
    }
    const Token value = next();
    if (value.kind != Token::Kind::string) fail("label " + quote(name) + " without a value in quotes");
    pairs.emplace_back(name, text_of(value));
    return next();
  }

  static std::string text_of(const Token& token) {
    std::string_view fault;
    return unquote(token.text, fault).value_or("");
  }

  std::string_view text_;
  std::size_t line_;
  Lexer lexer_;
  std::size_t end_ = 0;
};

/// Reads `{{key:value …}}`, the braces behind it, from the front of a text.
class HistogramReader {
 public:
  HistogramReader(std::string_view& text, std::size_t line) : text_(text), line_(line) {}

  ScriptHistogram run() {
    std::vector<std::string_view> seen;
    skip_blanks(text_);
    while (!take(text_, "}}")) {
      const std::size_t length = text_.find(':');
      const std::string_view key = text_.substr(0, length);
      if (length == std::string_view::npos || key.find_first_of(" \t}") != std::string_view::npos) {
        fail("histogram without an end; expected keys such as buckets:[5 10 7], then }}");
      }
      if (std::ranges::find(seen, key) != seen.end()) fail("histogram with two keys " + quote(key));
      seen.push_back(key);
      text_.remove_prefix(length + 1);
      read_value(key);
      skip_blanks(text_);
    }
    return std::move(made_);
  }

 private:
  [[noreturn]] void fail(const std::string& text) const { throw_script_error(line_, text); }

  void read_value(std::string_view key) {
    if (key == "schema") {
      made_.schema = integer(key);
    } else if (key == "offset") {
      made_.offset = integer(key);
    } else if (key == "n_offset") {
      made_.negative_offset = integer(key);
    } else if (key == "sum") {
      made_.sum = number(key);
    } else if (key == "count") {
      made_.count = number(key);
    } else if (key == "z_bucket") {
      made_.zero_count = number(key);
    } else if (key == "z_bucket_w") {
      made_.zero_width = number(key);
    } else if (key == "buckets") {
      made_.buckets = list(key);
    } else if (key == "n_buckets") {
      made_.negative_buckets = list(key);
    } else if (key == "custom_values") {
      made_.custom_values = list(key);
    } else if (key == "counter_reset_hint") {
      made_.reset_hint = hint();
    } else {
      fail("histogram with an unknown key " + quote(key));
    }
  }

  double number(std::string_view key) {
    const auto taken = take_number(text_);
    if (!taken) fail("histogram whose " + std::string(key) + " is no number");
    return *taken;
  }

  std::int64_t integer(std::string_view key) {
    const bool is_negative = take(text_, "-");
    const auto taken = take_count(text_);
    if (!taken || *taken > std::numeric_limits<std::int32_t>::max()) {
      fail("histogram whose " + std::string(key) + " is no whole number");
    }
    const auto size = static_cast<std::int64_t>(*taken);
    return is_negative ? -size : size;
  }

  std::vector<double> list(std::string_view key) {
    std::vector<double> values;
    if (!take(text_, "[")) fail("histogram whose " + std::string(key) + " is no list such as [5 10 7]");
    skip_blanks(text_);
    while (!take(text_, "]")) {
      values.push_back(number(key));
      skip_blanks(text_);
    }
    return values;
  }

  ScriptHistogram::ResetHint hint() {
    using enum ScriptHistogram::ResetHint;
    if (take(text_, "unknown")) return unknown;
    if (take(text_, "reset")) return reset;
    if (take(text_, "not_reset")) return not_reset;
    if (take(text_, "gauge")) return gauge;
    fail("histogram whose counter_reset_hint is none of unknown, reset, not_reset, gauge");
  }

  std::string_view& text_;
  std::size_t line_;
  ScriptHistogram made_;
};

class SampleReader {
 public:
  SampleReader(std::string_view text, std::size_t line) : text_(text), line_(line) {}

  std::vector<ScriptSamples> run() {
    std::vector<ScriptSamples> samples;
    skip_blanks(text_);
    while (!text_.empty()) {
      samples.push_back(item());
      if (!text_.empty() && base::kBlanks.find(text_.front()) == std::string_view::npos) {
        fail("unexpected " + quote(text_.substr(0, text_.find_first_of(base::kBlanks))) + " behind a sample");
      }
      skip_blanks(text_);
    }
    return samples;
  }

 private:
  [[noreturn]] void fail(const std::string& text) const { throw_script_error(line_, text); }

  ScriptSamples item() {
    ScriptSamples made;
    if (take(text_, "_")) {
      if (text_.starts_with("x")) repeat(made.count);
    } else if (take(text_, "{{")) {
      histogram(made);
    } else if (take(text_, "stale")) {
      made.kind = ScriptSamples::Kind::stale;
      if (text_.starts_with("x")) repeat_after_first(made.count);
    } else {
      number(made);
    }
    return made;
  }

  void repeat(std::uint64_t& count) {
    if (!take_repetition(text_, count))
      fail("sample without a number of repetitions; write one such as 1+2x10");
  }

  /// `1x3` has four samples: the first, and three more.
  void repeat_after_first(std::uint64_t& count) {
    repeat(count);
    ++count;
  }

  void histogram(ScriptSamples& made) {
    made.kind = ScriptSamples::Kind::histogram;
    made.histogram = HistogramReader(text_, line_).run();
    made.is_subtracted = text_.starts_with("-");
    if (take(text_, "+{{") || take(text_, "-{{")) {
      made.histogram_step = HistogramReader(text_, line_).run();
      repeat_after_first(made.count);
    } else if (text_.starts_with("x")) {
      repeat_after_first(made.count);
    }
  }

  void number(ScriptSamples& made) {
    const auto taken = take_number(text_);
    if (!taken) {
      fail("unexpected " + quote(text_.substr(0, text_.find_first_of(base::kBlanks))) +
           "; expected a number, _, stale or {{…}}");
    }
    made.kind = ScriptSamples::Kind::number;
    made.value = *taken;
    if (text_.starts_with("+") || text_.starts_with("-")) {
      made.step = take_number(text_).value_or(0);
      repeat_after_first(made.count);
    } else if (text_.starts_with("x")) {
      repeat_after_first(made.count);
    }
  }

  std::string_view text_;
  std::size_t line_;
};

/// `-1m` at the front of a text, in milliseconds.
std::optional<std::int64_t> take_distance(std::string_view& text) {
  const bool is_negative = text.starts_with("-");
  if (is_negative || text.starts_with("+")) text.remove_prefix(1);
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::size_t length = text.find_first_of("0123456789+-x", digits);
  const auto taken = parse_milliseconds(text.substr(0, length));
  if (!taken) return std::nullopt;
  text.remove_prefix(std::min(length, text.size()));
  return is_negative ? -*taken : *taken;
}

std::optional<ScriptStarts> read_start(std::string_view item) {
  ScriptStarts made;
  if (take(item, "_")) {
    made.is_omitted = true;
    return item.empty() || (take_repetition(item, made.count) && item.empty()) ? std::optional(made)
                                                                               : std::nullopt;
  }
  const auto first = take_distance(item);
  if (!first) return std::nullopt;
  made.milliseconds = *first;
  if (item.empty()) return made;
  if (!item.starts_with("x")) {
    const auto step = take_distance(item);
    if (!step) return std::nullopt;
    made.step_milliseconds = *step;
  }
  if (!take_repetition(item, made.count) || !item.empty()) return std::nullopt;
  ++made.count;
  return made;
}

}  // namespace

std::optional<double> take_number(std::string_view& text) {
  std::string_view rest = text;
  const bool is_negative = rest.starts_with("-");
  if (is_negative || rest.starts_with("+")) rest.remove_prefix(1);
  if (rest.empty() || rest.front() == '-') return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (read.ec != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  text = rest;
  return is_negative ? -value : value;
}

ScriptSeries read_script_series(std::string_view text, std::size_t line) {
  ScriptSeries made;
  made.line = line;
  LabelReader labels(text, line);
  made.labels = labels.run();
  text.remove_prefix(labels.end());
  if (!text.empty() && base::kBlanks.find(text.front()) == std::string_view::npos) {
    throw_script_error(line, "no blank between a series and its samples");
  }
  made.samples = SampleReader(text, line).run();
  return made;
}

bool is_start_line(std::string_view text) {
  const std::size_t blank = text.find_first_of(base::kBlanks);
  return blank != std::string_view::npos && text.substr(0, blank).ends_with(kStartMark);
}

ScriptSeries read_start_line(std::string_view text, std::size_t line) {
  const std::size_t blank = text.find_first_of(base::kBlanks);
  ScriptSeries made = read_script_series(text.substr(0, blank - kStartMark.size()), line);
  text.remove_prefix(blank);
  skip_blanks(text);
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find_first_of(base::kBlanks));
    const auto start = read_start(item);
    if (!start)
      throw_script_error(line,
                         "malformed start time " + quote(item) + "; write one such as -1m or -30s-1mx2");
    made.starts.push_back(*start);
    text.remove_prefix(item.size());
    skip_blanks(text);
  }
  return made;
}

}  // namespace kymo::KYMO_ABI::query
