#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <kymo/base/json_writer.h>
#include <kymo/base/parse_number.h>
#include <kymo/format/iso_time.h>
#include <kymo/net/http_client.h>
#include <kymo/query/classic_view.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/engine.h>
#include <kymo/query/result_json.h>

#include "command.h"
#include "command_line.h"
#include "open_past.h"
#include "query_view.h"
#include "server_access.h"

namespace kymo::KYMO_ABI::cli {
namespace {

struct QueryArguments {
  std::string expression;
  ServerAccess access;
  std::string directory;
  std::optional<std::int64_t> at_ms;  ///< the end of a range
  std::int64_t range_ms = 0;          ///< 0: an instant query
  std::int64_t step_ms = 0;           ///< of a range; not 0
  bool has_graph = false;
  bool is_json = false;
  bool no_color = false;
  bool lists_names = false;
};

constexpr std::int64_t kUsualGraphMs = 3'600'000;
constexpr std::int64_t kUsualSteps = 120;
constexpr std::size_t kLongestQuoted = 64;
constexpr std::chrono::minutes kLongestQuery{2};

std::optional<std::int64_t> read_moment(const std::string& text) {
  if (const auto time = format::parse_iso_time(text)) return time->time_since_epoch().count();
  const auto seconds = base::parse_number<double>(text);
  if (!seconds || !(std::abs(*seconds) < 1e12)) return std::nullopt;
  return std::llround(*seconds * 1e3);
}

bool refuse(const char* option, const std::string& text, const char* expected) {
  complain(std::string("query: ") + option + ": \"" + text.substr(0, kLongestQuoted) + "\" is no " +
           expected);
  return false;
}

bool take_times(const std::string& at, const std::string& range, const std::string& step,
                QueryArguments& parsed) {
  if (!at.empty()) {
    parsed.at_ms = read_moment(at);
    if (!parsed.at_ms) {
      return refuse("--at", at, "time; expected seconds since 1970, or such as 2026-11-28T10:30:00Z");
    }
  }
  if (!range.empty()) {
    parsed.range_ms = query::parse_milliseconds(range).value_or(0);
    if (parsed.range_ms <= 0) return refuse("--range", range, "duration; expected such as 1h or 30m");
  } else if (parsed.has_graph) {
    parsed.range_ms = kUsualGraphMs;
  }
  if (!step.empty()) {
    if (parsed.range_ms == 0) {
      complain("query: --step goes with --range or --graph only");
      return false;
    }
    parsed.step_ms = query::parse_milliseconds(step).value_or(0);
    if (parsed.step_ms <= 0) return refuse("--step", step, "duration; expected such as 15s");
  } else {
    // Whole seconds, as the ticks of most servers.
    parsed.step_ms = std::max<std::int64_t>(1, parsed.range_ms / kUsualSteps / 1000) * 1000;
  }
  return true;
}

std::optional<QueryArguments> parse_query_arguments(const Arguments& arguments, int& exit_code) {
  QueryArguments parsed;
  std::string at;
  std::string range;
  std::string step;
  CLI::App app(
      "Evaluates a PromQL query over the history of a running kymo, or of a directory. Prints the value of\n"
      "each series now, or with --range the values at each step.",
      "kymo query");
  app.add_option("EXPR", parsed.expression, "The query, such as 'rate(process_cpu_seconds_total[1m])'.");
  app.add_option("--range", range, "Evaluate at each step of this time up to now, such as 1h.")
      ->type_name("DURATION");
  app.add_option("--step", step, "Time between two steps; default: a 120th of the range.")
      ->type_name("DURATION");
  app.add_option("--at", at,
                 "The time of the query, and the end of a range: seconds since 1970, or such as\n"
                 "2026-11-28T10:30:00Z. Default: now; of a directory its newest sample.")
      ->type_name("TIME");
  app.add_flag("--graph", parsed.has_graph, "Draw a plot; of the last hour without --range.");
  app.add_flag("--json", parsed.is_json, "Print the answer as Prometheus' HTTP API writes it.");
  parsed.access.add_options(
      app, "The server, such as http://127.0.0.1:9464. Default: where KYMO_LISTEN says, or that one.");
  app.add_option("--history", parsed.directory,
                 "Read this directory of history, also that of a process that has ended.")
      ->type_name("DIR");
  app.add_flag("--names", parsed.lists_names, "List the names of all metrics, and evaluate nothing.");
  app.add_flag("--no-color", parsed.no_color, "No colours; environment NO_COLOR.");
  if (!read_command_line(app, arguments, exit_code, "[OPTIONS] EXPR")) return std::nullopt;
  if (parsed.expression.empty() && !parsed.lists_names) {
    complain("query: EXPR is missing; try `kymo query up`, or `kymo query --names`");
    return std::nullopt;
  }
  if (parsed.has_graph && parsed.is_json) {
    complain("query: --graph and --json exclude each other");
    return std::nullopt;
  }
  if (!parsed.directory.empty() && !parsed.access.url.empty()) {
    complain("query: --url and --history exclude each other");
    return std::nullopt;
  }
  if (!take_times(at, range, step, parsed)) return std::nullopt;
  return parsed;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

std::string seconds_text(std::int64_t time_ms) {
  std::string text;
  base::JsonWriter json(text);
  query::write_time(time_ms, json);
  return text;
}

/// Where queries go: a server, or a directory.
class QuerySource {
 public:
  QuerySource() = default;
  QuerySource(const QuerySource&) = delete;
  QuerySource& operator=(const QuerySource&) = delete;
  virtual ~QuerySource() = default;

  /// The envelope of Prometheus' HTTP API.
  [[nodiscard]] virtual std::string ask(const QueryArguments& wanted, std::int64_t at_ms) = 0;
  [[nodiscard]] virtual std::int64_t now_ms() = 0;
  [[nodiscard]] virtual std::vector<std::string> names() = 0;
};

class ServerSource final : public QuerySource {
 public:
  explicit ServerSource(const ServerAccess& access)
      : url_(access.server()), options_(with_patience(access.options())), client_(url_, options_) {}

  std::string ask(const QueryArguments& wanted, std::int64_t at_ms) override {
    const std::string query = "query=" + percent_encoded(wanted.expression);
    const std::string end = seconds_text(at_ms);
    if (wanted.range_ms == 0) return get("/api/v1/query?" + query + "&time=" + end);
    return get("/api/v1/query_range?" + query + "&start=" + seconds_text(at_ms - wanted.range_ms) +
               "&end=" + end + "&step=" + seconds_text(wanted.step_ms));
  }
  std::int64_t now_ms() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }
  std::vector<std::string> names() override { return read_name_list(get("/api/v1/label/__name__/values")); }

 private:
  static net::ClientOptions with_patience(net::ClientOptions options) {
    options.timeout = kLongestQuery;
    return options;
  }

  /// An error of the API comes with its envelope; any other status is told by its number.
  std::string get(const std::string& target) {
    net::HttpAnswer answer = client_.get(target);
    const bool has_envelope = answer.body.starts_with("{\"status\":");
    if (answer.status != 200 && !has_envelope) {
      throw net::status_error(url_, answer.status, !options_.token.empty());
    }
    return std::move(answer.body);
  }

  net::ClientUrl url_;
  net::ClientOptions options_;
  net::HttpClient client_;
};

class DirectorySource final : public QuerySource {
 public:
  explicit DirectorySource(const std::string& path)
      : store_(open_past(path, "query", problem_)), view_(store_) {
    const history::StoreFigures is = store_.figures();
    if (is.oldest_ms > is.newest_ms) throw std::runtime_error(path + ": has no samples");
    newest_ms_ = is.newest_ms;
  }

