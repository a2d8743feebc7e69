// PatchMatch (Barnes et al., SIGGRAPH 2009) as a Jacobi sweep: every query looks
// at the old field only, so the result does not depend on the order of the work.
//
// Candidates in fixed order: the query's own key; those of its neighbours `jump`
// patches up, down, left and right, moved back by as much; then random keys around
// the best so far, the radius halving from the whole picture. Only a strictly
// smaller score (distance times weight) wins.
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

    Best(const Pair& p, const Patch& q, int32_t r, int32_t c, int32_t d) : pair(p), patch(q), row(r), col(c), distance(d) {
        score = p.weight ? float(d) * p.weight[int64_t(r) * p.key_cols + c] : 0.0f;
    }

    void offer(int32_t r, int32_t c) {
        if (r == row && c == col) return;
        const int64_t at = int64_t(r) * pair.key_cols + c;
        if (pair.valid && !pair.valid[at]) return;
        const int16_t* key = pair.key + (int64_t(r) * pair.key_width + c) * pair.channels;
        if (pair.weight) {
            const int32_t d = patch.distance(key, INT32_MAX);
            const float s = float(d) * pair.weight[at];
            if (s < score) {
                score = s;
                distance = d;
                row = r;
                col = c;
            }
            return;
        }
        const int32_t d = patch.distance(key, distance);
        if (d < distance) {
            distance = d;
            row = r;
            col = c;
        }
    }
};

static inline int32_t within(int32_t value, int32_t count) {
    return value < 0 ? 0 : value >= count ? count - 1 : value;
}

template <class Patch>
static void sweep_rows(const Pair& pair, const uint8_t* active, Field old_field, Field new_field, int32_t jump,
                       int32_t trials, uint64_t seed, int32_t row0, int32_t row1) {
    const int64_t q_pitch = int64_t(pair.query_width) * pair.channels;
    const int64_t k_pitch = int64_t(pair.key_width) * pair.channels;
    const int32_t reach = pair.key_rows > pair.key_cols ? pair.key_rows : pair.key_cols;
    const int32_t steps[4][2] = {{-jump, 0}, {jump, 0}, {0, -jump}, {0, jump}};
    for (int32_t y = row0; y < row1; ++y) {
        for (int32_t x = 0; x < pair.query_cols; ++x) {
            const int64_t at = int64_t(y) * pair.query_cols + x;
            const int32_t* own = old_field.index + 2 * at;
            if (active && !active[at]) {
                new_field.index[2 * at] = own[0];
                new_field.index[2 * at + 1] = own[1];
                new_field.distance[at] = old_field.distance[at];
                continue;
            }
            const Patch patch(pair.query + (int64_t(y) * pair.query_width + x) * pair.channels, q_pitch, k_pitch,
                              pair.patch, pair.channels);
            Best<Patch> best(pair, patch, own[0], own[1], old_field.distance[at]);
            for (const auto& step : steps) {
                const int32_t ny = y + step[0], nx = x + step[1];
                if (ny < 0 || nx < 0 || ny >= pair.query_rows || nx >= pair.query_cols) continue;
                const int32_t* other = old_field.index + 2 * (int64_t(ny) * pair.query_cols + nx);
                const int32_t r = other[0] - step[0], c = other[1] - step[1];
                if (r < 0 || c < 0 || r >= pair.key_rows || c >= pair.key_cols) continue;
                best.offer(r, c);
            }
            for (int32_t trial = 0; trial < trials; ++trial) {
                const uint64_t bits = hash(seed, uint64_t(at) * uint64_t(trials) + uint64_t(trial));
                const int32_t radius = (reach >> trial) > 1 ? reach >> trial : 1;
                const uint64_t choices = 2 * uint64_t(radius) + 1;
                const int32_t dy = int32_t(((bits >> 32) * choices) >> 32) - radius;
                const int32_t dx = int32_t(((bits & 0xFFFFFFFFull) * choices) >> 32) - radius;
                best.offer(within(best.row + dy, pair.key_rows), within(best.col + dx, pair.key_cols));
            }
            new_field.index[2 * at] = best.row;
            new_field.index[2 * at + 1] = best.col;
            new_field.distance[at] = best.distance;
        }
    }
}

void sweep(const Pair& pair, const uint8_t* active, Field old_field, Field new_field, int32_t jump, int32_t trials,
           uint64_t seed, int32_t row0, int32_t row1) {
#ifndef PATCHLOOM_SCALAR_DISTANCE
    if (pair.patch == 7 && pair.channels == 3) {
        sweep_rows<HeldPatch<7, 21>>(pair, active, old_field, new_field, jump, trials, seed, row0, row1);
        return;
    }
    if (pair.patch == 7 && pair.channels == 4) {
        sweep_rows<HeldPatch<7, 28>>(pair, active, old_field, new_field, jump, trials, seed, row0, row1);
        return;
    }
#endif
    sweep_rows<AnyPatch>(pair, active, old_field, new_field, jump, trials, seed, row0, row1);
}

void distance(const Pair& pair, Field field, int32_t row0, int32_t row1) {
    const int64_t q_pitch = int64_t(pair.query_width) * pair.channels;
    const int64_t k_pitch = int64_t(pair.key_width) * pair.channels;
    for (int32_t y = row0; y < row1; ++y) {
        for (int32_t x = 0; x < pair.query_cols; ++x) {
            const int64_t at = int64_t(y) * pair.query_cols + x;
            const AnyPatch patch(pair.query + (int64_t(y) * pair.query_width + x) * pair.channels, q_pitch, k_pitch,
                                 pair.patch, pair.channels);
            const int64_t key = int64_t(field.index[2 * at]) * pair.key_width + field.index[2 * at + 1];
            field.distance[at] = patch.distance(pair.key + key * pair.channels, INT32_MAX);
        }
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
