// Sum of squared differences between two patches of int16 values, the query kept
// in registers.
//
// The caller's quantisation bounds the sum of a whole patch by 2^31 - 1 (see
// search/quantise.py), so 16-bit differences, pairwise products and 32-bit sums
// cannot overflow. No read goes outside the patch: a row that is not a whole number
// of vectors is read a second time from its end, the lanes already read masked off.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels.hpp"

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace patchloom {
namespace PATCHLOOM_ISA {

#if defined(__AVX512BW__)
struct Lanes {
    static constexpr int width = 32;
    using Vector = __m512i;
    using Sum = __m512i;
    static Vector load(const int16_t* p) { return _mm512_loadu_si512(p); }
    static Vector load_last(const int16_t* p, int used) {      // p: the row's last vector or part of one
        return _mm512_maskz_loadu_epi16(__mmask32((1ull << used) - 1), p);
    }
    static Sum zero() { return _mm512_setzero_si512(); }
    static Sum add(Sum s, Vector a, Vector b) {
        const Vector d = _mm512_sub_epi16(a, b);
        return _mm512_add_epi32(s, _mm512_madd_epi16(d, d));
    }
    static int32_t total(Sum s) { return _mm512_reduce_add_epi32(s); }
};
#elif defined(__AVX2__)
struct Lanes {
    static constexpr int width = 16;
    using Vector = __m256i;
    using Sum = __m256i;
    static Vector load(const int16_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static Sum zero() { return _mm256_setzero_si256(); }
    static Sum add(Sum s, Vector a, Vector b) {
        const Vector d = _mm256_sub_epi16(a, b);
        return _mm256_add_epi32(s, _mm256_madd_epi16(d, d));
    }
    static Vector keep(Vector v, Vector mask) { return _mm256_and_si256(v, mask); }
    static int32_t total(Sum s) {
        const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
        const __m128i pair = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
        return _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32(pair, 0xB1)));
    }
};
#elif defined(__SSE2__)
struct Lanes {
    static constexpr int width = 8;
    using Vector = __m128i;
    using Sum = __m128i;
    static Vector load(const int16_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
    static Sum zero() { return _mm_setzero_si128(); }
    static Sum add(Sum s, Vector a, Vector b) {
        const Vector d = _mm_sub_epi16(a, b);
        return _mm_add_epi32(s, _mm_madd_epi16(d, d));
    }
    static Vector keep(Vector v, Vector mask) { return _mm_and_si128(v, mask); }
    static int32_t total(Sum s) {
        const __m128i pair = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
        return _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32(pair, 0xB1)));
    }
};
#elif defined(__ARM_NEON)
struct Lanes {
    static constexpr int width = 8;
    using Vector = int16x8_t;
    using Sum = int32x4_t;
    static Vector load(const int16_t* p) { return vld1q_s16(p); }
    static Sum zero() { return vdupq_n_s32(0); }
    static Sum add(Sum s, Vector a, Vector b) {
        const Vector d = vsubq_s16(a, b);
        return vmlal_s16(vmlal_s16(s, vget_low_s16(d), vget_low_s16(d)), vget_high_s16(d), vget_high_s16(d));
    }
    static Vector keep(Vector v, Vector mask) { return vandq_s16(v, mask); }
    static int32_t total(Sum s) { return vaddvq_s32(s); }
};
#else
#define PATCHLOOM_SCALAR_DISTANCE 1
#endif

// A query patch of any size and channel count: stays in the image.
struct AnyPatch {
    const int16_t* query;
    int64_t query_pitch, key_pitch;
    int32_t rows, length, group;      // rows to add up before looking whether it is too much already
#ifndef PATCHLOOM_SCALAR_DISTANCE
    int32_t whole, rest;              // vectors and values left over in a row
#if !defined(__AVX512BW__)
    typename Lanes::Vector mask;
#endif
#endif

    AnyPatch(const int16_t* q, int64_t q_pitch, int64_t k_pitch, int32_t patch, int32_t channels)
        : query(q), query_pitch(q_pitch), key_pitch(k_pitch), rows(patch), length(patch * channels),
          group(1 + 255 / length) {
#ifndef PATCHLOOM_SCALAR_DISTANCE
        whole = length / Lanes::width;
        rest = length % Lanes::width;
#if !defined(__AVX512BW__)
        int16_t bits[Lanes::width];
        for (int i = 0; i < Lanes::width; ++i) bits[i] = i >= Lanes::width - rest ? -1 : 0;
        mask = Lanes::load(bits);
#endif
#endif
    }