  std::string ask(const QueryArguments& wanted, std::int64_t at_ms) override {
    query::QueryRequest request{.query = wanted.expression, .start_ms = at_ms, .end_ms = at_ms};
    if (wanted.range_ms != 0) {
      request.start_ms = at_ms - wanted.range_ms;
      request.step_ms = wanted.step_ms;
    }
    const query::Engine engine;
    const query::QueryResult result = engine.run(view_, request);
    std::string text;
    base::JsonWriter json(text);
    json.begin_object();
    json.field("status", std::string_view("success"));
    json.begin_object("data");
    query::write_result(result, at_ms, json, [] {});
    json.end_object();
    const auto write_notes = [&](std::string_view name, const std::vector<std::string>& notes) {
      if (notes.empty()) return;
      json.begin_array(name);
      for (const std::string& note : notes) json.value(std::string_view(note));
      json.end_array();
    };
    write_notes("warnings", result.warnings);
    write_notes("infos", result.infos);
    json.end_object();
    return text + '\n';
  }
  std::int64_t now_ms() override { return newest_ms_; }
  std::vector<std::string> names() override {
    std::set<std::string> names;
    for (const series::SeriesRef& ref : view_.find({}, {})) names.emplace(ref->labels.name());
    return {names.begin(), names.end()};
  }

