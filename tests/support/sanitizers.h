#pragma once

// 1 in a build with that sanitizer, else 0. g++ defines a macro, and clang has a feature instead.
#if defined(__has_feature)
#define KYMO_TEST_HAS_FEATURE(feature) __has_feature(feature)
#else
#define KYMO_TEST_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || KYMO_TEST_HAS_FEATURE(address_sanitizer)
#define KYMO_ADDRESS_SANITIZER 1
#else
#define KYMO_ADDRESS_SANITIZER 0
#endif
#if defined(__SANITIZE_THREAD__) || KYMO_TEST_HAS_FEATURE(thread_sanitizer)
#define KYMO_THREAD_SANITIZER 1
#else
#define KYMO_THREAD_SANITIZER 0
#endif
