#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/base/number_text.h>
#include <kymo/format/content_type.h>
#include <kymo/format/text_writers.h>
#include <kymo/query/parser.h>
#include <kymo/query/result_json.h>

#include "../prometheus_api.h"
#include "query_routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;
using series::SeriesRef;
using Names = std::set<std::string, std::less<>>;

constexpr std::string_view kBound = "le";
constexpr std::array<std::string_view, 3> kClassicEnds = {"_bucket", "_count", "_sum"};

/// The parameters `start`, `end` and `match[]`.
struct Selection {
  Selection(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields)
      : limit{.stop = request.cancel, .deadline = request.deadline} {
    const series::TimeRange all;
    range = {fields.time("start").value_or(all.from_ms), fields.time("end").value_or(all.to_ms)};
    if (range.to_ms < range.from_ms) {
      throw ApiError(ApiFault::bad_data,
                     "invalid parameter \"end\": end timestamp must not be before start time; swap them");
    }
    for (const std::string_view text : fields.all("match[]")) selectors.push_back(selector_of(api, text));
  }

  /// Throws ApiError where nobody waits any more.
  void check() const {
    if (!limit.is_reached()) return;
    const bool is_late = std::chrono::steady_clock::now() >= limit.deadline;
    throw ApiError(
        is_late ? ApiFault::timeout : ApiFault::canceled,
        is_late ? "the search took too long; give match[], or a shorter time" : "the client has gone");
  }

  series::ReadLimit limit;
  series::TimeRange range;
  std::vector<std::vector<series::Matcher>> selectors;
};

/// Series that fit any selector, each once, in the order of their labels.
std::vector<SeriesRef> find(const QueryApi& api, const Selection& selection) {
  const series::SeriesReader& past = past_of(api);
  const std::size_t most = api.engine().options().limits.most_series;
  std::vector<SeriesRef> found;
  for (const auto& selector : selection.selectors) {
    const std::size_t room = most - found.size() + 1;
    std::ranges::move(past.find(selector, selection.range, selection.limit, room), std::back_inserter(found));
    selection.check();
    if (found.size() > most) {
      throw ApiError(ApiFault::execution, "more than " + std::to_string(most) +
                                              " series fit match[]; select fewer, or raise query.max_series");
    }
  }
  const auto labels_of = [](const SeriesRef& ref) -> const series::LabelSet& { return ref->labels; };
  std::ranges::sort(found, {}, labels_of);
  const auto same = std::ranges::unique(found, {}, labels_of);
  found.erase(same.begin(), same.end());
  return found;
}

/// Every series of the store, with native histograms in one piece: of all, the classic series would be many.
std::vector<SeriesRef> find_all(const QueryApi& api, const Selection& selection) {
  static_cast<void>(past_of(api));
  std::vector<SeriesRef> found = api.sources().store->find({}, selection.range, selection.limit);
  selection.check();
  return found;
}

std::vector<SeriesRef> found_for(const QueryApi& api, const Selection& selection) {
  return selection.selectors.empty() ? find_all(api, selection) : find(api, selection);
}

/// The keys of a series' labels. Without a selector a histogram stands for its classic series too.
void add_names(const SeriesRef& series, bool is_whole, Names& names) {
  for (const Label label : series->labels) {
    if (!names.contains(label.key)) names.emplace(label.key);
  }
  if (is_whole && series->form == series::SampleForm::histogram) names.emplace(kBound);
}

void add_values(const SeriesRef& series, std::string_view key, bool is_whole, Names& values) {
  const std::string_view value = series->labels.get(key);
  if (!value.empty() && !values.contains(value)) values.emplace(value);
  if (!is_whole || series->form != series::SampleForm::histogram) return;
  if (key == series::kNameLabel) {
    for (const std::string_view end : kClassicEnds) values.emplace(std::string(value).append(end));
  } else if (key == kBound) {
    for (const double bound : series->family->text_bounds) {
      std::array<char, base::kMaxNumberBytes> text;
      values.emplace(text.data(), base::put_canonical(text.data(), bound));
    }
    values.emplace("+Inf");
  }
}

