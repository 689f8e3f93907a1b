// Feeds any query to the engine, over fixed data and with narrow limits. A query has a result within the
// limits, or one of the errors that are known.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <kymo/query/engine.h>

#include <kymo/query/script_store.h>

namespace {

namespace query = kymo::query;

constexpr std::string_view kData = R"(load 15s
  requests_total{job="a",instance="0",code="200"} 0+7x40 _x3 3+5x40
  requests_total{job="a",instance="1",code="500"} 0+3x20 stale 0+2x60
  requests_total{job="b",instance="0",code="200"} NaN 1 -Inf 5 1e308 1e308 Inf 2x60
  level{job="a",instance="0"} 5-1x80
  level{job="b"} 1 _ 3 _ 5x40
  latency_bucket{job="a",le="0.1"} 0+1x80
  latency_bucket{job="a",le="1"} 0+3x80
  latency_bucket{job="a",le="+Inf"} 0+4x80
  native{job="a"} {{schema:3 sum:5 count:7 z_bucket:1 z_bucket_w:0.001 buckets:[1 2 3] n_buckets:[1]}}+{{schema:2 sum:2 count:3 buckets:[1 1 1]}}x40 1 2 3
  native{job="b"} {{schema:-53 sum:5 count:6 custom_values:[1 5] buckets:[1 2 3]}}x30 {{schema:-53 sum:5 count:6 custom_values:[1 2] buckets:[3 2 1]}}x30
  native{job="c"} {{schema:-4 sum:NaN count:9 buckets:[5 3] counter_reset_hint:gauge}}x60
  target_info{job="a",instance="0",version="1"} 1x80
)";

const query::ScriptStore& store() {
  static const auto* const loaded = [] {
    auto* const made = new query::ScriptStore;
    for (const query::ScriptCommand& one : query::read_script(kData)) {
      made->load(std::get<query::LoadCommand>(one));
    }
    return made;
  }();
  return *loaded;
}

query::EngineOptions narrow_options(bool delays_names) {
  query::EngineOptions options;
  options.takes_experimental = true;
  options.delays_name_removal = delays_names;
  options.limits.most_subquery_steps = 500;
  options.limits.most_samples = 20'000;
  options.limits.most_bytes = std::size_t{4} << 20U;
  options.limits.most_levels = 40;
  options.limits.most_time = std::chrono::seconds(5);
  return options;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const query::Engine& engine, const query::QueryRequest& request) {
  try {
    const query::QueryResult result = engine.run(store(), request);
    require(result.peak_bytes <= engine.options().limits.most_bytes);
    require(result.read_samples <= engine.options().limits.most_samples);
    for (const query::ResultSeries& one : result.series) {
      std::int64_t before = INT64_MIN;
      for (const query::NumberPoint& point : one.numbers) {
        require(point.time_ms > before);
        before = point.time_ms;
      }
      for (const query::HistogramPoint& point : one.histograms) require(point.value != nullptr);
    }
  } catch (const query::QueryError&) {
    return;
  } catch (const query::QueryFailure& failure) {
    require(failure.fault() != query::QueryFault::timeout);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const query::Engine at_once(narrow_options(false));
  static const query::Engine delayed(narrow_options(true));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(at_once, {text, 600'000, 600'000, 0});
  check(delayed, {text, 600'000, 600'000, 0});
  check(delayed, {text, 0, 1'500'000, 60'000});
  return 0;
}
