#include "tests/robustness/lifetime/static_objects.h"

namespace kymo::robustness {

StaticObject third_object("third");

}  // namespace kymo::robustness