 private:
  std::string problem_;
  history::Store store_;
  query::ClassicView view_;
  std::int64_t newest_ms_ = 0;
};

std::unique_ptr<QuerySource> open_source(const QueryArguments& wanted) {
  if (!wanted.directory.empty()) return std::make_unique<DirectorySource>(wanted.directory);
  return std::make_unique<ServerSource>(wanted.access);
}

GraphOptions graph_options(const QueryArguments& wanted, std::int64_t at_ms) {
  std::setlocale(LC_CTYPE, "");
  GraphOptions options;
  options.has_unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  options.has_colors =
      is_terminal && !wanted.no_color && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  winsize size{};
  if (is_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.columns = size.ws_col;
  } else if (const auto columns = base::parse_number<std::size_t>(environment("COLUMNS"))) {
    options.columns = std::clamp<std::size_t>(*columns, 20, 1000);
  }
  options.from_seconds = static_cast<double>(at_ms - wanted.range_ms) / 1e3;
  options.to_seconds = static_cast<double>(at_ms) / 1e3;
  options.step_seconds = static_cast<double>(wanted.step_ms) / 1e3;
  return options;
}

void complain_at(const std::string& query, const std::string& message) {
  complain("query: " + message);
  std::cerr << pointed_place(query, message);
}

int print_answer(const QueryArguments& wanted, QuerySource& source) {
  const std::int64_t at_ms = wanted.at_ms ? *wanted.at_ms : source.now_ms();
  const std::string text = source.ask(wanted, at_ms);
  const QueryAnswer answer = read_query_answer(text);
  for (const std::string& note : answer.notes) complain_at(wanted.expression, note);
  if (wanted.is_json) {
    std::cout << text;
  } else if (answer.series.empty()) {
    complain("query: no series has a value at that time");
  } else {
    std::cout << (wanted.has_graph ? query_graph(answer, graph_options(wanted, at_ms)) : query_table(answer));
  }
  std::cout.flush();
  return std::cout ? kSuccess : kFailure;
}

}  // namespace

int query_metrics(const Arguments& arguments) {
  int exit_code = kSuccess;
  const auto wanted = parse_query_arguments(arguments, exit_code);
  if (!wanted) return exit_code;
  try {
    const auto source = open_source(*wanted);
    if (!wanted->lists_names) return print_answer(*wanted, *source);
    for (const std::string& name : source->names()) std::cout << name << '\n';
    return kSuccess;
  } catch (const net::ClientError& error) {
    complain(std::string("query: ") + error.what());
    return error.kind() == net::ClientError::Kind::bad_address ? kBadUsage : kFailure;
  } catch (const std::system_error& error) {
    complain("query: cannot read " + wanted->directory + ": " + error.code().message());
    return kFailure;
  } catch (const std::exception& error) {
    complain_at(wanted->expression, error.what());
    return kFailure;
  }
}

}  // namespace kymo::KYMO_ABI::cli
