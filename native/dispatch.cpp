// Picks the kernels for this machine, once, at import.
#include <cstring>

#include "kernels.hpp"

namespace patchloom {

#define PATCHLOOM_DECLARE(isa)                                                                                     \
    namespace isa {                                                                                                \
    void noise(float*, int64_t, int64_t, uint64_t);                                                                \
    void resize(const float*, int32_t, int32_t, const int32_t*, const float*, int32_t, const int32_t*,            \
                const float*, int32_t, int32_t, float*, int32_t, int32_t, float*);                                 \
    void vote(const float*, int32_t, int32_t, int32_t, const int32_t*, int32_t, int32_t, const float*, int32_t,    \
              const uint8_t*, float*, int32_t, int32_t, int32_t*);                                                 \
    void quantise(const float*, int64_t, int64_t, float, float, int16_t*);                                         \
    void bounds(const float*, int64_t, int64_t, float*, float*);                                                   \
    void sums(const int16_t*, int32_t, int32_t, int32_t, int32_t, int16_t*, int32_t, int32_t, int32_t*);           \
    void rank(const int16_t*, int64_t, int64_t, int32_t*, int32_t*);                                               \
    void differ(const int16_t*, const int16_t*, int32_t, int64_t, int64_t, uint8_t*);                              \
    void window(const uint8_t*, int32_t, int32_t, int32_t, int32_t, uint8_t*, int32_t, int32_t, int32_t,           \
                uint8_t*);                                                                                         \
    void inherit(const int32_t*, const float*, int32_t, const int32_t*, const double*, const int32_t*,            \
                 const double*, const double*, const double*, int32_t, int32_t, int32_t, int32_t*, float*,         \
                 int32_t, int32_t);                                                                                \
    void exact(const Pair&, Field, int32_t, int32_t, int32_t, int32_t, int32_t*);                                  \
    void sweep(const Pair&, const Sweep&, int64_t, int64_t);                                                       \
    void probe(const Pair&, const int32_t*, int32_t*, int64_t, int64_t);                                           \
    static const Kernels kernels = {noise, resize, vote, quantise,                                                 \
                                    bounds, sums, rank, differ, window, inherit, exact, sweep, probe};             \
    }

PATCHLOOM_DECLARE(baseline)
#ifdef PATCHLOOM_X86
PATCHLOOM_DECLARE(avx2)
PATCHLOOM_DECLARE(avx512)

static bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
#endif

const char* best_isa() {
#ifdef PATCHLOOM_X86
    __builtin_cpu_init();
    if (has_avx512()) return "avx512";
    if (__builtin_cpu_supports("avx2")) return "avx2";
#endif
    return "baseline";
}

const Kernels* select_kernels(const char* name) {
    if (!strcmp(name, "baseline")) return &baseline::kernels;
#ifdef PATCHLOOM_X86
    __builtin_cpu_init();
    if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2")) return &avx2::kernels;
    if (!strcmp(name, "avx512") && has_avx512()) return &avx512::kernels;
#endif
    return nullptr;
}

}  // namespace patchloom
