// Sums over the four quarters of a patch: what keys are first judged by, and found by.
//
// The squared difference of two sums of n values is at most n times the sum of their
// squared differences (Cauchy and Schwarz), so patches whose sums lie far apart need
// not be compared in full; and keys with like sums are likely to look alike.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

template <int Channels>
static void add_line(const int16_t* line, int32_t width, int32_t channels_given, int32_t sign, int32_t* column) {
    const int32_t channels = Channels ? Channels : channels_given;
    for (int32_t x = 0; x < width; ++x) {
        int32_t total = 0;
        for (int32_t c = 0; c < channels; ++c) total += line[int64_t(x) * channels + c];
        column[x] += sign * total;
    }
}

template <int Channels>
static void sum_rows(const int16_t* image, int32_t width, int32_t channels, int32_t patch, int32_t shift, int16_t* out,
                     int32_t row0, int32_t row1, int32_t* scratch) {
    const int32_t half = (patch + 1) / 2, cols = width - patch + 1;
    const int64_t pitch = int64_t(width) * channels;
    int32_t* upper = scratch;         // per column: of the patch's first `half` rows, and of the others
    int32_t* lower = scratch + width;
    memset(scratch, 0, sizeof(int32_t) * 2 * size_t(width));
    const auto add = [&](int32_t line, int32_t sign, int32_t* column) {
        add_line<Channels>(image + line * pitch, width, channels, sign, column);
    };
    for (int32_t line = 0; line < half - 1; ++line) add(row0 + line, 1, upper);
    for (int32_t line = half; line < patch; ++line) add(row0 + line - 1, 1, lower);
    for (int32_t y = row0; y < row1; ++y) {
        add(y + half - 1, 1, upper);
        add(y + half - 1, -1, lower);
        add(y + patch - 1, 1, lower);
        int32_t sum[4] = {};
        for (int32_t x = 0; x < half; ++x) sum[0] += upper[x], sum[2] += lower[x];
        for (int32_t x = half; x < patch; ++x) sum[1] += upper[x], sum[3] += lower[x];
        int16_t* target = out + int64_t(y) * cols * 4;
        for (int32_t x = 0; x < cols; ++x) {
            for (int32_t c = 0; c < 4; ++c) target[int64_t(x) * 4 + c] = int16_t(sum[c] >> shift);
            if (x + 1 == cols) break;
            sum[0] += upper[x + half] - upper[x];
            sum[1] += upper[x + patch] - upper[x + half];
            sum[2] += lower[x + half] - lower[x];
            sum[3] += lower[x + patch] - lower[x + half];
        }
        add(y, -1, upper);
    }
}

void sums(const int16_t* image, int32_t width, int32_t channels, int32_t patch, int32_t shift, int16_t* out,
          int32_t row0, int32_t row1, int32_t* scratch) {
    const auto run = channels == 3 ? sum_rows<3> : channels == 4 ? sum_rows<4> : channels == 1 ? sum_rows<1> : sum_rows<0>;
    run(image, width, channels, patch, shift, out, row0, row1, scratch);
}

void rank(const int16_t* sums, int64_t first, int64_t last, int32_t* places, int32_t* order) {
    for (int64_t i = first; i < last; ++i) {
        const int32_t place = places[sum_code(sums + 4 * i)]++;
        if (order) order[place] = int32_t(i);
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
