// Sums of a patch's values by channel: what a random trial is first judged by.
//
// The squared difference of two sums of n values is at most n times the sum of their
// squared differences (Cauchy and Schwarz), so patches whose sums lie far apart need
// not be compared in full.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

template <int Channels>
static void sum_rows(const int16_t* image, int32_t width, int32_t channels_given, int32_t patch, int32_t shift,
                     int16_t* out, int32_t row0, int32_t row1, int32_t* column) {
    const int32_t channels = Channels ? Channels : channels_given;
    const int32_t used = channels < sum_lanes ? channels : sum_lanes;
    const int32_t cols = width - patch + 1;
    const int64_t pitch = int64_t(width) * channels;
    memset(column, 0, sizeof(int32_t) * size_t(pitch));
    for (int32_t line = row0; line < row0 + patch - 1; ++line) {
        for (int64_t i = 0; i < pitch; ++i) column[i] += image[line * pitch + i];
    }
    for (int32_t y = row0; y < row1; ++y) {
        const int16_t* enters = image + (y + patch - 1) * pitch;
        for (int64_t i = 0; i < pitch; ++i) column[i] += enters[i];
        int32_t sum[sum_lanes] = {};
        for (int32_t x = 0; x < patch - 1; ++x) {
            for (int32_t c = 0; c < used; ++c) sum[c] += column[x * channels + c];
        }
        int16_t* target = out + int64_t(y) * cols * sum_lanes;
        for (int32_t x = 0; x < cols; ++x) {
            for (int32_t c = 0; c < used; ++c) {
                sum[c] += column[int64_t(x + patch - 1) * channels + c];
                target[x * sum_lanes + c] = int16_t(sum[c] >> shift);
                sum[c] -= column[int64_t(x) * channels + c];
            }
            for (int32_t c = used; c < sum_lanes; ++c) target[x * sum_lanes + c] = 0;
        }
        const int16_t* leaves = image + y * pitch;
        for (int64_t i = 0; i < pitch; ++i) column[i] -= leaves[i];
    }
}

void sums(const int16_t* image, int32_t width, int32_t channels, int32_t patch, int32_t shift, int16_t* out,
          int32_t row0, int32_t row1, int32_t* scratch) {
    const auto run = channels == 3 ? sum_rows<3> : channels == 4 ? sum_rows<4> : channels == 1 ? sum_rows<1> : sum_rows<0>;
    run(image, width, channels, patch, shift, out, row0, row1, scratch);
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
