// PatchMatch (Barnes et al., SIGGRAPH 2009) as a Jacobi sweep: every query looks
// at the old field only, so the result does not depend on the order of the work.
//
// Candidates in fixed order: the query's own key; for each jump those of its
// neighbours that many patches up, down, left and right, moved back by as much;
// then random keys around the best so far, each within its own radius, and random
// ones among the keys with like sums. Only a strictly smaller score (distance times
// weight) wins.
#include "hash.hpp"
#include "kernels.hpp"
#include "patch_distance.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

// The best key of one query so far. Scores are floats when keys are weighted and
// the distances themselves otherwise.
template <class Patch>
struct Best {
    const Pair& pair;
    const Patch& patch;
    int32_t row, col, distance;
    float score;

    Best(const Pair& p, const Patch& q, int32_t r, int32_t c) : pair(p), patch(q), row(r), col(c) {
        distance = patch.distance(key(r, c), INT32_MAX);
        score = p.weight ? float(distance) * p.weight[int64_t(r) * p.key_cols + c] : 0.0f;
    }

    const int16_t* key(int32_t r, int32_t c) const {
        return pair.key + (int64_t(r) * pair.key_width + c) * pair.channels;
    }

    void offer(int32_t r, int32_t c) {
        if (r == row && c == col) return;
        const int64_t at = int64_t(r) * pair.key_cols + c;
        if (pair.valid && !pair.valid[at]) return;
        if (pair.weight) {
            const int32_t d = patch.distance(key(r, c), INT32_MAX);
            const float s = float(d) * pair.weight[at];
            if (s < score) {
                score = s;
                distance = d;
                row = r;
                col = c;
            }
            return;
        }
        const int32_t d = patch.distance(key(r, c), distance);
        if (d < distance) {
            distance = d;
            row = r;
            col = c;
        }
    }
};

// (row, col) as one number: sums and differences of two are those of their parts, and
// parts that are never negative are equal where the numbers are.
static inline uint64_t pack(int32_t row, int32_t col) {
    return uint64_t(int64_t(row)) + (uint64_t(int64_t(col)) << 32);
}

static inline uint64_t load_place(const int32_t* index) { return pack(index[0], index[1]); }

// The neighbours that a sweep asks, in order.
struct Neighbours {
    static constexpr int32_t most = 16;
    int32_t count = 0, reach = 0;
    int32_t down[most], right[most];
    int64_t offset[most];             // in the field
    uint64_t step[most];

    Neighbours(const Sweep& sweep, int32_t query_cols) {
        for (int32_t j = 0; j < sweep.jump_count; ++j) {
            const int32_t jump = sweep.jumps[j];
            const int32_t steps[4][2] = {{-jump, 0}, {jump, 0}, {0, -jump}, {0, jump}};
            for (const auto& way : steps) {
                down[count] = way[0];
                right[count] = way[1];
                offset[count] = 2 * (int64_t(way[0]) * query_cols + way[1]);
                step[count++] = pack(way[0], way[1]);
            }
            reach = jump > reach ? jump : reach;
        }
    }

    // Those within the field that offer something else than the own key, as a set of bits.
    uint32_t differing(const Pair& pair, const int32_t* own, int32_t y, int32_t x) const {
        const uint64_t place = load_place(own);
        uint32_t bits = 0;
        if (y >= reach && x >= reach && y < pair.query_rows - reach && x < pair.query_cols - reach) {
            for (int32_t n = 0; n < count; ++n) bits |= uint32_t(load_place(own + offset[n]) - step[n] != place) << n;
            return bits;
        }
        for (int32_t n = 0; n < count; ++n) {
            const int32_t row = y + down[n], col = x + right[n];
            if (row < 0 || col < 0 || row >= pair.query_rows || col >= pair.query_cols) continue;
            bits |= uint32_t(load_place(own + offset[n]) - step[n] != place) << n;
        }
        return bits;
    }
};

// What the neighbours offer, each key once.
template <class Patch>
static void propagate(const Pair& pair, const Neighbours& neighbours, const int32_t* own, int32_t y, int32_t x,
                      Best<Patch>& best) {
    uint64_t seen[Neighbours::most];
    int32_t seen_count = 0;
    uint32_t bits = neighbours.differing(pair, own, y, x);
    for (int32_t n = 0; bits; ++n, bits >>= 1) {
        if (!(bits & 1)) continue;
        const int32_t* other = own + neighbours.offset[n];
        const int32_t row = other[0] - neighbours.down[n], col = other[1] - neighbours.right[n];
        if (row < 0 || col < 0 || row >= pair.key_rows || col >= pair.key_cols) continue;
        const uint64_t place = pack(row, col);
        bool again = false;
        for (int32_t i = 0; i < seen_count; ++i) again |= seen[i] == place;
        if (again) continue;
        seen[seen_count++] = place;
        best.offer(row, col);
    }
}

