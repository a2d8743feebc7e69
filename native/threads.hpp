// parallel_for over rows. Which thread takes which rows is left to chance; what is
// computed for a row is not, so no result depends on the number of threads.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace patchloom {

// Calls work(first, last) for pieces of at most `grain` rows that cover [row0, row1).
template <class Work>
void parallel_for(int64_t row0, int64_t row1, int64_t grain, int threads, const Work& work) {
    const int64_t pieces = (row1 - row0 + grain - 1) / grain;
    const int64_t wanted = std::min<int64_t>(threads, pieces);
    std::atomic<int64_t> next{0};
    std::atomic<bool> failed{false};
    std::exception_ptr error;
    const auto run = [&] {
        try {
            for (int64_t i = next++; i < pieces; i = next++) {
                const int64_t first = row0 + i * grain;
                work(first, std::min(first + grain, row1));
            }
        } catch (...) {                                   // out of memory, most likely: told once all have stopped
            next = pieces;
            if (!failed.exchange(true)) error = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    others.reserve(size_t(wanted));
    for (int64_t i = 1; i < wanted; ++i) {
        try {
            others.emplace_back(run);
        } catch (const std::exception&) {
            break;                                        // no more threads or memory to be had: fewer do the same
        }
    }
    run();
    for (auto& thread : others) thread.join();
    if (failed) std::rethrow_exception(error);
}

}  // namespace patchloom
