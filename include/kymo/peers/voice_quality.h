#pragma once

#include <kymo/version.h>

namespace kymo::KYMO_ABI::peers {

/// The parameters of the E-model, ITU-T G.107 (06/2015), table 2. The defaults are the recommendation's: a
/// call between two ordinary handsets over a perfect network. Set the known values of a connection. Levels
/// and loudness ratings are in dB as there.
struct VoicePath {
  double one_way_delay_ms = 0;     ///< T: mouth to ear, the jitter buffer in it; Ta = T and Tr = 2 T follow
  double packet_loss_percent = 0;  ///< Ppl: lost or too late, 0 to 100
  /// BurstR: mean length of a burst of losses over that of random loss; 1: random, 2 and more: in bursts.
  double burst_ratio = 1;
  /// Ie of the codec without loss (ITU-T G.113, appendix I): 0 for G.711 and Opus at 32 kbit/s and more, 11
  /// for G.729A.
  double equipment_impairment = 0;
  /// Bpl of the codec (ITU-T G.113, appendix I): 4.3 for G.711 without, 25.1 with packet loss concealment, 19
  /// for G.729A with VAD.
  double packet_loss_robustness = 4.3;
  double advantage =
      0;  ///< A: quality that people forgo for mobility; 0 wired, 5 in a building, 10 in a vehicle

  double send_loudness_rating = 8;            ///< SLR
  double receive_loudness_rating = 2;         ///< RLR
  double sidetone_masking_rating = 15;        ///< STMR
  double listener_sidetone_rating = 18;       ///< LSTR
  double send_d_factor = 3;                   ///< Ds
  double talker_echo_loudness_rating = 65;    ///< TELR
  double weighted_echo_path_loss = 110;       ///< WEPL
  double quantizing_distortion_units = 1;     ///< qdu
  double circuit_noise_dbm0p = -70;           ///< Nc
  double noise_floor_dbmp = -64;              ///< Nfor
  double room_noise_send_dba = 35;            ///< Ps
  double room_noise_receive_dba = 35;         ///< Pr
  double minimum_perceivable_delay_ms = 100;  ///< mT
  double delay_sensitivity = 1;               ///< sT
};

/// The transmission rating factor R, ITU-T G.107 section 7: 93.2 for the defaults, never below 0; 100 and
/// more only with an advantage. Parameters outside their range are clamped; NaN becomes the default. Threads:
/// any.
[[nodiscard]] KYMO_API double r_factor(const VoicePath& path) noexcept;

/// The mean opinion score for R, 1 to 4.5 (ITU-T G.107, annex B, equation B-4). Threads: any.
[[nodiscard]] KYMO_API double mean_opinion_score(double r_factor) noexcept;

}  // namespace kymo::KYMO_ABI::peers