// A number of [low, high] from 32 random bits.
static inline int32_t draw(uint64_t bits, int32_t low, int32_t high) {
    return low + int32_t((bits * uint64_t(high - low + 1)) >> 32);
}

// Keys to look at, in order: random ones around the best so far, then some with like sums.
template <class Patch>
static void guess(const Pair& pair, const Sweep& sweep, int64_t at, Best<Patch>& best) {
    constexpr int32_t most = 64;
    int32_t rows[most], cols[most];
    uint32_t away[most];
    const int32_t row = best.row, col = best.col, count = sweep.trials + sweep.looks;
    const int16_t* own = pair.query_sums + at * 4;
    for (int32_t trial = 0; trial < sweep.trials; ++trial) {
        const uint64_t bits = hash(sweep.seed, uint64_t(at) * uint64_t(count) + uint64_t(trial));
        const int32_t radius = sweep.radii[trial];
        const int32_t top = row > radius ? row - radius : 0, left = col > radius ? col - radius : 0;
        const int32_t bottom = row + radius < pair.key_rows ? row + radius : pair.key_rows - 1;
        const int32_t right = col + radius < pair.key_cols ? col + radius : pair.key_cols - 1;
        rows[trial] = draw(bits >> 32, top, bottom);
        cols[trial] = draw(bits & 0xFFFFFFFFull, left, right);
    }
    if (sweep.looks) {
        const uint32_t code = sum_code(own);
        const int32_t keys = pair.key_rows * pair.key_cols, start = pair.starts[code], end = pair.starts[code + 1];
        const int32_t low = start < keys ? start : keys - 1, high = end > low ? end - 1 : low;
        for (int32_t trial = sweep.trials; trial < count; ++trial) {
            const uint64_t bits = hash(sweep.seed, uint64_t(at) * uint64_t(count) + uint64_t(trial));
            const int32_t key = pair.order[draw(bits >> 32, low, high)];
            rows[trial] = key / pair.key_cols;
            cols[trial] = key % pair.key_cols;
        }
    }
    for (int32_t trial = 0; trial < count; ++trial) {
        away[trial] = apart(own, pair.key_sums + (int64_t(rows[trial]) * pair.key_cols + cols[trial]) * 4);
    }
    const int64_t half = (pair.patch + 1) / 2, values = half * half * pair.channels;
    for (int32_t trial = 0; trial < count; ++trial) {
        // by Cauchy and Schwarz a distance times the values of the largest quarter is at least this
        const int64_t least = int64_t(away[trial]) << (2 * pair.sums_shift);
        if (pair.weight) {
            const float weight = pair.weight[int64_t(rows[trial]) * pair.key_cols + cols[trial]];
            if (float(least / values) * weight >= best.score) continue;
        } else if (least >= values * best.distance) {
            continue;
        }
        best.offer(rows[trial], cols[trial]);
    }
}

template <class Patch>
static void sweep_entries(const Pair& pair, const Sweep& sweep, int64_t first, int64_t last) {
    const int64_t q_pitch = int64_t(pair.query_width) * pair.channels;
    const int64_t k_pitch = int64_t(pair.key_width) * pair.channels;
    const Neighbours neighbours(sweep, pair.query_cols);
    for (int64_t i = first; i < last; ++i) {
        const int32_t at = sweep.at ? sweep.at[i] : int32_t(i);
        const int32_t y = at / pair.query_cols, x = at % pair.query_cols;
        const Patch patch(pair.query + (int64_t(y) * pair.query_width + x) * pair.channels, q_pitch, k_pitch,
                          pair.patch, pair.channels);
        const int32_t* own = sweep.index + 2 * int64_t(at);
        Best<Patch> best(pair, patch, own[0], own[1]);
        propagate(pair, neighbours, own, y, x, best);
        guess(pair, sweep, at, best);
        sweep.new_index[2 * int64_t(at)] = best.row;
        sweep.new_index[2 * int64_t(at) + 1] = best.col;
        sweep.new_distance[at] = float(double(best.distance) / sweep.steps);
    }
}

void sweep(const Pair& pair, const Sweep& sweep, int64_t first, int64_t last) {
    const auto run = [&]() {
#ifndef PATCHLOOM_SCALAR_DISTANCE
        if (pair.patch == 7 && pair.channels == 3) return sweep_entries<HeldPatch<7, 21>>;
        if (pair.patch == 7 && pair.channels == 4) return sweep_entries<HeldPatch<7, 28>>;
#endif
        return sweep_entries<AnyPatch>;
    }();
    run(pair, sweep, first, last);
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
