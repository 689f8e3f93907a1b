#include "src/live/negotiation.h"

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::live {
namespace {

constexpr std::array<MediaType, 2> kOffers = {
    "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
};
constexpr std::size_t kText = 0;
constexpr std::size_t kOpen = 1;

struct Case {
  std::string_view accept;
  std::size_t chosen;
};

constexpr Case kCases[] = {
    // Nobody's wish
    {"", kText},
    {"*/*", kText},
    {"*", kText},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", kText},
    // Unknown falls back to the oldest
    {"application/json", kText},
    {"application/openmetrics-text; version=2.0.0", kText},
    {"image/png, application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", kText},
    // One of them, plainly
    {"text/plain", kText},
    {"application/openmetrics-text", kOpen},
    {"APPLICATION/OpenMetrics-Text", kOpen},
    {"application/openmetrics-text;version=1.0.0", kOpen},
    {"application/openmetrics-text; version=\"1.0.0\"; charset=UTF-8", kOpen},
    {"application/openmetrics-text;version=1.0.0;charset=iso-8859-1", kText},
    {"application/*", kOpen},
    {"text/*", kText},
    // Weights
    {"text/plain;q=0.5, application/openmetrics-text;q=0.6", kOpen},
    {"text/plain;q=0.5, application/openmetrics-text;q=0.4", kText},
    {"text/plain;q=0.001, application/openmetrics-text;q=0", kText},
    {"text/plain;q=0, application/openmetrics-text;q=0.001", kOpen},
    {"text/plain;q=0, */*", kOpen},
    {"application/openmetrics-text;q=0, */*", kText},
    {"text/plain;q=0, application/openmetrics-text;q=0", kText},
    {"text/plain;q=0.999,application/openmetrics-text;q=1.000", kOpen},
    {"*/*;q=0.9, text/plain;q=0.1", kOpen},
    {"text/*;q=0.3, text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5", kText},
    // Malformed weights: the range does not count
    {"application/openmetrics-text;q=1.001", kText},
    {"application/openmetrics-text;q=high", kText},
    {"application/openmetrics-text;q=", kText},
    {"application/openmetrics-text;q=-1", kText},
    {"application/openmetrics-text;q=0.1234", kText},
    {"application/openmetrics-text;q=2, text/plain;q=0.1", kText},
    // Equal weights: the more exact one, then the first offer
    {"text/plain, application/openmetrics-text", kText},
    {"application/openmetrics-text, text/plain", kText},
    {"application/openmetrics-text;version=1.0.0, */*", kOpen},
    {"application/openmetrics-text;version=1.0.0, text/plain", kOpen},
    // Quotes, blanks, empty elements
    {",, application/openmetrics-text ;\tq=0.9 ,, text/plain ; q=0.8 ,", kOpen},
    {"text/plain;note=\"a,b;q=0\";q=0.1, application/openmetrics-text;q=0.2", kOpen},
    {"text/plain;note=\"\\\",\";q=0.9, application/openmetrics-text;q=0.2", kText},
    {"text/plain;note=\"open, application/openmetrics-text", kText},
    {";;;,/,=,\"", kText},
    // Headers of Prometheus: 2.42; 2.50 with protobuf; 3.0
    {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
     kOpen},
    {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.4,"
     "application/openmetrics-text;version=1.0.0;q=0.3,application/openmetrics-text;version=0.0.1;"
     "q=0.2,text/plain;version=0.0.4;q=0.1",
     kOpen},
    {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
     "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
     "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
     kOpen},
    {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", kText},
    {"application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5", kText},
};

TEST(ChooseOffer, FollowsTheTable) {
  for (const Case& test : kCases) {
    EXPECT_EQ(choose_offer(test.accept, kOffers), test.chosen) << test.accept;
  }
}

TEST(PrefersGzip, FollowsTheTable) {
  struct GzipCase {
    std::string_view header;
    bool gzip;
  };
  for (const GzipCase& test : {
           GzipCase{"", false},
           {"gzip", true},
           {"GZIP", true},
           {"x-gzip", true},
           {"gzip, deflate, br", true},
           {"deflate, gzip;q=1.0, *;q=0.5", true},
           {"*", true},
           {"identity", false},
           {"br", false},
           {"gzip;q=0", false},
           {"gzip;q=0.000", false},
           {"gzip;q=0, *", false},
           {"*;q=0", false},
           {"*;q=0, gzip", true},
           {"gzip;q=0.001", true},
           {"gzip;q=0.5, identity", false},
           {"gzip;q=0.5, identity;q=0.5", true},
           {"identity;q=0, gzip;q=0.1", true},
           {"gzip;q=nonsense", false},
           {"gzipped", false},
           {"gzip ; q=0.8", true},
       }) {
    EXPECT_EQ(prefers_gzip(test.header), test.gzip) << test.header;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
