#pragma once

#include <kymo/core/cells.h>

namespace kymo::inline v0 {

/// Takes a cell back when its series is gone for good.
class CellOwner {
 public:
  virtual void give_back(CellId id) noexcept = 0;

 protected:
  ~CellOwner() = default;
};

}  // namespace kymo::inline v0
