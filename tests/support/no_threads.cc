// Part of tests with the mark SINGLE_THREADED, which the thread sanitizer never sees.

#include <pthread.h>

#include <cstdio>
#include <cstdlib>

// NOLINTNEXTLINE(readability-identifier-naming): the C library's name.
extern "C" int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) {
  std::fputs("this test starts a thread: remove SINGLE_THREADED from its kymo_add_test\n", stderr);
  std::abort();
}
