// A small pool of helpers that sleep on a condition variable. Waking one costs some tens
// of microseconds, as much as a small call takes, and calls often follow one another at
// once: so before it sleeps a thread offers its processor to others for a moment, and looks
// again. On a busy machine they take it.
#include "threads.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace patchloom {
namespace {

// Waits for something that is about to happen: until `ready`, or for a third of a millisecond.
template <class Ready>
void linger(const Ready& ready) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(300);
    while (!ready() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

// One call of run_pieces: lives on the caller's stack until nobody works on it.
struct Job {
    void (*work)(const void*, int64_t);
    const void* context;
    int64_t pieces;
    std::atomic<int64_t> next{0};
    int seats;                        // helpers that may still join; guarded by Pool::mutex, like the rest
    std::atomic<int> busy{0};
    std::exception_ptr error;

    void run(std::mutex& mutex) {
        try {
            for (int64_t i = next.fetch_add(1); i < pieces; i = next.fetch_add(1)) work(context, i);
        } catch (...) {               // out of memory, most likely: told once all have stopped
            next = pieces;
            const std::lock_guard<std::mutex> lock(mutex);
            if (!error) error = std::current_exception();
        }
    }
};

struct Pool {
    std::mutex mutex;
    std::condition_variable wanted, left;
    std::vector<Job*> jobs;           // those with free seats
    std::atomic<int> open{0};         // jobs with free seats
    int helpers = 0, seats = 0;       // helpers there are, and all that the jobs at work asked for

    // Makes sure that there are helpers for `count` seats; fewer do where no more are to be had.
    void hire(int count) {
        while (helpers < count) {
            try {
                std::thread([this] { help(); }).detach();
            } catch (const std::system_error&) {
                return;
            }
            ++helpers;
        }
    }

    void help() {
        std::unique_lock<std::mutex> lock(mutex);
        for (;;) {
            if (jobs.empty()) {
                lock.unlock();
                linger([this] { return open.load() > 0; });
                lock.lock();
            }
            wanted.wait(lock, [this] { return !jobs.empty(); });
            Job* job = jobs.back();
            ++job->busy;
            if (--job->seats == 0) {
                jobs.pop_back();
                --open;
            }
            lock.unlock();
            job->run(mutex);
            lock.lock();
            if (--job->busy == 0) left.notify_all();
        }
    }

    void serve(Job& job) {
        const int asked = job.seats;
        {
            const std::lock_guard<std::mutex> lock(mutex);
            seats += asked;
            hire(std::max(asked, std::min(seats, int(std::thread::hardware_concurrency()))));
            jobs.push_back(&job);
            ++open;
        }
        if (asked == 1) wanted.notify_one();
        else wanted.notify_all();
        job.run(mutex);
        std::unique_lock<std::mutex> lock(mutex);
        const auto mine = std::find(jobs.begin(), jobs.end(), &job);
        if (mine != jobs.end()) {
            jobs.erase(mine);
            --open;
        }
        if (job.busy != 0) {
            lock.unlock();
            linger([&job] { return job.busy.load() == 0; });
            lock.lock();
        }
        left.wait(lock, [&job] { return job.busy == 0; });
        seats -= asked;
    }
};

// Never destroyed: its helpers may outlive everything. A forked child has none of its
// parent's threads, and starts afresh.
std::atomic<Pool*> pool{nullptr};

Pool& the_pool() {
    Pool* found = pool.load();
    if (!found) {
        Pool* made = new Pool;
        if (pool.compare_exchange_strong(found, made)) {
#ifndef _WIN32
            static std::once_flag once;
            std::call_once(once, [] { pthread_atfork(nullptr, nullptr, [] { pool.store(nullptr); }); });
#endif
            return *made;
        }
        delete made;
    }
    return *found;
}

}  // namespace

void run_pieces(int64_t pieces, int threads, void (*work)(const void*, int64_t), const void* context) {
    const int helpers = int(std::min<int64_t>(threads, pieces)) - 1;
    if (helpers < 1) {
        for (int64_t i = 0; i < pieces; ++i) work(context, i);
        return;
    }
    Job job{work, context, pieces, {}, helpers, {}, nullptr};
    the_pool().serve(job);
    if (job.error) std::rethrow_exception(job.error);
}

}  // namespace patchloom