/// `limit` of the request; the answer warns where it cuts.
template <class Items, class Write>
void write_list(const Items& items, const ApiFields& fields, ApiAnswer& answer, Write write) {
  const std::size_t limit = fields.limit();
  std::size_t written = 0;
  answer.json().begin_array();
  for (const auto& item : items) {
    if (limit != 0 && written++ == limit) {
      answer.warnings.emplace_back(kCut);
      break;
    }
    write(item);
    answer.on_part();
  }
  answer.json().end_array();
}

void write_names(const Names& names, const ApiFields& fields, ApiAnswer& answer) {
  write_list(names, fields, answer, [&](std::string_view name) { answer.json().value(name); });
}

void list_series(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                 ApiAnswer& answer) {
  const Selection selection(api, request, fields);
  if (selection.selectors.empty()) {
    throw ApiError(ApiFault::bad_data,
                   "no match[] parameter provided; give at least one, such as match[]=up");
  }
  write_list(find(api, selection), fields, answer,
             [&](const SeriesRef& ref) { query::write_labels(ref->labels, answer.json()); });
}

void list_labels(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                 ApiAnswer& answer) {
  const Selection selection(api, request, fields);
  Names names;
  for (const SeriesRef& ref : found_for(api, selection)) {
    add_names(ref, selection.selectors.empty(), names);
  }
  write_names(names, fields, answer);
}

void list_values(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                 ApiAnswer& answer) {
  const Selection selection(api, request, fields);
  Names values;
  for (const SeriesRef& ref : found_for(api, selection)) {
    add_values(ref, *request.path_parameter("name"), selection.selectors.empty(), values);
  }
  write_names(values, fields, answer);
}

/// The name that a scrape of Prometheus text gives a family.
std::string shown_name(const series::FamilyInfo& family) {
  return family.kind == Kind::counter ? family.name + "_total" : family.name;
}

void list_metadata(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                   ApiAnswer& answer) {
  const std::string* const metric = fields.find("metric");
  const std::size_t limit = fields.limit();
  const Selection selection(api, request, fields);
  static_cast<void>(past_of(api));
  const auto families = api.sources().store->families(selection.limit);
  selection.check();
  JsonWriter& json = answer.json();
  std::size_t written = 0;
  json.begin_object();
  for (const auto& family : families) {
    const std::string name = shown_name(*family);
    if (metric != nullptr && !metric->empty() && *metric != name && *metric != family->name) continue;
    if (limit != 0 && written++ == limit) break;
    json.begin_array(name);
    json.begin_object();
    json.field("type", format::text_type(family->kind));
    json.field("help", std::string_view(family->help));
    json.field("unit", std::string_view(family->unit));
    json.end_object();
    json.end_array();
    answer.on_part();
  }
  json.end_object();
}

/// The matchers of each selector in a query.
struct SelectorWalk {
  std::vector<const std::vector<series::Matcher>*>& found;

  void walk(const query::ExpressionPtr& expression) const {
    if (expression != nullptr) std::visit(*this, expression->node);
  }
  void operator()(const query::NumberLiteral& /*node*/) const {}
  void operator()(const query::StringLiteral& /*node*/) const {}
  void operator()(const query::Selector& node) const { found.push_back(&node.matchers); }
  void operator()(const query::RangeSelector& node) const { (*this)(node.selector); }
  void operator()(const query::Subquery& node) const { walk(node.operand); }
  void operator()(const query::Parenthesized& node) const { walk(node.operand); }
  void operator()(const query::Unary& node) const { walk(node.operand); }
  void operator()(const query::Binary& node) const { walk(node.left), walk(node.right); }
  void operator()(const query::Aggregation& node) const { walk(node.parameter), walk(node.operand); }
  void operator()(const query::Call& node) const {
    for (const query::ExpressionPtr& argument : node.arguments) walk(argument);
  }
};

