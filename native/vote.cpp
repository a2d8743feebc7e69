// Gather vote: each output pixel is the weighted mean of what the patches that
// cover it say, added in the order of the fold (row by row), so that there are no
// races and the sum is the same everywhere.
#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

template <int Lanes>
static void vote_row(const float* value, int32_t value_width, int32_t lanes_given, const int32_t* index,
                     int32_t grid_rows, int32_t grid_cols, const float* fold, int32_t patch, float* out,
                     int32_t y) {
    const int32_t lanes = Lanes ? Lanes : lanes_given;
    const int32_t width = grid_cols + patch - 1;
    const int32_t first_row = y - grid_rows + 1 > 0 ? y - grid_rows + 1 : 0;
    const int32_t last_row = y < patch - 1 ? y : patch - 1;
    for (int32_t x = 0; x < width; ++x) {
        const int32_t first_col = x - grid_cols + 1 > 0 ? x - grid_cols + 1 : 0;
        const int32_t last_col = x < patch - 1 ? x : patch - 1;
        float sum[Lanes ? Lanes : 32] = {};
        float total = 0;
        for (int32_t dy = first_row; dy <= last_row; ++dy) {
            const int32_t* line = index + int64_t(y - dy) * grid_cols * 2;
            for (int32_t dx = first_col; dx <= last_col; ++dx) {
                const int32_t* at = line + int64_t(x - dx) * 2;
                const float* pixel = value + (int64_t(at[0] + dy) * value_width + at[1] + dx) * lanes;
                const float w = fold[dy * patch + dx];
                for (int32_t c = 0; c < lanes; ++c) sum[c] += w * pixel[c];
                total += w;
            }
        }
        float* target = out + (int64_t(y) * width + x) * lanes;
        for (int32_t c = 0; c < lanes; ++c) target[c] = sum[c] / total;
    }
}

void vote(const float* value, int32_t value_width, int32_t lanes, const int32_t* index, int32_t grid_rows,
          int32_t grid_cols, const float* fold, int32_t patch, float* out, int32_t row0, int32_t row1) {
    for (int32_t y = row0; y < row1; ++y) {
        switch (lanes) {
            case 1: vote_row<1>(value, value_width, 1, index, grid_rows, grid_cols, fold, patch, out, y); break;
            case 4: vote_row<4>(value, value_width, 4, index, grid_rows, grid_cols, fold, patch, out, y); break;
            default: vote_row<0>(value, value_width, lanes, index, grid_rows, grid_cols, fold, patch, out, y);
        }
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
