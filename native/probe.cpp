// The nearest keys of some patches only, for certain: how good a field is without searching
// all of it exhaustively.
//
// A good distance is known beforehand, so nearly all keys are rejected by their sums, many
// at a time. Keys are taken in chunks, and each chunk for all of the patches, so that the
// sums stay in the caches.
#include "kernels.hpp"
#include "patch_distance.hpp"
#include "patch_sums.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

constexpr int32_t chunk_keys = 2048;

// Of the keys [start, end) those that their sums do not reject, and how many; without branches
// that depend on which, for these could not be foretold.
static int32_t pick(const Pair& pair, const int16_t* own, int32_t least, int32_t start, int32_t end, int32_t* picked) {
    const uint32_t most = most_apart(pair, least);
    const ManySums sums(own, most);
    int32_t key = start, count = 0;
    for (; end - key >= ManySums::keys; key += ManySums::keys) {
        const uint32_t bits = sums.within(pair.key_sums + int64_t(key) * 4);
        if (!bits) continue;
        for (int32_t k = 0; k < ManySums::keys; ++k) {
            picked[count] = key + k;
            count += bits >> (2 * k) & 1;
        }
    }
    for (; key < end; ++key) {
        if (apart(own, pair.key_sums + int64_t(key) * 4) <= most) picked[count++] = key;
    }
    return count;
}

// The smallest distance to these keys, which ascend.
template <class Patch>
static int32_t smallest(const Pair& pair, const Patch& patch, int32_t least, const int32_t* picked, int32_t count) {
    if (!count) return least;
    int32_t row = picked[0] / pair.key_cols;
    int64_t row_start = int64_t(row) * pair.key_cols;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t key = picked[i];
        for (; key - row_start >= pair.key_cols; ++row) row_start += pair.key_cols;
        if (pair.valid && !pair.valid[key]) continue;
        const int32_t distance = patch.distance(key_at(pair, row, int32_t(key - row_start)), least);
        least = distance < least ? distance : least;
    }
    return least;
}

template <class Patch>
static void probe_entries(const Pair& pair, const int32_t* at, int32_t* least, int64_t first, int64_t last) {
    const int64_t q_pitch = int64_t(pair.query_width) * pair.channels;
    const int64_t k_pitch = int64_t(pair.key_width) * pair.channels;
    int32_t picked[chunk_keys];
    const int64_t count = int64_t(pair.key_rows) * pair.key_cols;
    for (int64_t start = 0; start < count; start += chunk_keys) {
        const int32_t end = int32_t(count - start < chunk_keys ? count : start + chunk_keys);
        for (int64_t i = first; i < last; ++i) {
            if (least[i] <= 0) continue;
            const int32_t y = at[i] / pair.query_cols, x = at[i] % pair.query_cols;
            const Patch patch(pair.query + (int64_t(y) * pair.query_width + x) * pair.channels, q_pitch, k_pitch,
                              pair.patch, pair.channels);
            const int16_t* own = pair.query_sums + int64_t(at[i]) * 4;
            const int32_t picks = pick(pair, own, least[i], int32_t(start), end, picked);
            least[i] = smallest(pair, patch, least[i], picked, picks);
        }
    }
}

void probe(const Pair& pair, const int32_t* at, int32_t* least, int64_t first, int64_t last) {
    const auto run = [&]() {
#ifndef PATCHLOOM_SCALAR_DISTANCE
        if (pair.patch == 7 && pair.channels == 3) return probe_entries<HeldPatch<7, 21>>;
        if (pair.patch == 7 && pair.channels == 4) return probe_entries<HeldPatch<7, 28>>;
#endif
        return probe_entries<AnyPatch>;
    }();
    run(pair, at, least, first, last);
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
