// The kernels' plain interface: one table of functions per instruction set.
//
// A kernel takes pointers and sizes and gives arrays. It checks nothing, keeps
// nothing and cannot fail. Rows [row0, row1) or entries [first, last) are computed
// from inputs alone, so neither bands nor threads change a result. Every kernel has
// a twin of the same name in src/patchloom/kernels/numpy_kernels.py that gives the
// same bytes.
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
    const int16_t* query_sums;        // of each patch's quarters, divided by 2^sums_shift: see sums()
    const int16_t* key_sums;
    int32_t sums_shift;
    const int32_t* starts;            // the key patches by their sums: see rank()
    const int32_t* order;
};

// A nearest-neighbour field: (row, col) of the key patch, and the sum of squared
// differences of the quantised values.
struct Field {
    int32_t* index;
    int32_t* distance;
};

// One PatchMatch sweep over the query patches `at` (positions in row-major order; null
// for all). It reads the old field and writes those patches' entries of the new one.
struct Sweep {
    const int32_t* at;
    const int32_t* index;             // the old field
    int32_t* new_index;
    float* new_distance;              // sums of squared differences divided by `steps`
    double steps;
    const int32_t* jumps;             // how far the neighbours are that are asked, in patches
    int32_t jump_count;               // at most 4
    const int32_t* radii;             // of the random trials, in patches
    int32_t trials;                   // at most 32
    int32_t looks;                    // trials among keys with like sums, at most 32
    uint64_t seed;
};

struct Kernels {
    void (*noise)(float* out, int64_t start, int64_t stop, uint64_t seed);
    // Weighted cubic taps along both axes. scratch: image_width * channels + 4 floats.
    void (*resize)(const float* image, int32_t image_width, int32_t channels,
                   const int32_t* row_index, const float* row_weight, int32_t row_taps,
                   const int32_t* col_index, const float* col_weight, int32_t col_taps,
                   int32_t out_width, float* out, int32_t row0, int32_t row1, float* scratch);
    // Gather vote; where `touched` (one per output pixel, or null for all) is 0 the output
    // stays as it is. scratch: (patch + 1) * grid_cols values.
    void (*vote)(const float* value, int32_t value_height, int32_t value_width, int32_t channels,
                 const int32_t* index, int32_t grid_rows, int32_t grid_cols, const float* fold, int32_t patch,
                 const uint8_t* touched, float* out, int32_t row0, int32_t row1, int32_t* scratch);
    // round((image - low) * scale), halves to even; the results fit into 0..32767.
    void (*quantise)(const float* image, int64_t start, int64_t stop, float low, float scale, int16_t* out);
    // Smallest and largest value.
    void (*bounds)(const float* image, int64_t start, int64_t stop, float* low, float* high);
    // For each patch the sums over its quarters (the first of two halves is the longer by one), divided
    // by 2^shift and rounded down. scratch: 2 * width values.
    void (*sums)(const int16_t* image, int32_t width, int32_t channels, int32_t patch, int32_t shift, int16_t* out,
                 int32_t row0, int32_t row1, int32_t* scratch);
    // Counts the patches of each code of sums in `places`; with `order`, whose parts for each code
    // then begin at `places`, puts them there one after the other.
    void (*rank)(const int16_t* sums, int64_t first, int64_t last, int32_t* places, int32_t* order);
    // 1 for each pixel in which the pictures differ.
    void (*differ)(const int16_t* a, const int16_t* b, int32_t channels, int64_t start, int64_t stop, uint8_t* out);
    // 1 where anything in a window of patch x patch is not 0; the window of output (y, x) starts
    // at input (y - back, x - back). scratch: out_cols + 2 * patch bytes.
    void (*window)(const uint8_t* in, int32_t in_rows, int32_t in_cols, int32_t patch, int32_t back, uint8_t* out,
                   int32_t out_cols, int32_t row0, int32_t row1, uint8_t* scratch);
    // A field handed to the next finer level: each patch takes its parent's place, through a
    // table per axis, plus what it lies beside it, rounded and kept within [0, last].
    void (*inherit)(const int32_t* index, const float* distance, int32_t coarse_cols, const int32_t* row_parent,
                    const double* row_rest, const int32_t* col_parent, const double* col_rest,
                    const double* row_table, const double* col_table, int32_t last_row, int32_t last_col,
                    int32_t cols, int32_t* out_index, float* out_distance, int32_t row0, int32_t row1);
    // Exhaustive search over the displacements [down0, down1) between query row and key
    // row; INT32_MAX where none of them is allowed. scratch: exact_scratch(pair) values.
    void (*exact)(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t down0, int32_t down1,
                  int32_t* scratch);
    // Handles `at` from first to last.
    void (*sweep)(const Pair& pair, const Sweep& sweep, int64_t first, int64_t last);
    // The smallest sum of squared differences of the query patches `at` from first to last, where
    // it is below what `least` holds.
    void (*probe)(const Pair& pair, const int32_t* at, int32_t* least, int64_t first, int64_t last);
};

// Four bits of each of a patch's four sums, 0 to 32767, interleaved: like sums have like codes.
// Static: a copy per instruction set, or the linker might keep the one that only new machines run.
constexpr int32_t sum_codes = 1 << 16;
static inline uint32_t sum_code(const int16_t* sums) {
    uint32_t code = 0;
    for (int32_t bit = 14; bit > 10; --bit) {
        for (int32_t c = 0; c < 4; ++c) code = 2 * code + ((uint32_t(sums[c]) >> bit) & 1);
    }
    return code;
}

// Query rows that exact() handles at once; scratch for them, in int32 values.
constexpr int32_t exact_band = 32;
static inline int64_t exact_scratch(const Pair& pair) {
    return int64_t(pair.patch + 1 + 2 * exact_band) * (pair.query_width + 64);
}

const Kernels* select_kernels(const char* name);   // null: not on this machine
const char* best_isa();

}  // namespace patchloom
