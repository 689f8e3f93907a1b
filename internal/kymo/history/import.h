#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <kymo/series/past_sample.h>

namespace kymo::KYMO_ABI::history {

/// Figures of a directory that an Importer made.
struct ImportedDirectory {
  std::uint64_t series = 0;
  std::uint64_t samples = 0;  ///< marks of ended series among them
  std::uint64_t segments = 0;
};

/// Makes a directory of history from samples: all of it, or nothing.
///
/// The times of each series ascend; its samples may come between those of others. The files are made in a
/// folder beside the directory, `DIR.import-XXXXXX`, and take its place at the end, in one step. Memory: some
/// 100 MiB, and 0.5 KiB a series. Threads: one.
class Importer final {
 public:
  /// Throws std::system_error where the directory cannot be made, or has files.
  explicit Importer(std::string path);
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;
  /// Without finish() nothing is left.
  ~Importer();

  /// Takes a sample. Returns why it cannot, with the remedy, or an empty text. Throws std::system_error, and
  /// `std::bad_alloc`. Cost: some 0.1 µs.
  [[nodiscard]] std::string add(const series::PastSample& sample);
  /// Makes the directory. Throws likewise. Call it last.
  ImportedDirectory finish();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::history
