// Counter-based random numbers: a pure function of (seed, counter), so that no
// result depends on the order of the work. SplitMix64's finaliser (Steele et al.,
// "Fast splittable pseudorandom number generators", OOPSLA 2014).
#pragma once
#include <cstdint>

namespace patchloom {
namespace PATCHLOOM_ISA {

static inline uint64_t hash(uint64_t seed, uint64_t counter) {
    uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
