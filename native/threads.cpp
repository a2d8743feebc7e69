// A small pool of helpers that sleep on a condition variable: waking one costs some
// tens of microseconds, starting a thread several times that, and nobody spins.
#include "threads.hpp"

#include <atomic>
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

// One call of run_pieces: lives on the caller's stack until nobody works on it.
struct Job {
    void (*work)(const void*, int64_t);
    const void* context;
    int64_t pieces;
    std::atomic<int64_t> next{0};
    int seats;                        // helpers that may still join; guarded by Pool::mutex, like the rest
    int busy = 0;
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
            wanted.wait(lock, [this] { return !jobs.empty(); });
            Job* job = jobs.back();
            ++job->busy;
            if (--job->seats == 0) jobs.pop_back();
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
            hire(seats);
            jobs.push_back(&job);
        }
        if (asked == 1) wanted.notify_one();
        else wanted.notify_all();
        job.run(mutex);
        std::unique_lock<std::mutex> lock(mutex);
        jobs.erase(std::remove(jobs.begin(), jobs.end(), &job), jobs.end());
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
    Job job{work, context, pieces, {}, helpers, 0, nullptr};
    the_pool().serve(job);
    if (job.error) std::rethrow_exception(job.error);
}

}  // namespace patchloom
