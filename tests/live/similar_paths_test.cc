#include "src/live/similar_paths.h"

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::live {
namespace {

using Paths = std::vector<std::string>;

const Paths kKnown = {"/",        "/metrics", "/api/metrics",       "/api/metrics/summary",
                      "/healthz", "/readyz",  "/api/metrics/server"};

TEST(SimilarPaths, FindsSlips) {
  EXPECT_EQ(similar_paths("/metric", kKnown), Paths{"/metrics"});
  EXPECT_EQ(similar_paths("/metrics/", kKnown), Paths{"/metrics"});
  EXPECT_EQ(similar_paths("/Metrics", kKnown), Paths{"/metrics"});
  EXPECT_EQ(similar_paths("/health", kKnown), Paths{"/healthz"});
  EXPECT_EQ(similar_paths("/ready", kKnown), Paths{"/readyz"});
}

TEST(SimilarPaths, FindsWhatOneBeginsOfTheOther) {
  EXPECT_EQ(similar_paths("/api", kKnown),
            (Paths{"/api/metrics", "/api/metrics/server", "/api/metrics/summary"}));
  EXPECT_EQ(similar_paths("/metrics/cpu/total", kKnown), Paths{"/metrics"});
}

TEST(SimilarPaths, FindsNothingForWhatIsUnlike) {
  EXPECT_EQ(similar_paths("/x", kKnown), Paths{});
  EXPECT_EQ(similar_paths("/wp-login.php", kKnown), Paths{});
  EXPECT_EQ(similar_paths("", kKnown), Paths{});
}

TEST(SimilarPaths, NamesAPathOnce) {
  EXPECT_EQ(similar_paths("/metric", {"/metrics", "/metrics"}), Paths{"/metrics"});
}

TEST(SimilarPaths, TakesAnyLength) {
  EXPECT_EQ(similar_paths(std::string(100'000, '/'), kKnown), Paths{});
  EXPECT_EQ(similar_paths("/metrics" + std::string(100'000, 'x'), kKnown), Paths{"/metrics"});
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
