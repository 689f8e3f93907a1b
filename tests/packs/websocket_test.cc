#include <kymo/packs/websocket.h>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string_view>

#include <kymo/core/histogram_value.h>

namespace kymo::KYMO_ABI::packs {
namespace {

class WebSocketMetricsTest : public ::testing::Test {
 protected:
  double value(std::string_view name) { return to_double(registry_.snapshot()->find(name, {})->number); }

  Registry registry_;
  WebSocketMetrics websocket_{registry_};
};

TEST_F(WebSocketMetricsTest, AClientCountsWhileItLives) {
  {
    auto first = websocket_.connect();
    auto second = websocket_.connect();
    EXPECT_EQ(value("websocket.clients"), 2);
    const auto moved = std::move(first);
    EXPECT_EQ(value("websocket.clients"), 2);
  }
  EXPECT_EQ(value("websocket.clients"), 0);
}

TEST_F(WebSocketMetricsTest, ABroadcastIsAFailureUnlessItSucceeds) {
  websocket_.broadcast().succeed();
  (void)websocket_.broadcast();
  try {
    const auto broadcast = websocket_.broadcast();
    throw std::runtime_error("gone");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(value("websocket.broadcast.failure"), 2);
  }
  EXPECT_EQ(value("websocket.broadcast.attempt"), 3);
  EXPECT_EQ(value("websocket.broadcast.success"), 1);
}

TEST_F(WebSocketMetricsTest, SizesAreBytesByDirection) {
  websocket_.received(100);
  websocket_.sent(30);
  websocket_.sent(50);
  const auto snapshot = registry_.snapshot();
  EXPECT_EQ(snapshot->find("websocket.message.size")->descriptor().family_name,
            "websocket_message_size_bytes");
  EXPECT_EQ(snapshot->find("websocket.message.size", {{"direction", "received"}})->histogram->sum(), 100);
  EXPECT_EQ(snapshot->find("websocket.message.size", {{"direction", "sent"}})->histogram->sum(), 80);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
