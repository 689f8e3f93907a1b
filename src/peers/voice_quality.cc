#include <kymo/peers/voice_quality.h>

#include <algorithm>
#include <cmath>

// The names are the recommendation's, so each equation can be compared with the original.
namespace kymo::KYMO_ABI::peers {
namespace {

double power_of_ten(double exponent) { return std::pow(10.0, exponent); }

double within(double value, double least, double most, double otherwise) {
  return std::isnan(value) ? otherwise : std::clamp(value, least, most);
}

/// Clamps every parameter to the range in table 2.
VoicePath permitted(const VoicePath& path) {
  const VoicePath standard;
  VoicePath p;
  const auto take = [&](double VoicePath::* parameter, double least, double most) {
    p.*parameter = within(path.*parameter, least, most, standard.*parameter);
  };
  take(&VoicePath::one_way_delay_ms, 0, 10'000);
  take(&VoicePath::packet_loss_percent, 0, 100);
  take(&VoicePath::burst_ratio, 1, 8);
  take(&VoicePath::equipment_impairment, 0, 40);
  take(&VoicePath::packet_loss_robustness, 1, 40);
  take(&VoicePath::advantage, 0, 20);
  take(&VoicePath::send_loudness_rating, 0, 18);
  take(&VoicePath::receive_loudness_rating, -5, 14);
  take(&VoicePath::sidetone_masking_rating, 10, 20);
  take(&VoicePath::listener_sidetone_rating, 13, 23);
  take(&VoicePath::send_d_factor, -3, 3);
  take(&VoicePath::talker_echo_loudness_rating, 5, 65);
  take(&VoicePath::weighted_echo_path_loss, 5, 110);
  take(&VoicePath::quantizing_distortion_units, 1, 14);
  take(&VoicePath::circuit_noise_dbm0p, -80, -40);
  take(&VoicePath::noise_floor_dbmp, -100, -40);
  take(&VoicePath::room_noise_send_dba, 35, 85);
  take(&VoicePath::room_noise_receive_dba, 35, 85);
  take(&VoicePath::minimum_perceivable_delay_ms, 20, 150);
  take(&VoicePath::delay_sensitivity, 0.4, 1);
  return p;
}

/// No, equation 7-3: all noises together, at the 0 dBr point.
double noise(const VoicePath& p) {
  const double slr = p.send_loudness_rating;
  const double rlr = p.receive_loudness_rating;
  const double olr = slr + rlr;
  const double ps = p.room_noise_send_dba;
  const double pr = p.room_noise_receive_dba;
  const double ds = p.send_d_factor;
  const double nos = ps - slr - ds - 100 + 0.004 * std::pow(ps - olr - ds - 14, 2);
  const double pre = pr + 10 * std::log10(1 + power_of_ten((10 - p.listener_sidetone_rating) / 10));
  const double nor = rlr - 121 + pre + 0.008 * std::pow(pre - 35, 2);
  const double nfo = p.noise_floor_dbmp + rlr;
  return 10 * std::log10(power_of_ten(p.circuit_noise_dbm0p / 10) + power_of_ten(nos / 10) +
                         power_of_ten(nor / 10) + power_of_ten(nfo / 10));
}

/// Ist, equation 7-11: sidetone that is not optimal.
double sidetone_impairment(const VoicePath& p) {
  const double stmro =
      -10 * std::log10(power_of_ten(-p.sidetone_masking_rating / 10) +
                       std::exp(-p.one_way_delay_ms / 4) * power_of_ten(-p.talker_echo_loudness_rating / 10));
  const auto term = [stmro](double factor, double offset, double width, double power) {
    return factor * std::pow(1 + std::pow(std::abs(stmro + offset) / width, power), 1 / power);
  };
  return term(12, -13, 6, 8) - term(28, 1, 19.4, 35) - term(13, -3, 33, 13) + 29;
}

/// Is, equation 7-8: impairments simultaneous with the voice.
double simultaneous_impairment(const VoicePath& p, double ro, double no) {
  const double xolr =
      p.send_loudness_rating + p.receive_loudness_rating + 0.2 * (64 + no - p.receive_loudness_rating);
  const double iolr = 20 * (std::pow(1 + std::pow(std::abs(xolr) / 8, 8), 1.0 / 8) - xolr / 8);
  const double q = 37 - 15 * std::log10(p.quantizing_distortion_units);
  const double g = 1.07 + 0.258 * q + 0.0602 * q * q;
  const double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
  const double z = 46.0 / 30 - g / 40;
  const double iq = 15 * std::log10(1 + power_of_ten(y) + power_of_ten(z));
  return iolr + sidetone_impairment(p) + iq;
}

/// Idte, equations 7-19 to 7-24: the talker's own echo.
double talker_echo_impairment(const VoicePath& p, double no) {
  const double t = p.one_way_delay_ms;
  const double ist = sidetone_impairment(p);
  double terv = p.talker_echo_loudness_rating - 40 * std::log10((1 + t / 10) / (1 + t / 150)) +
                6 * std::exp(-0.3 * t * t);
  if (p.sidetone_masking_rating < 9) terv += ist / 2;
  const double roe = -1.5 * (no - p.receive_loudness_rating);
  const double re = 80 + 2.5 * (terv - 14);
  const double half = (roe - re) / 2;
  const double idte = (half + std::sqrt(half * half + 100) - 1) * (1 - std::exp(-t));
  return p.sidetone_masking_rating > 20 ? std::hypot(idte, ist) : idte;
}

/// Idle, equations 7-25 and 7-26: the listener's echo, over a round trip of Tr = 2 T.
double listener_echo_impairment(const VoicePath& p, double ro) {
  const double rle = 10.5 * (p.weighted_echo_path_loss + 7) * std::pow(2 * p.one_way_delay_ms + 1, -0.25);
  const double half = (ro - rle) / 2;
  return half + std::sqrt(half * half + 169);
}

/// Idd, equations 7-27 and 7-28: delay too long for a conversation, even without echo.
double long_delay_impairment(const VoicePath& p) {
  if (p.one_way_delay_ms <= p.minimum_perceivable_delay_ms) return 0;
  const double x = std::log2(p.one_way_delay_ms / p.minimum_perceivable_delay_ms);
  const double power = 6 * p.delay_sensitivity;
  const auto root = [power](double base) { return std::pow(1 + std::pow(base, power), 1 / power); };
  return 25 * (root(x) - 3 * root(x / 3) + 2);
}

/// Ie,eff, equation 7-29: the codec under packet loss.
double effective_equipment_impairment(const VoicePath& p) {
  const double ie = p.equipment_impairment;
  const double ppl = p.packet_loss_percent;
  return ie + (95 - ie) * ppl / (ppl / p.burst_ratio + p.packet_loss_robustness);
}

}  // namespace

double r_factor(const VoicePath& path) noexcept {
  const VoicePath p = permitted(path);
  const double no = noise(p);
  const double ro = 15 - 1.5 * (p.send_loudness_rating + no);
  const double id =
      talker_echo_impairment(p, no) + listener_echo_impairment(p, ro) + long_delay_impairment(p);
  const double r =
      ro - simultaneous_impairment(p, ro, no) - id - effective_equipment_impairment(p) + p.advantage;
  return std::max(0.0, r);
}

double mean_opinion_score(double r_factor) noexcept {
  if (!(r_factor > 0)) return 1;
  if (r_factor >= 100) return 4.5;
  // The cubic dips below 1 for R under 6.5.
  return std::max(1.0, 1 + 0.035 * r_factor + r_factor * (r_factor - 60) * (100 - r_factor) * 7e-6);
}

}  // namespace kymo::KYMO_ABI::peers
