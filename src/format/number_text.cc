#include "number_text.h"

#include <cstdint>

namespace kymo::KYMO_ABI::format {

char* put_unix_time(char* at, std::chrono::system_clock::time_point time) noexcept {
  using std::chrono::milliseconds;
  const std::int64_t ms = std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
  if (ms < 0) return put_number(at, static_cast<double>(ms) / 1000);
  at = put_number(at, ms / 1000);
  *at++ = '.';
  const auto fraction = static_cast<unsigned>(ms % 1000);
  *at++ = static_cast<char>('0' + fraction / 100);
  *at++ = static_cast<char>('0' + fraction / 10 % 10);
  *at++ = static_cast<char>('0' + fraction % 10);
  return at;
}

}  // namespace kymo::KYMO_ABI::format
