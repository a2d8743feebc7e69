// What the sums of two patches' quarters say of their distance: see sums.cpp.
//
// By Cauchy and Schwarz a distance times the values of the largest quarter is at least the
// squared difference of the sums, so one small read rejects most keys.
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

static inline const int16_t* key_at(const Pair& pair, int32_t row, int32_t col) {
    return pair.key + (int64_t(row) * pair.key_width + col) * pair.channels;
}

// Values of the largest quarter.
static inline int64_t quarter_values(const Pair& pair) {
    const int64_t half = (pair.patch + 1) / 2;
    return half * half * pair.channels;
}

// How far apart two patches are by their sums alone: the sum of the squares by which these
// differ at least. Sums, 0 to 32767, were rounded down, so each difference may be one less
// than it seems. Four such squares fit into 32 bits.
static inline uint32_t apart(const int16_t* a, const int16_t* b) {
#if defined(__SSE2__)
    const __m128i d = _mm_sub_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(a)),
                                    _mm_loadl_epi64(reinterpret_cast<const __m128i*>(b)));
    const __m128i size = _mm_max_epi16(d, _mm_sub_epi16(_mm_setzero_si128(), d));
    const __m128i sure = _mm_subs_epu16(size, _mm_set1_epi16(1));
    const __m128i pairs = _mm_madd_epi16(sure, sure);
    return uint32_t(_mm_cvtsi128_si32(pairs)) + uint32_t(_mm_cvtsi128_si32(_mm_srli_epi64(pairs, 32)));
#elif defined(__ARM_NEON)
    const uint16x4_t size = vreinterpret_u16_s16(vabs_s16(vsub_s16(vld1_s16(a), vld1_s16(b))));
    const uint16x4_t sure = vqsub_u16(size, vdup_n_u16(1));
    return vaddvq_u32(vmull_u16(sure, sure));
#else
    uint32_t total = 0;
    for (int32_t c = 0; c < 4; ++c) {
        const int32_t size = a[c] > b[c] ? a[c] - b[c] : b[c] - a[c];
        const uint32_t sure = size > 1 ? uint32_t(size - 1) : 0;
        total += sure * sure;
    }
    return total;
#endif
}

// How far apart sums may be, by apart(), for the distance to be below `distance`, which is not 0.
static inline uint32_t most_apart(const Pair& pair, int32_t distance) {
    const int64_t most = (quarter_values(pair) * distance - 1) >> (2 * pair.sums_shift);
    return most > int64_t(UINT32_MAX) ? UINT32_MAX : uint32_t(most);
}

// apart() of one patch and several keys at once: which keys are within `most`. Key k's bit is
// 2 * k, for that is where comparing 32-bit lanes leaves it.
#if defined(__AVX512BW__)
struct ManySums {
    static constexpr int32_t keys = 8;
    __m512i own, most;

    ManySums(const int16_t* sums, uint32_t limit)
        : own(_mm512_set1_epi64(four(sums))), most(_mm512_set1_epi32(int32_t(limit))) {}

    uint32_t within(const int16_t* others) const {
        const __m512i size = _mm512_abs_epi16(_mm512_sub_epi16(own, _mm512_loadu_si512(others)));
        const __m512i sure = _mm512_subs_epu16(size, _mm512_set1_epi16(1));
        const __m512i pairs = _mm512_madd_epi16(sure, sure);
        return _mm512_mask_cmple_epu32_mask(0x5555, _mm512_add_epi32(pairs, _mm512_srli_epi64(pairs, 32)), most);
    }
#elif defined(__AVX2__)
struct ManySums {
    static constexpr int32_t keys = 4;
    __m256i own, most;                // signed comparisons, so with the highest bit turned

    ManySums(const int16_t* sums, uint32_t limit)
        : own(_mm256_set1_epi64x(four(sums))), most(_mm256_set1_epi32(int32_t(limit ^ 0x80000000u))) {}

    uint32_t within(const int16_t* others) const {
        const __m256i size =
            _mm256_abs_epi16(_mm256_sub_epi16(own, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(others))));
        const __m256i sure = _mm256_subs_epu16(size, _mm256_set1_epi16(1));
        const __m256i pairs = _mm256_madd_epi16(sure, sure);
        const __m256i total = _mm256_add_epi32(pairs, _mm256_srli_epi64(pairs, 32));
        const __m256i beyond = _mm256_cmpgt_epi32(_mm256_xor_si256(total, _mm256_set1_epi32(INT32_MIN)), most);
        return ~uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(beyond))) & 0x55;
    }
#elif defined(__SSE2__)
struct ManySums {
    static constexpr int32_t keys = 2;
    __m128i own, most;                // as above

    ManySums(const int16_t* sums, uint32_t limit)
        : own(_mm_set1_epi64x(four(sums))), most(_mm_set1_epi32(int32_t(limit ^ 0x80000000u))) {}

    uint32_t within(const int16_t* others) const {
        const __m128i d = _mm_sub_epi16(own, _mm_loadu_si128(reinterpret_cast<const __m128i*>(others)));
        const __m128i size = _mm_max_epi16(d, _mm_sub_epi16(_mm_setzero_si128(), d));
        const __m128i sure = _mm_subs_epu16(size, _mm_set1_epi16(1));
        const __m128i pairs = _mm_madd_epi16(sure, sure);
        const __m128i total = _mm_add_epi32(pairs, _mm_srli_epi64(pairs, 32));
        const __m128i beyond = _mm_cmpgt_epi32(_mm_xor_si128(total, _mm_set1_epi32(INT32_MIN)), most);
        return ~uint32_t(_mm_movemask_ps(_mm_castsi128_ps(beyond))) & 0x5;
    }
#else
struct ManySums {
    static constexpr int32_t keys = 1;
    const int16_t* own;
    uint32_t most;

    ManySums(const int16_t* sums, uint32_t limit) : own(sums), most(limit) {}

    uint32_t within(const int16_t* others) const { return apart(own, others) <= most; }
#endif

    static int64_t four(const int16_t* sums) {
        int64_t word;
        memcpy(&word, sums, sizeof word);
        return word;
    }
};

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
