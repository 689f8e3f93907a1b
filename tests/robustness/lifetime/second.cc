#include "tests/robustness/lifetime/static_objects.h"

namespace kymo::robustness {

StaticObject second_object("second");

}  // namespace kymo::robustness
