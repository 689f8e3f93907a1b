#include "cell_owner.h"

#include <map>
#include <mutex>

#include "cell_store.h"
#include "family_core.h"
#include "fork_gate.h"
#include "histogram_store.h"
#include "storage_traits.h"

namespace kymo::KYMO_ABI {
namespace {

class NumberCells final : public CellOwner {
 public:
  void give_back(CellId id) noexcept override { cells::free_cell(id); }
};

class GaugeCells final : public CellOwner {
 public:
  void give_back(CellId id) noexcept override { cells::free_cell(id, CellArena::Use::directory); }
};

class HistogramCells final : public CellOwner {
 public:
  explicit HistogramCells(std::size_t bounds) noexcept : bounds_(bounds) {}
  void give_back(CellId id) noexcept override { cells::free_histogram(id, bounds_); }

 private:
  std::size_t bounds_;
};

}  // namespace

// Never destroyed: a handle in a static object may return its cell after every other static object is gone.
CellOwner* cell_owner(FamilySpec::Storage storage, std::size_t bounds) {
  static auto& numbers = *new NumberCells;
  static auto& gauges = *new GaugeCells;
  switch (traits_of(storage).cells) {
    case CellForm::number: return &numbers;
    case CellForm::shared_number: return &gauges;
    case CellForm::histogram: break;
  }
  static auto& mutex = *new std::mutex;
  static auto& histograms = *new std::map<std::size_t, HistogramCells>;
  const StructureLock lock(mutex);
  return &histograms.try_emplace(bounds, bounds).first->second;
}

}  // namespace kymo::KYMO_ABI
