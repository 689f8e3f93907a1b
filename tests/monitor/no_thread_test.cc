#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cerrno>

#include <kymo/monitor/monitor.h>

#include "tests/monitor/http_get.h"
#include "tests/support/thread_creation.h"

namespace {

/// Number of the next thread that this thread may not start; 0 refuses none. Thread-local, because the tick's
/// thread starts threads of its own at any time.
thread_local int refused_thread = 0;

}  // namespace

/// Replaces the C library's function, and fails where a test says so.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  static const auto create = kymo::test::next_pthread_create();
  if (refused_thread > 0 && --refused_thread == 0) return EAGAIN;
  return create(thread, attributes, run, argument);
}

namespace kymo {
namespace {

using monitor::http_get;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kLiveThread = 2;  // the tick's is the first

std::string ask_for_live_metrics(int refused) {
  refused_thread = refused;
  const Monitor monitor({.listen = "127.0.0.1:0"});
  EXPECT_EQ(refused_thread, 0);
  return http_get(monitor.endpoint(), "/ws/metrics");
}

TEST(MonitorWithoutThread, SaysThatThereAreNoLiveMetrics) {
  EXPECT_THAT(ask_for_live_metrics(0), StartsWith("HTTP/1.1 426 "));
  const std::string answer = ask_for_live_metrics(kLiveThread);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("application/json"));
  EXPECT_THAT(answer, HasSubstr("no thread could be made"));
}

}  // namespace
}  // namespace kymo
