#pragma once

#include <cstdint>

#include <kymo/version.h>

/// Letters of all scripts. A letter without the other case stands for itself. Threads: any. Errors: none.
/// Source: the simple case mappings of Unicode.
namespace kymo::KYMO_ABI::alert {

[[nodiscard]] std::uint32_t upper_case(std::uint32_t code);
[[nodiscard]] std::uint32_t lower_case(std::uint32_t code);

}  // namespace kymo::KYMO_ABI::alert
