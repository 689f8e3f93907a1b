#pragma once

#include <dlfcn.h>
#include <pthread.h>

namespace kymo::test {

using PthreadCreate = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

}  // namespace kymo::test

// Clang's sanitizers lie in the program itself, where dlsym() passes them by.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)
    __attribute__((weak));

namespace kymo::test {

/// The function behind a test's own pthread_create: a sanitizer's, or the C library's.
inline PthreadCreate next_pthread_create() {
  if (&__interceptor_pthread_create != nullptr) return &__interceptor_pthread_create;
  return reinterpret_cast<PthreadCreate>(dlsym(RTLD_NEXT, "pthread_create"));
}

}  // namespace kymo::test