    // The exact sum if it is below `limit`; else anything not below it.
    int32_t distance(const int16_t* key, int32_t limit) const {
        int32_t sum = 0;
        for (int32_t r = 0; r < rows && sum < limit; r += group) {
            sum += rows_distance(query + r * query_pitch, key + r * key_pitch, r + group < rows ? group : rows - r);
        }
        return sum;
    }

    static int32_t single(const int16_t* a, const int16_t* b, int32_t count) {
        int32_t sum = 0;
        for (int32_t i = 0; i < count; ++i) {
            const int16_t d = int16_t(a[i] - b[i]);
            sum += int32_t(d) * d;
        }
        return sum;
    }

#ifdef PATCHLOOM_SCALAR_DISTANCE
    int32_t rows_distance(const int16_t* a, const int16_t* b, int32_t count) const {
        int32_t sum = 0;
        for (; count > 0; --count, a += query_pitch, b += key_pitch) sum += single(a, b, length);
        return sum;
    }
#else
    int32_t rows_distance(const int16_t* a, const int16_t* b, int32_t count) const {
        auto sum = Lanes::zero();
        int32_t beside = 0;
        for (; count > 0; --count, a += query_pitch, b += key_pitch) {
            for (int32_t i = 0; i < whole; ++i) {
                sum = Lanes::add(sum, Lanes::load(a + i * Lanes::width), Lanes::load(b + i * Lanes::width));
            }
            if (!rest) continue;
#if defined(__AVX512BW__)
            const int32_t done = whole * Lanes::width;
            sum = Lanes::add(sum, Lanes::load_last(a + done, rest), Lanes::load_last(b + done, rest));
#else
            const int32_t last = length - Lanes::width;
            if (last < 0) beside += single(a, b, length);
            else sum = Lanes::add(sum, Lanes::keep(Lanes::load(a + last), mask), Lanes::keep(Lanes::load(b + last), mask));
#endif
        }
        return beside + Lanes::total(sum);
    }
#endif
};

#ifndef PATCHLOOM_SCALAR_DISTANCE
// A query patch of `Rows` rows with `Length` values each, held in registers.
template <int Rows, int Length>
struct HeldPatch {
    static constexpr int width = Lanes::width;
    static constexpr int whole = Length / width;
    static constexpr int rest = Length % width;
    static constexpr int parts = whole + (rest ? 1 : 0);
    typename Lanes::Vector held[Rows][parts];
    int64_t key_pitch;
#if !defined(__AVX512BW__)
    typename Lanes::Vector mask;
    static_assert(Length >= width, "a row is at least one vector");
#endif

    HeldPatch(const int16_t* q, int64_t q_pitch, int64_t k_pitch, int32_t, int32_t) : key_pitch(k_pitch) {
#if !defined(__AVX512BW__)
        int16_t bits[width];
        for (int i = 0; i < width; ++i) bits[i] = i >= width - rest ? -1 : 0;
        mask = Lanes::load(bits);
#endif
        for (int r = 0; r < Rows; ++r) {
            for (int i = 0; i < whole; ++i) held[r][i] = Lanes::load(q + r * q_pitch + i * width);
            if (rest) held[r][parts - 1] = last(q + r * q_pitch);
        }
    }

    typename Lanes::Vector last(const int16_t* row) const {
#if defined(__AVX512BW__)
        return Lanes::load_last(row + whole * width, rest);
#else
        return Lanes::keep(Lanes::load(row + Length - width), mask);
#endif
    }

    typename Lanes::Sum rows(typename Lanes::Sum sum, const int16_t* key, int first, int end) const {
        for (int r = first; r < end; ++r) {
            const int16_t* row = key + r * key_pitch;
            for (int i = 0; i < whole; ++i) sum = Lanes::add(sum, held[r][i], Lanes::load(row + i * width));
            if (rest) sum = Lanes::add(sum, held[r][parts - 1], last(row));
        }
        return sum;
    }

    int32_t distance(const int16_t* key, int32_t) const {     // the limit saves nothing: docs/performance.md
        return Lanes::total(rows(Lanes::zero(), key, 0, Rows));
    }
};
#endif

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
