#pragma once

#include <cmath>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

/// A sum that keeps what rounding lost. Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur
/// Summation endlicher Summen", ZAMM 54 (1974).
///
/// Additions are inlined by attribute: they are the inner loop of sums, where a call costs more than the sum.
struct Compensated {
  double sum = 0;
  double lost = 0;

  [[gnu::always_inline]] Compensated& operator+=(double value) noexcept {
    const double next = sum + value;
    if (std::isinf(next)) {
      lost = 0;
    } else if (std::abs(sum) >= std::abs(value)) {
      lost += (sum - next) + value;
    } else {
      lost += (value - next) + sum;
    }
    sum = next;
    return *this;
  }
  void multiply(double factor) noexcept {
    sum *= factor;
    lost *= factor;
  }
  void divide(double divisor) noexcept {
    sum /= divisor;
    lost /= divisor;
  }
  [[nodiscard]] double value() const noexcept { return std::isinf(sum) ? sum : sum + lost; }
};

/// A mean that does not overflow where the sum would.
class CompensatedMean {
 public:
  explicit CompensatedMean(double first) noexcept : sum_{first, 0} {}

  [[gnu::always_inline]] CompensatedMean& operator+=(double value) noexcept {
    count_ += 1;
    if (!is_running_mean_) {
      Compensated next = sum_;
      next += value;
      if (!std::isinf(next.sum)) {
        sum_ = next;
        return *this;
      }
      is_running_mean_ = true;
      sum_.divide(count_ - 1);
    }
    sum_.multiply((count_ - 1) / count_);
    sum_ += value / count_;
    return *this;
  }
  [[nodiscard]] double value() const noexcept {
    return is_running_mean_ ? sum_.sum + sum_.lost : sum_.sum / count_ + sum_.lost / count_;
  }

 private:
  Compensated sum_;
  double count_ = 1;
  bool is_running_mean_ = false;
};

}  // namespace kymo::KYMO_ABI::query
