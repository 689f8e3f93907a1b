#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>

#include <kymo/monitor/monitor.h>

#include "tests/monitor/http_get.h"

namespace {

/// Which of the threads to come is not to be had; 0: all are.
std::atomic<int> refused_thread = 0;

}  // namespace

/// In front of the C library's: the system has no thread where a test says so.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (refused_thread > 0 && --refused_thread == 0) return EAGAIN;
  return create(thread, attributes, run, argument);
}

namespace kymo {
namespace {

using monitor::http_get;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kLiveThread = 2;  // behind that of the tick

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
