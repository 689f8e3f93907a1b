#pragma once

#include <string_view>

/// The version of these headers (https://semver.org). CMake reads it here; no other file states it.
#define KYMO_VERSION_MAJOR 0
#define KYMO_VERSION_MINOR 1
#define KYMO_VERSION_PATCH 0

/// One number that grows with each version: major * 1'000'000 + minor * 1000 + patch, for `#if`.
#define KYMO_VERSION (KYMO_VERSION_MAJOR * 1'000'000 + KYMO_VERSION_MINOR * 1000 + KYMO_VERSION_PATCH)

/// The inline namespace that holds all of kymo. Its name changes with the binary interface. So a program with
/// headers of one interface and a library of another fails to link, and does not crash later.
/// Users write `kymo::Counter`, never this name.
#define KYMO_ABI inline v0

/// Marks the symbols that the shared library `libkymo.so` exports; all others are hidden.
#define KYMO_API [[gnu::visibility("default")]]

namespace kymo::KYMO_ABI {

/// The version of the linked library, such as "0.1.0". With a shared library it can be newer than
/// KYMO_VERSION. Threads: any. Cost: none. Errors: none.
[[nodiscard]] KYMO_API std::string_view version() noexcept;

}  // namespace kymo::KYMO_ABI
