// PatchMatch (Barnes et al., SIGGRAPH 2009) as a Jacobi sweep: every query looks
// at the old field only, so the result does not depend on the order of the work.
//
// Candidates in fixed order: the query's own key; for each jump those of its
// neighbours that many patches up, down, left and right, moved back by as much;
// then random keys around the own one, each within its own radius, and random ones
// among the keys with like sums. Only a strictly smaller score (distance times weight)
// wins.
#include "hash.hpp"
#include "kernels.hpp"
#include "patch_distance.hpp"
#include "patch_sums.hpp"

#if defined(__GNUC__)
#define PATCHLOOM_FETCH(address) __builtin_prefetch(address)
#else
#define PATCHLOOM_FETCH(address) (void)(address)
#endif

namespace patchloom {
namespace PATCHLOOM_ISA {

struct Found {
    int32_t row, col, distance;
};

// The best key of one query so far. Scores are floats when keys are weighted and
// the distances themselves otherwise.
template <class Patch>
struct Best {
    const Pair& pair;
    const Patch& patch;
    Found found;
    float score;

    Best(const Pair& p, const Patch& q, const Found& known) : pair(p), patch(q), found(known) {
        score = p.weight ? float(found.distance) * p.weight[int64_t(found.row) * p.key_cols + found.col] : 0.0f;
    }

