// The kernels' plain interface: one table of functions per instruction set.
//
// A kernel takes pointers and sizes and gives arrays. It checks nothing, keeps
// nothing and cannot fail. Rows [row0, row1) are computed from inputs alone, so
// neither bands nor threads change a result. Every kernel has a twin of the same
// name in src/patchloom/kernels/numpy_kernels.py that gives the same bytes.
#pragma once
#include <cstdint>

namespace patchloom {

// Two pictures of int16 values with `channels` values per pixel, and the grids
// of their patches: a picture of H x W pixels has (H - p + 1) x (W - p + 1).
// exact() reads planes (channel, row, col); the others read (row, col, channel).
struct Pair {
    const int16_t* query;
    const int16_t* key;
    int32_t channels;
    int32_t patch;
    int32_t query_rows, query_cols;   // grid of query patches
    int32_t key_rows, key_cols;       // grid of key patches
    int32_t query_width, key_width;   // pixels per image row
    int32_t query_height, key_height;
    const float* weight;              // per key patch, or null for 1
    const uint8_t* valid;             // per key patch, or null for all
};

// A nearest-neighbour field: (row, col) of the key patch, and the sum of squared
// differences of the quantised values.
struct Field {
    int32_t* index;
    int32_t* distance;
};

struct Kernels {
    void (*noise)(float* out, int64_t start, int64_t stop, uint64_t seed);
    // Weighted cubic taps along both axes. scratch: image_width * channels floats.
    void (*resize)(const float* image, int32_t image_width, int32_t channels,
                   const int32_t* row_index, const float* row_weight, int32_t row_taps,
                   const int32_t* col_index, const float* col_weight, int32_t col_taps,
                   int32_t out_width, float* out, int32_t row0, int32_t row1, float* scratch);
    // Gather vote. `lanes` is the number of floats per pixel of value and out.
    void (*vote)(const float* value, int32_t value_width, int32_t lanes, const int32_t* index,
                 int32_t grid_rows, int32_t grid_cols, const float* fold, int32_t patch,
                 float* out, int32_t row0, int32_t row1);
    // Distances of a given field.
    void (*distance)(const Pair& pair, Field field, int32_t row0, int32_t row1);
    // Exhaustive search over the displacements [down0, down1) between query row and key
    // row; INT32_MAX where none of them is allowed. scratch: exact_scratch(pair) values.
    void (*exact)(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t down0, int32_t down1,
                  int32_t* scratch);
    // One PatchMatch sweep from the old field into the new one.
    void (*sweep)(const Pair& pair, const uint8_t* active, Field old_field, Field new_field,
                  int32_t jump, int32_t trials, uint64_t seed, int32_t row0, int32_t row1);
};

// Query rows that exact() handles at once; scratch for them, in int32 values.
constexpr int32_t exact_band = 32;
inline int64_t exact_scratch(const Pair& pair) {
    return int64_t(pair.patch + 1 + 2 * exact_band) * (pair.query_width + 64);
}

const Kernels* select_kernels(const char* name);   // null: not on this machine
const char* best_isa();

}  // namespace patchloom
