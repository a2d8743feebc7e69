// Separable resampling with given taps: rows first, then columns, tap by tap in
// order, so that the sums are the same everywhere.
#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

template <int Channels>
static void across(const float* line, int32_t channels, const int32_t* index, const float* weight, int32_t taps,
                   int32_t out_width, float* out) {
    const int32_t c_count = Channels ? Channels : channels;
    for (int32_t x = 0; x < out_width; ++x) {
        for (int32_t c = 0; c < c_count; ++c) {
            float sum = weight[int64_t(x) * taps] * line[int64_t(index[int64_t(x) * taps]) * c_count + c];
            for (int32_t t = 1; t < taps; ++t) {
                sum += weight[int64_t(x) * taps + t] * line[int64_t(index[int64_t(x) * taps + t]) * c_count + c];
            }
            out[int64_t(x) * c_count + c] = sum;
        }
    }
}

void resize(const float* image, int32_t image_width, int32_t channels, const int32_t* row_index,
            const float* row_weight, int32_t row_taps, const int32_t* col_index, const float* col_weight,
            int32_t col_taps, int32_t out_width, float* out, int32_t row0, int32_t row1, float* scratch) {
    const int64_t width = int64_t(image_width) * channels;
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
        float* target = out + int64_t(y) * out_width * channels;
        switch (channels) {
            case 1: across<1>(scratch, 1, col_index, col_weight, col_taps, out_width, target); break;
            case 3: across<3>(scratch, 3, col_index, col_weight, col_taps, out_width, target); break;
            case 4: across<4>(scratch, 4, col_index, col_weight, col_taps, out_width, target); break;
            default: across<0>(scratch, channels, col_index, col_weight, col_taps, out_width, target);
        }
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
