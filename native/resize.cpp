// Separable resampling with given taps: rows first, then columns, tap by tap in
// order, so that the sums are the same everywhere.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

// Three channels are computed as four: the line has room for one float more.
template <int Channels, int Lanes>
static void across(const float* line, int32_t channels, const int32_t* index, const float* weight, int32_t taps,
                   int32_t out_width, float* out) {
    for (int32_t x = 0; x < out_width; ++x) {
        const int32_t* at = index + int64_t(x) * taps;
        const float* w = weight + int64_t(x) * taps;
        float* target = out + int64_t(x) * (Channels ? Channels : channels);
        if constexpr (Channels != 0) {
            float sum[Lanes], part[Lanes];
            for (int32_t t = 0; t < taps; ++t) {
                memcpy(part, line + int64_t(at[t]) * Channels, sizeof part);
                if (t == 0) {
                    for (int32_t c = 0; c < Lanes; ++c) sum[c] = w[0] * part[c];
                } else {
                    for (int32_t c = 0; c < Lanes; ++c) sum[c] += w[t] * part[c];
                }
            }
            for (int32_t c = 0; c < Channels; ++c) target[c] = sum[c];
        } else {
            for (int32_t c = 0; c < channels; ++c) {
                float sum = w[0] * line[int64_t(at[0]) * channels + c];
                for (int32_t t = 1; t < taps; ++t) sum += w[t] * line[int64_t(at[t]) * channels + c];
                target[c] = sum;
            }
        }
    }
}

void resize(const float* image, int32_t image_width, int32_t channels, const int32_t* row_index,
            const float* row_weight, int32_t row_taps, const int32_t* col_index, const float* col_weight,
            int32_t col_taps, int32_t out_width, float* out, int32_t row0, int32_t row1, float* scratch) {
    const auto along = channels == 1 ? across<1, 1> : channels == 3 ? across<3, 4> : channels == 4 ? across<4, 4>
                                                                                                  : across<0, 1>;
    const int64_t width = int64_t(image_width) * channels;
    for (int32_t c = 0; c < 4; ++c) scratch[width + c] = 0;
    for (int32_t y = row0; y < row1; ++y) {
        for (int32_t t = 0; t < row_taps; ++t) {
            const float w = row_weight[int64_t(y) * row_taps + t];
            const float* line = image + row_index[int64_t(y) * row_taps + t] * width;
            if (t == 0) {
                for (int64_t i = 0; i < width; ++i) scratch[i] = w * line[i];
            } else {
                for (int64_t i = 0; i < width; ++i) scratch[i] += w * line[i];
            }
        }
        along(scratch, channels, col_index, col_weight, col_taps, out_width, out + int64_t(y) * out_width * channels);
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
