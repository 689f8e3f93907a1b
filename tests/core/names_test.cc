#include <kymo/core/names.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kymo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string family_name(Kind kind, std::string_view name, std::string_view unit = "") {
  return make_descriptor(kind, name, "", unit).family_name;
}

TEST(Descriptor, DerivesTheOpenMetricsName) {
  EXPECT_EQ(family_name(Kind::histogram, "event.processing.duration", "seconds"),
            "event_processing_duration_seconds");
  EXPECT_EQ(family_name(Kind::counter, "http_requests_total"), "http_requests");
  EXPECT_EQ(family_name(Kind::counter, "process_cpu_seconds_total", "seconds"), "process_cpu_seconds");
  EXPECT_EQ(family_name(Kind::counter, "voice.audio.received", "bytes"), "voice_audio_received_bytes");
  EXPECT_EQ(family_name(Kind::gauge, "memory_bytes", "bytes"), "memory_bytes");
  EXPECT_EQ(family_name(Kind::gauge, "queue.depth-now"), "queue_depth_now");
  EXPECT_EQ(family_name(Kind::counter, "events.count"), "events_count");
  EXPECT_EQ(family_name(Kind::gauge, "memory.total"), "memory_total");
}

TEST(NameError, AcceptsWhatTheConventionsAllow) {
  for (const char* name : {"x", "_x", "http.server.request.duration", "a:b", "a-b/c", "requests_total",
                           "events.count", "x_bucket", "x.sum", "x_created", "x_info", "count"}) {
    EXPECT_EQ(name_error(name), std::nullopt) << name;
  }
}

TEST(NameError, NamesThePlaceAndTheRemedy) {
  EXPECT_THAT(*name_error(""), HasSubstr("empty"));
  EXPECT_THAT(*name_error("2fast"), HasSubstr("start with a letter"));
  EXPECT_THAT(*name_error("a b"), HasSubstr("\"a b\""));
  EXPECT_THAT(*name_error("a\nb"), HasSubstr("\"a?b\"")) << "one line, whatever the bytes";
  EXPECT_THAT(*name_error(std::string(300, 'a')), HasSubstr("300"));
}

TEST(LabelKeyError, KnowsReservedKeys) {
  EXPECT_EQ(label_key_error("method"), std::nullopt);
  EXPECT_EQ(label_key_error("otel.metric.overflow"), std::nullopt);
  EXPECT_THAT(*label_key_error("__name__"), HasSubstr("starts with __"));
  EXPECT_THAT(*label_key_error("le"), HasSubstr("histograms"));
  EXPECT_THAT(*label_key_error("quantile"), HasSubstr("summaries"));
  EXPECT_THAT(*label_key_error("_.a"), HasSubstr("starts with __")) << "as it is written";
  EXPECT_TRUE(label_key_error("").has_value());
  EXPECT_TRUE(label_key_error("a=b").has_value());
  EXPECT_EQ(label_key_error("_"), std::nullopt);
}

TEST(SampleNames, AreAllThatTheTextFormatsWrite) {
  EXPECT_THAT(sample_names(make_descriptor(Kind::counter, "a", "", "")),
              ElementsAre("a", "a_total", "a_created"));
  EXPECT_THAT(sample_names(make_descriptor(Kind::gauge, "a", "", "")), ElementsAre("a"));
  EXPECT_THAT(sample_names(make_descriptor(Kind::histogram, "a", "", "")),
              ElementsAre("a", "a_bucket", "a_sum", "a_count", "a_created"));
}

TEST(NearestName, FindsTheTypoAndNothingFar) {
  EXPECT_EQ(nearest_name("rat", {"rate", "increase"}), "rate");
  EXPECT_EQ(nearest_name("lisen", {"listen", "log.level"}), "listen");
  EXPECT_EQ(nearest_name("zzzzzz", {"rate", "increase"}), "");
}

}  // namespace
}  // namespace kymo
