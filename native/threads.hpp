// parallel_for over pieces of work. Which thread takes which piece is left to
// chance; what is computed for a piece is not, so no result depends on the number
// of threads.
#pragma once
#include <algorithm>
#include <cstdint>

namespace patchloom {

// Calls work(context, i) for i in [0, pieces) on the calling thread and on up to
// threads - 1 others, and returns when all are done. Helpers are kept asleep between
// calls. Any number of threads may call it at once; a child process gets helpers of its
// own. An exception of `work` ends the call early and is thrown here.
void run_pieces(int64_t pieces, int threads, void (*work)(const void* context, int64_t piece), const void* context);

// Calls work(first, last) for pieces of at most `grain` that cover [first, last).
template <class Work>
void parallel_for(int64_t first, int64_t last, int64_t grain, int threads, const Work& work) {
    struct Context {
        const Work& work;
        int64_t first, last, grain;
    } const context{work, first, last, grain};
    run_pieces((last - first + grain - 1) / grain, threads, [](const void* pointer, int64_t piece) {
        const Context& c = *static_cast<const Context*>(pointer);
        const int64_t start = c.first + piece * c.grain;
        c.work(start, std::min(start + c.grain, c.last));
    }, &context);
}

}  // namespace patchloom