/// The series that Prometheus keeps an exemplar with: a counter, or a bucket of a histogram.
series::LabelSet series_of(const FamilySnapshot& family, const Point& point, const Exemplar& exemplar) {
  const std::string& name = family.descriptor().family_name;
  if (family.descriptor().kind != Kind::histogram) return {name + "_total", point.labels};
  const std::vector<double>& bounds = family.text_bounds();
  const auto bound = std::ranges::lower_bound(bounds, exemplar.value);
  std::array<char, base::kMaxNumberBytes> text;
  const char* const end = base::put_canonical(
      text.data(), bound == bounds.end() ? std::numeric_limits<double>::infinity() : *bound);
  const std::string_view value(text.data(), static_cast<std::size_t>(end - text.data()));
  return {name + "_bucket", point.labels, Label(kBound, value)};
}

using Exemplars = std::map<series::LabelSet, std::vector<const Exemplar*>>;

Exemplars exemplars_of(const Snapshot& snapshot, series::TimeRange range,
                       const std::vector<const std::vector<series::Matcher>*>& selectors) {
  Exemplars found;
  const auto is_wanted = [&](const series::LabelSet& labels) {
    return std::ranges::any_of(selectors,
                               [&](const auto* matchers) { return series::fits(labels, *matchers); });
  };
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.columns().exemplars.empty()) continue;
    for (std::size_t i = 0; i < family.size(); ++i) {
      const Point point = family.point(i);
      if (point.exemplars == nullptr) continue;
      for (const Exemplar& exemplar : *point.exemplars) {
        const auto time =
            std::chrono::floor<std::chrono::milliseconds>(exemplar.time).time_since_epoch().count();
        if (time < range.from_ms || time > range.to_ms) continue;
        series::LabelSet labels = series_of(family, point, exemplar);
        // A query of a native histogram names the family.
        const bool is_native = is_wanted({family.descriptor().family_name, point.labels});
        if (is_native || is_wanted(labels)) found[std::move(labels)].push_back(&exemplar);
      }
    }
  }
  return found;
}

void query_exemplars(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                     ApiAnswer& answer) {
  const Selection selection(api, request, fields);
  const query::QueryLimits& limits = api.engine().options().limits;
  const query::ExpressionPtr expression = query::parse(
      fields.required("query"), {.max_bytes = limits.most_bytes_of_text, .max_depth = limits.most_levels});
  std::vector<const std::vector<series::Matcher>*> selectors;
  SelectorWalk{selectors}.walk(expression);
  const auto snapshot = api.sources().snapshots->get(request.received);
  if (snapshot == nullptr) {
    throw ApiError(ApiFault::unavailable, "no Snapshot can be taken now; try again in a second");
  }
  JsonWriter& json = answer.json();
  json.begin_array();
  for (const auto& [labels, exemplars] : exemplars_of(*snapshot, selection.range, selectors)) {
    json.begin_object();
    json.key("seriesLabels");
    query::write_labels(labels, json);
    json.objects("exemplars", exemplars, [&](const Exemplar* exemplar) {
      json.key("labels");
      query::write_labels(series::LabelSet({}, LabelsView(exemplar->labels)), json);
      json.key("value");
      query::write_sample(exemplar->value, json);
      json.key("timestamp");
      query::write_time(
          std::chrono::floor<std::chrono::milliseconds>(exemplar->time).time_since_epoch().count(), json);
    });
    json.end_object();
    answer.on_part();
  }
  json.end_array();
}