    void offer(int32_t row, int32_t col) {
        if (row == found.row && col == found.col) return;
        const int64_t at = int64_t(row) * pair.key_cols + col;
        if (pair.valid && !pair.valid[at]) return;
        const int16_t* key = key_at(pair, row, col);
        if (pair.weight) {
            const int32_t distance = patch.distance(key, INT32_MAX);
            const float offered = float(distance) * pair.weight[at];
            if (offered < score) {
                score = offered;
                found = {row, col, distance};
            }
            return;
        }
        const int32_t distance = patch.distance(key, found.distance);
        if (distance < found.distance) found = {row, col, distance};
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
static void propagate(const Pair& pair, const Neighbours& neighbours, uint32_t bits, const int32_t* own,
                      Best<Patch>& best) {
    uint64_t seen[Neighbours::most];
    int32_t seen_count = 0;
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

// Random keys around the old one, then some with like sums; fetched early, judged late.
struct Trials {
    static constexpr int32_t most = 64;
    int32_t count, rows[most], cols[most];

    void draw_keys(const Pair& pair, const Sweep& sweep, int64_t at, int32_t row, int32_t col) {
        count = sweep.trials + sweep.looks;
        for (int32_t trial = 0; trial < sweep.trials; ++trial) {
            const uint64_t bits = hash(sweep.seed, uint64_t(at) * uint64_t(count) + uint64_t(trial));
            const int32_t radius = sweep.radii[trial];
            const int32_t top = row > radius ? row - radius : 0, left = col > radius ? col - radius : 0;
            const int32_t bottom = row + radius < pair.key_rows ? row + radius : pair.key_rows - 1;
            const int32_t right = col + radius < pair.key_cols ? col + radius : pair.key_cols - 1;
            take(pair, trial, draw(bits >> 32, top, bottom), draw(bits & 0xFFFFFFFFull, left, right));
        }
        if (!sweep.looks) return;
        const uint32_t code = sum_code(pair.query_sums + at * 4);
        const int32_t keys = pair.key_rows * pair.key_cols, start = pair.starts[code], end = pair.starts[code + 1];
        const int32_t low = start < keys ? start : keys - 1, high = end > low ? end - 1 : low;
        for (int32_t trial = sweep.trials; trial < count; ++trial) {
            const uint64_t bits = hash(sweep.seed, uint64_t(at) * uint64_t(count) + uint64_t(trial));
            const int32_t key = pair.order[draw(bits >> 32, low, high)];
            take(pair, trial, key / pair.key_cols, key % pair.key_cols);
        }
    }

    void take(const Pair& pair, int32_t trial, int32_t row, int32_t col) {
        rows[trial] = row;
        cols[trial] = col;
        PATCHLOOM_FETCH(pair.key_sums + (int64_t(row) * pair.key_cols + col) * 4);
    }
};

// Whether a trial can win, by its sums.
template <class Patch>
static inline bool can_win(const Pair& pair, int64_t at, int32_t row, int32_t col, const Best<Patch>& best) {
    const int64_t values = quarter_values(pair);
    const int64_t key = int64_t(row) * pair.key_cols + col;
    const int64_t least = int64_t(apart(pair.query_sums + at * 4, pair.key_sums + key * 4)) << (2 * pair.sums_shift);
    return pair.weight ? float(least / values) * pair.weight[key] < best.score : least < values * best.found.distance;
}

// Leaves out the trials that cannot win against the own key, and fetches the others.
template <class Patch>
static void sift(const Pair& pair, int64_t at, const Best<Patch>& best, int64_t k_pitch, Trials& trials) {
    int32_t kept = 0;
    for (int32_t trial = 0; trial < trials.count; ++trial) {
        const int32_t row = trials.rows[trial], col = trials.cols[trial];
        if (!can_win(pair, at, row, col, best)) continue;
        trials.rows[kept] = row;
        trials.cols[kept++] = col;
        const int16_t* key = key_at(pair, row, col);
        const int32_t length = pair.patch * pair.channels;
        for (int32_t line = 0; line < pair.patch; ++line) {
            PATCHLOOM_FETCH(key + line * k_pitch);
            PATCHLOOM_FETCH(key + line * k_pitch + length - 1);
        }
    }
    trials.count = kept;
}

// Entries go through the stages in small groups, so that what one stage fetches has come when
// the next one needs it: in large pictures most of the time is waiting for memory otherwise.
template <class Patch>
static void sweep_entries(const Pair& pair, const Sweep& sweep, int64_t first, int64_t last) {
    constexpr int32_t group = 8;
    const int64_t q_pitch = int64_t(pair.query_width) * pair.channels;
    const int64_t k_pitch = int64_t(pair.key_width) * pair.channels;
    const Neighbours neighbours(sweep, pair.query_cols);
    const auto patch_at = [&](int32_t y, int32_t x) {
        return Patch(pair.query + (int64_t(y) * pair.query_width + x) * pair.channels, q_pitch, k_pitch, pair.patch,
                     pair.channels);
    };
    Trials trials[group];
    int32_t own_distance[group];
    for (int64_t start = first; start < last; start += group) {
        const int32_t count = int32_t(last - start < group ? last - start : group);
        const auto position = [&](int32_t i) { return sweep.at ? sweep.at[start + i] : int32_t(start + i); };
        for (int32_t i = 0; i < count; ++i) {
            const int32_t* own = sweep.index + 2 * int64_t(position(i));
            trials[i].draw_keys(pair, sweep, position(i), own[0], own[1]);
        }
        for (int32_t i = 0; i < count; ++i) {
            const int32_t at = position(i);
            const int32_t* own = sweep.index + 2 * int64_t(at);
            const Patch patch = patch_at(at / pair.query_cols, at % pair.query_cols);
            own_distance[i] = patch.distance(key_at(pair, own[0], own[1]), INT32_MAX);
            const Best<Patch> best(pair, patch, {own[0], own[1], own_distance[i]});
            sift(pair, at, best, k_pitch, trials[i]);
        }
        for (int32_t i = 0; i < count; ++i) {
            const int32_t at = position(i), y = at / pair.query_cols, x = at % pair.query_cols;
            const int32_t* own = sweep.index + 2 * int64_t(at);
            Found found{own[0], own[1], own_distance[i]};
            const uint32_t bits = neighbours.differing(pair, own, y, x);
            if (bits || trials[i].count) {
                const Patch patch = patch_at(y, x);
                Best<Patch> best(pair, patch, found);
                propagate(pair, neighbours, bits, own, best);
                for (int32_t trial = 0; trial < trials[i].count; ++trial) {
                    const int32_t row = trials[i].rows[trial], col = trials[i].cols[trial];
                    if (can_win(pair, at, row, col, best)) best.offer(row, col);
                }
                found = best.found;
            }
            sweep.new_index[2 * int64_t(at)] = found.row;
            sweep.new_index[2 * int64_t(at) + 1] = found.col;
            sweep.new_distance[at] = float(double(found.distance) / sweep.steps);
        }
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
