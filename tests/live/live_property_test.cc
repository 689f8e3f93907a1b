// Tests that clients build the measured state from deltas, for any measurements and any speed of reading.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include <kymo/format/live_json.h>

#include "live_fixture.h"

namespace kymo::KYMO_ABI::live {
namespace {

using test::FakeClient;
using test::LiveState;
using test::LiveWorld;

constexpr std::array<const char*, 4> kLabels = {"a", "b", "quote\"", "\xC3\xA9,b=\"a"};

double random_number() {
  switch (*rc::gen::inRange(0, 8)) {
    case 0: return std::nan("");
    case 1: return std::numeric_limits<double>::infinity();
    case 2: return -0.0;
    default: return *rc::gen::inRange(-2, 3);
  }
}

HistogramValue random_histogram() {
  HistogramValue value;
  std::int32_t index = *rc::gen::inRange(-70, 70);
  double sum = 0;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    value.add_bucket(index, *rc::gen::inRange<std::uint64_t>(1, 3));
    sum += HistogramValue::upper_border(index);
    index += *rc::gen::inRange(1, 10);
  }
  value.set_sum(sum);
  value.settle_extremes();
  return value;
}

/// Some of a few families with some of a few series, in any order.
void write_random(SnapshotWriter& writer) {
  for (const char* name : {"f.one", "f.two", "g"}) {
    if (*rc::gen::inRange(0, 5) == 0) continue;
    const int kind = *rc::gen::inRange(0, 12);
    FamilyWriter family = kind == 0        ? writer.counter({name, "Changed."})
                          : name[0] == 'g' ? writer.histogram({name, "Values."})
                                           : writer.gauge({name, "Numbers."});
    const int first = *rc::gen::inRange(0, 4);
    for (int i = 0; i < 4; ++i) {
      if (*rc::gen::inRange(0, 4) == 0) continue;
      const char* const label = kLabels.at(static_cast<std::size_t>((first + i) % 4));
      const std::initializer_list<Label> labels = {{"l", label}, {"m", i % 2 == 0 ? "x" : "y"}};
      const Labels view(labels.begin(), labels.size());
      if (kind != 0 && name[0] == 'g') {
        family.add(view, random_histogram());
      } else {
        family.add(view, random_number());
      }
    }
  }
}

struct Filter {
  const char* subscribe;
  bool (*wants)(const FamilySnapshot&, const Point&);
};
constexpr std::array kFilters = {
    Filter{R"({"type":"subscribe"})", [](const FamilySnapshot&, const Point&) { return true; }},
    Filter{R"({"type":"subscribe","names":["f.*"],"rate_hz":2})",
           [](const FamilySnapshot& family, const Point&) {
             return family.descriptor().name.starts_with("f.");
           }},
    Filter{R"({"type":"subscribe","match":{"l":"a"}})",
           [](const FamilySnapshot&, const Point& point) { return point.labels.find("l") == "a"; }},
    Filter{R"({"type":"subscribe","names":["g","nothing"],"match":{"m":"x"}})",
           [](const FamilySnapshot& family, const Point& point) {
             return family.descriptor().name == "g" && point.labels.find("m") == "x";
           }},
};

LiveState::Values expected(const Snapshot& snapshot, const Filter& filter) {
  LiveState::Values values;
  for (const FamilySnapshot& family : snapshot.families) {
    for (std::size_t i = 0; i < family.size(); ++i) {
      const Point point = family.point(i);
      if (!filter.wants(family, point)) continue;
      std::string value;
      std::string labels;
      format::append_live_value(point, value);
      format::append_live_labels(point.labels, labels);
      values[{family.descriptor().name, boost::json::serialize(boost::json::parse(labels))}] =
          boost::json::parse(value);
    }
  }
  return values;
}

RC_GTEST_PROP(LiveProperty, DeltasBuildWhatWasMeasured, ()) {
  LiveWorld world({.patience = std::chrono::hours(1)});
  world.write(write_random);
  std::vector<std::unique_ptr<FakeClient>> owned;
  std::vector<FakeClient*> clients;
  for (const Filter& filter : kFilters) {
    clients.push_back(owned.emplace_back(std::make_unique<FakeClient>(world.hub)).get());
    clients.back()->say(filter.subscribe);
  }
  for (int step = *rc::gen::inRange(1, 30); step > 0; --step) {
    if (*rc::gen::inRange(0, 4) > 0) world.write(write_random);
    for (FakeClient* const client : clients) client->stuck = *rc::gen::inRange(0, 3) == 0;
    world.advance(std::chrono::milliseconds(*rc::gen::inRange(1, 3) * 500), clients);
  }
  for (FakeClient* const client : clients) client->stuck = false;
  world.advance(std::chrono::seconds(1), clients);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    RC_ASSERT(clients[i]->state.values() == expected(*world.snapshot, kFilters.at(i)));
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