/// The value of the last sample of a series that has one, and has not ended.
void append_last(const SeriesRef& ref, series::TimeRange range, series::SeriesScan& scan, std::string& out) {
  scan.open(ref, range);
  // A series without samples counts as one that ended.
  query::NumberPoint last{0, std::bit_cast<double>(series::kStaleBits)};
  while (const series::SeriesChunk* const chunk = scan.next()) {
    if (!chunk->times_ms.empty()) last = {chunk->times_ms.back(), chunk->values.back()};
  }
  if (std::bit_cast<std::uint64_t>(last.value) == series::kStaleBits) return;
  std::array<char, base::kMaxNumberBytes> text;
  out.append(ref->labels.to_string()).append(" ");
  out.append(text.data(), base::put_number(text.data(), last.value)).append(" ");
  out.append(std::to_string(last.time_ms)).append("\n");
}

net::HttpResponse federate(const QueryApi& api, const net::HttpRequest& request) try {
  const ApiFields fields(request);
  Selection selection(api, request, fields);
  const auto now =
      std::chrono::floor<std::chrono::milliseconds>(api.sources().clock->system_now()).time_since_epoch();
  selection.range = {(now - api.engine().options().lookback).count() + 1, now.count()};
  const std::vector<SeriesRef> found = find(api, selection);
  const auto body = std::make_shared<base::BlockText>(api.sources().memory->blocks());
  const auto scan = past_of(api).scan(selection.limit);
  std::string name;
  std::string out;
  for (const SeriesRef& ref : found) {
    if (ref->form != series::SampleForm::number) continue;  // its classic series are there too
    const std::size_t before = out.size();
    if (ref->labels.name() != name) {
      out.append("# TYPE ").append(ref->labels.name()).append(" untyped\n");
    }
    const std::size_t begun = out.size();
    append_last(ref, selection.range, *scan, out);
    if (out.size() == begun) {
      out.resize(before);
    } else {
      name = ref->labels.name();
    }
    body->append(out);
    out.clear();
  }
  selection.check();
  net::HttpResponse response;
  response.content_type = format::kPrometheusTextType;
  response.body = net::HttpBody(body, body->pieces());
  return response;
} catch (const ApiError& error) {
  return api_error(error.fault(), error.what());
}

using Answer = void (*)(const QueryApi&, const net::HttpRequest&, const ApiFields&, ApiAnswer&);

}  // namespace

std::vector<series::Matcher> selector_of(const QueryApi& api, std::string_view text) try {
  const query::QueryLimits& limits = api.engine().options().limits;
  return query::parse_selector(text, {.max_bytes = limits.most_bytes_of_text,
                                      .max_depth = limits.most_levels,
                                      .takes_experimental = api.engine().options().takes_experimental});
} catch (const query::QueryError& error) {
  throw ApiError(ApiFault::bad_data, std::string("invalid parameter \"match[]\": ") + error.what());
}

std::vector<Route> series_routes(const std::shared_ptr<const QueryApi>& api) {
  std::vector<Route> routes;
  const auto add = [&](std::string path, std::string about, Answer answer) {
    add_api_route(
        std::move(path), std::move(about),
        [api, answer](const net::HttpRequest& request, const ApiFields& fields, ApiAnswer& out) {
          answer(*api, request, fields, out);
        },
        api->sources().memory, routes);
  };
  add("/api/v1/series", "The series of the history that fit match[].", list_series);
  add("/api/v1/labels", "The names of labels in the history.", list_labels);
  add("/api/v1/label/{name}/values", "", list_values);
  add("/api/v1/metadata", "Type, help and unit of each metric in the history.", list_metadata);
  add("/api/v1/query_exemplars", "The exemplars of the series in a query.", query_exemplars);
  return routes;
}

Route federate_route(const std::shared_ptr<const QueryApi>& api) {
  return {.path = "/federate",
          .handle = [api](const net::HttpRequest& request) { return federate(*api, request); },
          .about = "The last samples of the series that fit match[], for another Prometheus.",
          .opens_in_browser = false,
          .threads = net::ThreadClass::heavy};
}

}  // namespace kymo::KYMO_ABI::live
