#include <kymo/format/content_type.h>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::format {
namespace {

TEST(ContentType, EachFormatIsFoundByItsName) {
  for (const Format format : {Format::prometheus, Format::openmetrics, Format::json}) {
    EXPECT_EQ(format_from_name(format_name(format)), format);
  }
  EXPECT_EQ(format_from_name("xml"), std::nullopt);
  EXPECT_EQ(format_from_name(""), std::nullopt);
}

TEST(ContentType, IsWhatScrapersExpect) {
  EXPECT_EQ(media_type(Format::prometheus), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(media_type(Format::openmetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_EQ(media_type(Format::json), "application/json");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
