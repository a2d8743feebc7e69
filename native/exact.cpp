// Exhaustive search without a distance matrix and without patch-sized sums.
//
// For one displacement between query and key the patch distances of a whole row
// are box sums of the pixels' squared differences, and box sums slide: per query
// and key a few additions, whatever the patch size. Integers make the sliding
// exact. Displacements are visited in the key's row-major order and only a
// strictly smaller score wins, so ties go to the first key.
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

// A vector of values at a time where the compiler has vector types, else one.
#if defined(__GNUC__)
#if defined(__AVX512F__)
constexpr int32_t block = 16;
#elif defined(__AVX2__)
constexpr int32_t block = 8;
#else
constexpr int32_t block = 4;
#endif
typedef int32_t Ints __attribute__((vector_size(4 * block)));
typedef float Floats __attribute__((vector_size(4 * block)));
typedef int16_t Shorts __attribute__((vector_size(2 * block)));
typedef uint8_t Bytes __attribute__((vector_size(block)));
#else
constexpr int32_t block = 1;
typedef int32_t Ints;
typedef float Floats;
typedef int16_t Shorts;
typedef uint8_t Bytes;
#endif

template <class To, class From>
static inline To convert(From v) {
#if defined(__GNUC__)
    if constexpr (!std::is_arithmetic_v<From>) return __builtin_convertvector(v, To);
    else return To(v);
#else
    return To(v);
#endif
}

template <class Mask, class V>
static inline V select(Mask mask, V yes, V no) { return mask ? yes : no; }

template <class V, class T>
static inline V load(const T* from) {
    V v;
    memcpy(&v, from, sizeof v);
    return v;
}

template <class V, class T>
static inline void store(T* to, V v) { memcpy(to, &v, sizeof v); }

// Takes one pixel row into the columns' sums, in place of the oldest one.
template <class I, class S, int Channels>
static inline void add_row(const int16_t* q, const int16_t* k, int64_t q_plane, int64_t k_plane, int32_t channels,
                           int32_t* oldest, int32_t* column) {
    I square = {};
    for (int32_t c = 0; c < (Channels ? Channels : channels); ++c) {
        const I d = convert<I>(S(load<S>(q + c * q_plane) - load<S>(k + c * k_plane)));   // fits: see search/quantise.py
        square += d * d;
    }
    store(column, load<I>(column) + square - load<I>(oldest));
    store(oldest, square);
}

// Patch distances of a row from the columns' sums, kept where they are the least so
// far. `shift` numbers the displacement; the caller turns it back into a position.
template <class I, class F, class B, int Patch, bool Weighted, bool Masked>
static inline void keep_least(const int32_t* column, int32_t patch, const float* weight, const uint8_t* valid,
                              int32_t shift, float* best, int32_t* distance, int32_t* best_shift) {
    I sum = load<I>(column);
    for (int32_t d = 1; d < (Patch ? Patch : patch); ++d) sum += load<I>(column + d);
    const I known = load<I>(distance);
    auto less = sum < known;
    if constexpr (Weighted) {
        const F score = convert<F>(sum) * load<F>(weight);
        const F least = load<F>(best);
        less = score < least;
        if constexpr (Masked) less = less & (convert<I>(load<B>(valid)) != 0);
        store(best, select<decltype(less), F>(less, score, least));
    } else if constexpr (Masked) {
        less = less & (convert<I>(load<B>(valid)) != 0);
    }
    store(distance, select<decltype(less), I>(less, sum, known));
    store(best_shift, select<decltype(less), I>(less, I{} + shift, load<I>(best_shift)));
}

// Calls work(x) for blocks that cover [0, count), the last overlapping the one before
// (all work here may safely run twice), or single(x) where there is no whole block.
template <class Work, class Single>
static inline void in_blocks(int32_t count, const Work& work, const Single& single) {
    if (count < block) {
        for (int32_t x = 0; x < count; ++x) single(x);
        return;
    }
    for (int32_t x = 0; x + block <= count; x += block) work(x);
    if (count % block) work(count - block);
}

// Everything one displacement says to a band of query rows.
struct Band {
    int32_t row0, row1;      // query rows of the band
    int64_t pitch;           // int32 values per scratch row
    int32_t* ring;           // squared differences of the last `patch` pixel rows
    int32_t* column;         // their sum, per column
    int32_t* shift;          // best displacement so far, a scratch row per query row
    float* score;            // best weighted score so far, likewise
};

