#include <kymo/version.h>

#define KYMO_TEXT_OF(number) #number
#define KYMO_TEXT(number) KYMO_TEXT_OF(number)

namespace kymo::KYMO_ABI {

std::string_view version() noexcept {
  return KYMO_TEXT(KYMO_VERSION_MAJOR) "." KYMO_TEXT(KYMO_VERSION_MINOR) "." KYMO_TEXT(KYMO_VERSION_PATCH);
}

}  // namespace kymo::KYMO_ABI
