// Exhaustive search without a distance matrix and without patch-sized sums.
//
// For one displacement between query and key the patch distances of a whole row
// are box sums of the pixels' squared differences, and box sums slide: per query
// and key a few additions, whatever the patch size. Integers make the sliding
// exact. Displacements are visited in the key's row-major order and only a
// strictly smaller score wins, so ties go to the first key.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

// Squared differences of one pixel row at one displacement: `count` pixels.
template <int Channels>
static void squared_row(const int16_t* __restrict q, const int16_t* __restrict k, int64_t q_plane, int64_t k_plane,
                        int32_t channels, int32_t count, int32_t* __restrict out) {
    if (Channels == 3) {
        for (int32_t x = 0; x < count; ++x) {
            const int32_t a = q[x] - k[x];
            const int32_t b = q[x + q_plane] - k[x + k_plane];
            const int32_t c = q[x + 2 * q_plane] - k[x + 2 * k_plane];
            out[x] = a * a + b * b + c * c;
        }
        return;
    }
    for (int32_t x = 0; x < count; ++x) {
        const int32_t a = q[x] - k[x];
        out[x] = a * a;
    }
    for (int32_t c = 1; c < channels; ++c) {
        q += q_plane;
        k += k_plane;
        for (int32_t x = 0; x < count; ++x) {
            const int32_t a = q[x] - k[x];
            out[x] += a * a;
        }
    }
}

// out[x] = column[x] + ... + column[x + patch - 1]
template <int Patch>
static void box_row(const int32_t* __restrict column, int32_t patch, int32_t count, int32_t* __restrict out) {
    if (Patch == 7) {
        for (int32_t x = 0; x < count; ++x) {
            out[x] = column[x] + column[x + 1] + column[x + 2] + column[x + 3] + column[x + 4] + column[x + 5] +
                     column[x + 6];
        }
        return;
    }
    for (int32_t x = 0; x < count; ++x) out[x] = column[x];
    for (int32_t d = 1; d < patch; ++d) {
        for (int32_t x = 0; x < count; ++x) out[x] += column[x + d];
    }
}

// `shift` numbers the displacement; the caller turns it back into a position.
static void keep_smaller(const int32_t* __restrict sum, const uint8_t* __restrict valid, int32_t shift,
                         int32_t count, int32_t* __restrict best, int32_t* __restrict best_shift) {
    if (valid) {
        for (int32_t x = 0; x < count; ++x) {
            const bool less = (sum[x] < best[x]) & (valid[x] != 0);
            best[x] = less ? sum[x] : best[x];
            best_shift[x] = less ? shift : best_shift[x];
        }
        return;
    }
    for (int32_t x = 0; x < count; ++x) {
        const bool less = sum[x] < best[x];
        best[x] = less ? sum[x] : best[x];
        best_shift[x] = less ? shift : best_shift[x];
    }
}

static void keep_smaller_weighted(const int32_t* __restrict sum, const float* __restrict weight,
                                  const uint8_t* __restrict valid, int32_t shift, int32_t count,
                                  float* __restrict best, int32_t* __restrict distance,
                                  int32_t* __restrict best_shift) {
    for (int32_t x = 0; x < count; ++x) {
        const float score = float(sum[x]) * weight[x];
        const bool less = (score < best[x]) & (!valid || valid[x] != 0);
        best[x] = less ? score : best[x];
        distance[x] = less ? sum[x] : distance[x];
        best_shift[x] = less ? shift : best_shift[x];
    }
}

// Everything one displacement says to a band of query rows.
struct Band {
    int32_t row0, row1;      // query rows of the band
    int64_t pitch;           // int32 values per scratch row
    int32_t* ring;           // squared differences of the last `patch` pixel rows
    int32_t* column;         // their sum, per column
    int32_t* sum;            // patch distances of a row
    int32_t* shift;          // best displacement so far, a scratch row per query row
    float* score;            // best weighted score so far, likewise
};

