#include "tests/robustness/lifetime/static_objects.h"

namespace kymo::robustness {

StaticObject first_object("first");

}  // namespace kymo::robustness
