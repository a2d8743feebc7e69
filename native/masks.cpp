// Pictures as integers, and which pixels and patches a change concerns.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

void quantise(const float* image, int64_t start, int64_t stop, float low, float scale, int16_t* out) {
    // 1.5 * 2^23: floats have no room for fractions there, so the addition rounds to whole numbers
    const float whole = 12582912.0f;
    for (int64_t i = start; i < stop; ++i) out[i] = int16_t(int32_t(((image[i] - low) * scale + whole) - whole));
}

void bounds(const float* image, int64_t start, int64_t stop, float* low, float* high) {
    constexpr int32_t lanes = 16;     // side by side, which the compiler turns into vectors
    float least[lanes], most[lanes];
    for (int32_t c = 0; c < lanes; ++c) least[c] = most[c] = image[start];
    int64_t i = start;
    for (; i + lanes <= stop; i += lanes) {
        for (int32_t c = 0; c < lanes; ++c) {
            least[c] = image[i + c] < least[c] ? image[i + c] : least[c];
            most[c] = image[i + c] > most[c] ? image[i + c] : most[c];
        }
    }
    for (; i < stop; ++i) {
        least[0] = image[i] < least[0] ? image[i] : least[0];
        most[0] = image[i] > most[0] ? image[i] : most[0];
    }
    *low = least[0];
    *high = most[0];
    for (int32_t c = 1; c < lanes; ++c) {
        *low = least[c] < *low ? least[c] : *low;
        *high = most[c] > *high ? most[c] : *high;
    }
}

template <int Channels>
static void differ_in(const int16_t* a, const int16_t* b, int32_t channels, int64_t start, int64_t stop, uint8_t* out) {
    const int32_t count = Channels ? Channels : channels;
    for (int64_t i = start; i < stop; ++i) {
        int32_t change = 0;
        for (int32_t c = 0; c < count; ++c) change |= a[i * count + c] ^ b[i * count + c];
        out[i] = change != 0;
    }
}

void differ(const int16_t* a, const int16_t* b, int32_t channels, int64_t start, int64_t stop, uint8_t* out) {
    switch (channels) {
        case 1: differ_in<1>(a, b, 1, start, stop, out); break;
        case 3: differ_in<3>(a, b, 3, start, stop, out); break;
        case 4: differ_in<4>(a, b, 4, start, stop, out); break;
        default: differ_in<0>(a, b, channels, start, stop, out);
    }
}

void window(const uint8_t* in, int32_t in_rows, int32_t in_cols, int32_t patch, int32_t back, uint8_t* out,
            int32_t out_cols, int32_t row0, int32_t row1, uint8_t* scratch) {
    // scratch: what is in the window's rows, per input column; input column x stands at x + back
    const int32_t wide = out_cols + patch - 1;
    for (int32_t y = row0; y < row1; ++y) {
        memset(scratch, 0, size_t(out_cols) + 2 * size_t(patch));
        const int32_t top = y - back > 0 ? y - back : 0;
        const int32_t bottom = y - back + patch < in_rows ? y - back + patch : in_rows;
        const int32_t count = in_cols < wide - back ? in_cols : wide - back;
        for (int32_t line = top; line < bottom; ++line) {
            const uint8_t* from = in + int64_t(line) * in_cols;
            for (int32_t x = 0; x < count; ++x) scratch[x + back] |= from[x];
        }
        uint8_t* target = out + int64_t(y) * out_cols;
        for (int32_t x = 0; x < out_cols; ++x) target[x] = scratch[x];
        for (int32_t d = 1; d < patch; ++d) {
            for (int32_t x = 0; x < out_cols; ++x) target[x] |= scratch[x + d];
        }
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
