// Gather vote: each output pixel is the weighted mean of what the patches that
// cover it say, added in the order of the fold (row by row), so that there are no
// races and the sum is the same everywhere.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

// Where the patches of a grid row were found, as offsets in pixels.
static void offsets(const int32_t* index, int32_t value_width, int32_t count, int32_t* out) {
    for (int32_t x = 0; x < count; ++x) out[x] = index[2 * x] * value_width + index[2 * x + 1];
}

// A pixel's values in `Lanes` floats; three channels are read as four, but at the very end.
template <int Channels, int Lanes>
static inline void read(const float* value, int64_t pixel, int64_t last_pixel, float* out) {
    if (Channels == Lanes || pixel < last_pixel) memcpy(out, value + pixel * Channels, sizeof(float) * Lanes);
    else memcpy(out, value + pixel * Channels, sizeof(float) * Channels);
}

template <int Channels, int Lanes>
static void vote_row(const float* value, int64_t last_pixel, int32_t value_width, int32_t channels_given,
                     const int32_t* ring, int32_t grid_rows, int32_t grid_cols, const float* fold, int32_t patch,
                     const uint8_t* touched, float* out, int32_t y) {
    const int32_t channels = Channels ? Channels : channels_given;
    const int32_t width = grid_cols + patch - 1;
    const int32_t first_row = y - grid_rows + 1 > 0 ? y - grid_rows + 1 : 0;
    const int32_t last_row = y < patch - 1 ? y : patch - 1;
    const int32_t* rows[31];          // what the patches that begin dy rows above found
    for (int32_t dy = first_row; dy <= last_row; ++dy) rows[dy] = ring + int64_t((y - dy) % patch) * grid_cols;
    for (int32_t x = 0; x < width; ++x) {
        if (touched && !touched[x]) continue;
        const int32_t first_col = x - grid_cols + 1 > 0 ? x - grid_cols + 1 : 0;
        const int32_t last_col = x < patch - 1 ? x : patch - 1;
        float sum[Lanes] = {};
        float total = 0;
        for (int32_t dy = first_row; dy <= last_row; ++dy) {
            const int32_t* found = rows[dy] + x;
            const float* weight = fold + dy * patch;
            const int32_t down = dy * value_width;
            for (int32_t dx = first_col; dx <= last_col; ++dx) {
                const int64_t pixel = found[-dx] + down + dx;
                if constexpr (Channels != 0) {
                    float part[Lanes] = {};
                    read<Channels, Lanes>(value, pixel, last_pixel, part);
                    for (int32_t c = 0; c < Lanes; ++c) sum[c] += weight[dx] * part[c];
                } else {
                    const float* part = value + pixel * channels;
                    for (int32_t c = 0; c < channels; ++c) sum[c] += weight[dx] * part[c];
                }
                total += weight[dx];
            }
        }
        float* target = out + int64_t(x) * channels;
        for (int32_t c = 0; c < channels; ++c) target[c] = sum[c] / total;
    }
}

void vote(const float* value, int32_t value_height, int32_t value_width, int32_t channels, const int32_t* index,
          int32_t grid_rows, int32_t grid_cols, const float* fold, int32_t patch, const uint8_t* touched, float* out,
          int32_t row0, int32_t row1, int32_t* scratch) {
    const auto row = channels == 1 ? vote_row<1, 1> : channels == 2 ? vote_row<2, 2> : channels == 3 ? vote_row<3, 4>
                   : channels == 4 ? vote_row<4, 4> : vote_row<0, 32>;
    const int32_t width = grid_cols + patch - 1;
    const int64_t last_pixel = int64_t(value_height) * value_width - 1;
    const auto ring_row = [&](int32_t y) {
        if (y >= 0 && y < grid_rows) {
            offsets(index + int64_t(y) * grid_cols * 2, value_width, grid_cols, scratch + int64_t(y % patch) * grid_cols);
        }
    };
    for (int32_t y = row0 - patch + 1; y < row0; ++y) ring_row(y);
    for (int32_t y = row0; y < row1; ++y) {
        ring_row(y);
        row(value, last_pixel, value_width, channels, scratch, grid_rows, grid_cols, fold, patch,
            touched ? touched + int64_t(y) * width : nullptr, out + int64_t(y) * width * channels, y);
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