template <int Channels, int Patch>
static void displacement(const Pair& pair, Field field, const Band& band, int32_t down, int32_t right,
                         int32_t shift) {
    const int32_t patch = Patch ? Patch : pair.patch;
    const int32_t channels = Channels ? Channels : pair.channels;
    const int64_t q_plane = int64_t(pair.query_height) * pair.query_width;
    const int64_t k_plane = int64_t(pair.key_height) * pair.key_width;
    const int32_t top = band.row0 > -down ? band.row0 : -down;
    const int32_t bottom = band.row1 < pair.key_rows - down ? band.row1 : pair.key_rows - down;
    const int32_t left = right < 0 ? -right : 0;
    const int32_t end = pair.query_cols < pair.key_cols - right ? pair.query_cols : pair.key_cols - right;
    const int32_t count = end - left;
    const int32_t wide = count + patch - 1;
    memset(band.column, 0, sizeof(int32_t) * wide);
    for (int32_t i = 0; i < patch; ++i) memset(band.ring + i * band.pitch, 0, sizeof(int32_t) * wide);
    int32_t slot = 0;
    for (int32_t line = top; line < bottom + patch - 1; ++line) {
        int32_t* __restrict oldest = band.ring + slot * band.pitch;
        int32_t* __restrict column = band.column;
        for (int32_t x = 0; x < wide; ++x) column[x] -= oldest[x];
        squared_row<Channels>(pair.query + int64_t(line) * pair.query_width + left,
                              pair.key + int64_t(line + down) * pair.key_width + left + right, q_plane, k_plane,
                              channels, wide, oldest);
        for (int32_t x = 0; x < wide; ++x) column[x] += oldest[x];
        slot = slot + 1 == patch ? 0 : slot + 1;
        const int32_t y = line - patch + 1;
        if (y < top) continue;
        box_row<Patch>(column, patch, count, band.sum);
        const int64_t scratch_at = (y - band.row0) * band.pitch + left;
        const int64_t key_at = int64_t(y + down) * pair.key_cols + left + right;
        const uint8_t* valid = pair.valid ? pair.valid + key_at : nullptr;
        int32_t* distance = field.distance + int64_t(y) * pair.query_cols + left;
        if (pair.weight) {
            keep_smaller_weighted(band.sum, pair.weight + key_at, valid, shift, count, band.score + scratch_at,
                                  distance, band.shift + scratch_at);
        } else {
            keep_smaller(band.sum, valid, shift, count, distance, band.shift + scratch_at);
        }
    }
}

template <int Channels, int Patch>
static void exact_band_rows(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t* scratch) {
    Band band;
    band.row0 = row0;
    band.row1 = row1;
    band.pitch = pair.query_width + 64;
    band.ring = scratch;
    band.column = band.ring + pair.patch * band.pitch;
    band.sum = band.column + band.pitch;
    band.shift = band.sum + band.pitch;
    band.score = reinterpret_cast<float*>(band.shift + exact_band * band.pitch);
    for (int32_t y = row0; y < row1; ++y) {
        int32_t* distance = field.distance + int64_t(y) * pair.query_cols;
        for (int32_t x = 0; x < pair.query_cols; ++x) {
            distance[x] = INT32_MAX;
            band.score[(y - row0) * band.pitch + x] = __builtin_inff();
        }
    }
    const int32_t span = pair.query_cols + pair.key_cols;
    for (int32_t down = -(row1 - 1); down < pair.key_rows - row0; ++down) {
        for (int32_t right = -(pair.query_cols - 1); right < pair.key_cols; ++right) {
            displacement<Channels, Patch>(pair, field, band, down, right,
                                          (down + pair.query_rows) * span + right + pair.query_cols);
        }
    }
    for (int32_t y = row0; y < row1; ++y) {
        const int32_t* shift = band.shift + (y - row0) * band.pitch;
        int32_t* index = field.index + int64_t(y) * pair.query_cols * 2;
        for (int32_t x = 0; x < pair.query_cols; ++x) {
            index[2 * x] = y + shift[x] / span - pair.query_rows;
            index[2 * x + 1] = x + shift[x] % span - pair.query_cols;
        }
    }
}

void exact(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t* scratch) {
    for (int32_t y = row0; y < row1; y += exact_band) {
        const int32_t end = y + exact_band < row1 ? y + exact_band : row1;
        if (pair.patch == 7 && pair.channels == 3) {
            exact_band_rows<3, 7>(pair, field, y, end, scratch);
        } else if (pair.patch == 7) {
            exact_band_rows<0, 7>(pair, field, y, end, scratch);
        } else {
            exact_band_rows<0, 0>(pair, field, y, end, scratch);
        }
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
