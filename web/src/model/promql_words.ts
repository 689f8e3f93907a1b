// The words of PromQL, with a line of help each. A test compares the names with src/query/vocabulary.cc.

export const FUNCTIONS: Readonly<Record<string, string>> = {
  abs: 'absolute value', absent: '1 where there is no series', absent_over_time: '1 where the range has no sample', acos: 'arc cosine', acosh: 'inverse hyperbolic cosine',
  asin: 'arc sine', asinh: 'inverse hyperbolic sine', atan: 'arc tangent', atanh: 'inverse hyperbolic tangent', avg_over_time: 'mean of the range', ceil: 'rounds up',
  changes: 'number of changes in the range', clamp: 'keeps values between two limits', clamp_max: 'keeps values below a limit', clamp_min: 'keeps values above a limit',
  cos: 'cosine', cosh: 'hyperbolic cosine', count_over_time: 'number of samples in the range', day_of_month: '1 to 31, UTC', day_of_week: '0 to 6, Sunday is 0, UTC',
  day_of_year: '1 to 366, UTC', days_in_month: '28 to 31, UTC', deg: 'radians to degrees', delta: 'difference over the range, for gauges', deriv: 'growth a second by linear regression, for gauges',
  double_exponential_smoothing: 'smoothed value, with a factor for the value and one for the trend', end: 'end of the query, Unix time', exp: 'e to that power',
  first_over_time: 'first sample of the range', floor: 'rounds down', histogram_avg: 'mean of a native histogram', histogram_count: 'count of a native histogram',
  histogram_fraction: 'share of values between two limits', histogram_quantile: 'percentile, such as 0.95, of histograms', histogram_quantiles: 'several percentiles, each with a label',
  histogram_stddev: 'standard deviation of a native histogram', histogram_stdvar: 'variance of a native histogram', histogram_sum: 'sum of a native histogram', hour: '0 to 23, UTC',
  idelta: 'difference of the last two samples', increase: 'growth of a counter over the range', info: 'adds labels of info metrics', irate: 'growth a second between the last two samples',
  label_join: 'joins the values of labels into a new one', label_replace: 'makes a label from a regular expression', last_over_time: 'last sample of the range', ln: 'natural logarithm',
  log10: 'decimal logarithm', log2: 'binary logarithm', mad_over_time: 'median absolute deviation of the range', max_of: 'larger of two numbers', max_over_time: 'largest value of the range',
  min_of: 'smaller of two numbers', min_over_time: 'least value of the range', minute: '0 to 59, UTC', month: '1 to 12, UTC', pi: 'π', predict_linear: 'value in so many seconds, by linear regression',
  present_over_time: '1 where the range has a sample', quantile_over_time: 'percentile of the range', rad: 'degrees to radians', range: 'length of the query in seconds',
  rate: 'growth of a counter a second, mean of the range', resets: 'times that a counter began anew', round: 'rounds to the nearest, or to a multiple', scalar: 'the number of a single series',
  sgn: 'sign: -1, 0 or 1', sin: 'sine', sinh: 'hyperbolic sine', sort: 'sorts, the least first', sort_by_label: 'sorts by labels', sort_by_label_desc: 'sorts by labels, the last first',
  sort_desc: 'sorts, the largest first', sqrt: 'square root', start: 'begin of the query, Unix time', start_timestamp: 'when the count began, Unix time', stddev_over_time: 'standard deviation of the range',
  stdvar_over_time: 'variance of the range', step: 'seconds between two points of the query', sum_over_time: 'sum of the range', tan: 'tangent', tanh: 'hyperbolic tangent', time: 'moment of the evaluation, Unix time',
  timestamp: 'time of the sample, Unix time', ts_of_first_over_time: 'time of the first sample', ts_of_last_over_time: 'time of the last sample', ts_of_max_over_time: 'time of the largest value',
  ts_of_min_over_time: 'time of the least value', vector: 'a number as a series without labels', year: 'year, UTC',
};

export const AGGREGATORS: Readonly<Record<string, string>> = {
  avg: 'mean of the series', bottomk: 'the k least series', count: 'number of series', count_values: 'number of series for each value', group: '1 for each group',
  limit_ratio: 'a share of the series', limitk: 'any k series', max: 'largest of the series', min: 'least of the series', quantile: 'percentile over the series',
  stddev: 'standard deviation over the series', stdvar: 'variance over the series', sum: 'sum of the series', topk: 'the k largest series',
};
