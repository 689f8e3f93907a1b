#pragma once

#include <kymo/core/detail/cells.h>

namespace kymo::KYMO_ABI {

/// Takes a cell back when its series is finally removed.
class CellOwner {
 public:
  virtual void give_back(CellId id) noexcept = 0;

 protected:
  ~CellOwner() = default;
};

}  // namespace kymo::KYMO_ABI