template <int Channels, int Patch, bool Weighted, bool Masked>
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
        const int16_t* q = pair.query + int64_t(line) * pair.query_width + left;
        const int16_t* k = pair.key + int64_t(line + down) * pair.key_width + left + right;
        int32_t* oldest = band.ring + slot * band.pitch;
        int32_t* column = band.column;
        in_blocks(
            wide,
            [=](int32_t x) {
                add_row<Ints, Shorts, Channels>(q + x, k + x, q_plane, k_plane, channels, oldest + x, column + x);
            },
            [=](int32_t x) {
                add_row<int32_t, int16_t, Channels>(q + x, k + x, q_plane, k_plane, channels, oldest + x, column + x);
            });
        slot = slot + 1 == patch ? 0 : slot + 1;
        const int32_t y = line - patch + 1;
        if (y < top) continue;
        const int64_t scratch_at = (y - band.row0) * band.pitch + left;
        const int64_t key_at = int64_t(y + down) * pair.key_cols + left + right;
        const float* weight = Weighted ? pair.weight + key_at : nullptr;
        const uint8_t* valid = Masked ? pair.valid + key_at : nullptr;
        float* score = band.score + scratch_at;
        int32_t* distance = field.distance + int64_t(y) * pair.query_cols + left;
        int32_t* best_shift = band.shift + scratch_at;
        in_blocks(
            count,
            [=](int32_t x) {
                keep_least<Ints, Floats, Bytes, Patch, Weighted, Masked>(
                    column + x, patch, Weighted ? weight + x : nullptr, Masked ? valid + x : nullptr, shift,
                    score + x, distance + x, best_shift + x);
            },
            [=](int32_t x) {
                keep_least<int32_t, float, uint8_t, Patch, Weighted, Masked>(
                    column + x, patch, Weighted ? weight + x : nullptr, Masked ? valid + x : nullptr, shift,
                    score + x, distance + x, best_shift + x);
            });
    }
}

template <int Channels, int Patch, bool Weighted, bool Masked>
static void exact_band_rows(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t down0, int32_t down1,
                            int32_t* scratch) {
    Band band;
    band.row0 = row0;
    band.row1 = row1;
    band.pitch = pair.query_width + 64;
    band.ring = scratch;
    band.column = band.ring + pair.patch * band.pitch;
    band.shift = band.column + band.pitch;
    band.score = reinterpret_cast<float*>(band.shift + exact_band * band.pitch);
    for (int32_t y = row0; y < row1; ++y) {
        int32_t* distance = field.distance + int64_t(y) * pair.query_cols;
        for (int32_t x = 0; x < pair.query_cols; ++x) {
            distance[x] = INT32_MAX;
            band.score[(y - row0) * band.pitch + x] = std::numeric_limits<float>::infinity();
        }
    }
    const int32_t span = pair.query_cols + pair.key_cols;
    const int32_t first = down0 > -(row1 - 1) ? down0 : -(row1 - 1);
    const int32_t last = down1 < pair.key_rows - row0 ? down1 : pair.key_rows - row0;
    for (int32_t down = first; down < last; ++down) {
        for (int32_t right = -(pair.query_cols - 1); right < pair.key_cols; ++right) {
            displacement<Channels, Patch, Weighted, Masked>(pair, field, band, down, right,
                                                          (down - first) * span + right + pair.query_cols);
        }
    }
    for (int32_t y = row0; y < row1; ++y) {
        const int32_t* shift = band.shift + (y - row0) * band.pitch;
        const int32_t* distance = field.distance + int64_t(y) * pair.query_cols;
        int32_t* index = field.index + int64_t(y) * pair.query_cols * 2;
        for (int32_t x = 0; x < pair.query_cols; ++x) {
            const bool found = distance[x] < INT32_MAX;
            index[2 * x] = found ? y + shift[x] / span + first : 0;
            index[2 * x + 1] = found ? x + shift[x] % span - pair.query_cols : 0;
        }
    }
}

template <int Channels, int Patch>
static void exact_rows(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t down0, int32_t down1,
                       int32_t* scratch) {
    const auto search = pair.weight ? (pair.valid ? exact_band_rows<Channels, Patch, true, true>
                                                  : exact_band_rows<Channels, Patch, true, false>)
                                    : (pair.valid ? exact_band_rows<Channels, Patch, false, true>
                                                  : exact_band_rows<Channels, Patch, false, false>);
    for (int32_t y = row0; y < row1; y += exact_band) {
        search(pair, field, y, y + exact_band < row1 ? y + exact_band : row1, down0, down1, scratch);
    }
}

void exact(const Pair& pair, Field field, int32_t row0, int32_t row1, int32_t down0, int32_t down1, int32_t* scratch) {
    if (pair.patch == 7 && pair.channels == 3) {
        exact_rows<3, 7>(pair, field, row0, row1, down0, down1, scratch);
    } else if (pair.patch == 7 && pair.channels == 4) {
        exact_rows<4, 7>(pair, field, row0, row1, down0, down1, scratch);
    } else {
        exact_rows<0, 0>(pair, field, row0, row1, down0, down1, scratch);
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
