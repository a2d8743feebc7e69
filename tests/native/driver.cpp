// Random calls of every kernel, without Python: for the sanitizers and for machines that
// are emulated (tests/native/run.py builds and runs it).
//
//   driver --calls 100000 --seed 1 [--threads 4]
//
// What is drawn comes from a hash of (seed, kernel, call), so that it is the same with
// every library and processor. Each buffer has just the size that native/kernels.hpp asks
// for. All outputs go into one number per instruction set, printed as `isa calls hash`; the
// exit status is 1 if they differ. With --threads several threads at once call each
// kernel through parallel_for, which must give what one thread gives.
#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernels.hpp"
#include "threads.hpp"

using namespace patchloom;

namespace {

uint64_t mix(uint64_t seed, uint64_t counter) {
    uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

struct Draw {
    uint64_t seed, counter = 0;

    explicit Draw(uint64_t s) : seed(s) {}
    uint64_t bits() { return mix(seed, counter++); }
    int32_t between(int64_t low, int64_t high) { return int32_t(low + int64_t(bits() % uint64_t(high - low + 1))); }
    bool once_in(int32_t count) { return between(1, count) == 1; }
    float number() { return float(between(-(1 << 20), 1 << 20)) / float(1 << 17); }        // exact, -8 to 8
};

// One way to run a call: on these kernels, in this number of threads (0: bands in any
// order), with this byte in whatever a kernel has no right to read.
struct Way {
    const Kernels& kernels;
    int threads;
    int junk;
    uint64_t cuts;

    template <class T>
    std::vector<T> unset(int64_t count) const {
        std::vector<T> made(static_cast<size_t>(count));
        if (count > 0) memset(made.data(), junk, sizeof(T) * made.size());
        return made;
    }

    // Covers [0, last) by calls of work(first, last).
    template <class Work>
    void bands(int64_t last, const Work& work) const {
        Draw draw(cuts);
        if (threads > 0) return parallel_for(0, last, draw.between(1, 4), threads, work);
        const int64_t first_cut = draw.between(0, last), second_cut = draw.between(first_cut, last);
        const int64_t ends[] = {0, first_cut, second_cut, last};
        const bool backwards = draw.once_in(2);
        for (int part = 0; part < 3; ++part) {
            const int at = backwards ? 2 - part : part;
            if (ends[at] < ends[at + 1]) work(ends[at], ends[at + 1]);
        }
    }
};

struct Fold {
    uint64_t state = 0xCBF29CE484222325ull;

    template <class T>
    Fold& add(const std::vector<T>& values) {
        const unsigned char* bytes = reinterpret_cast<const unsigned char*>(values.data());
        for (size_t i = 0; i < sizeof(T) * values.size(); ++i) state = (state ^ bytes[i]) * 0x100000001B3ull;
        return *this;
    }
};

// What a call is about. The first 32 calls of a kernel have every combination of channels
// 1, 3, 4 and 8 with the masks, the others what comes.
struct Kind {
    int32_t channels, patch, top;
    bool weighted, masked, partial;

    Kind(Draw& draw, int64_t call) {
        const int32_t usual[] = {1, 3, 4, 8}, all[] = {1, 1, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7, 8, 8, 32};
        const uint64_t bits = call < 32 ? uint64_t(call) >> 2 : draw.bits();
        channels = call < 32 ? usual[call % 4] : all[draw.between(0, 15)];
        patch = draw.once_in(3) ? draw.between(3, 15) : 7;
        weighted = bits & 1, masked = bits & 2, partial = bits & 4;
        // as search/quantise.py has it: a patch's sum of squared differences fits into 31 bits
        top = int32_t(std::sqrt(double(INT32_MAX / (patch * patch * channels))));
        if (top > 32767) top = 32767;
    }

    int32_t sums_shift() const {
        int32_t shift = 0;
        const int64_t half = (patch + 1) / 2;
        while ((half * half * channels * top >> shift) > 32767) ++shift;
        return shift;
    }
};

int32_t some(Draw& draw) { return draw.once_in(8) ? draw.between(1, 40) : draw.between(1, 8); }

template <class T, class Make>
std::vector<T> many(int64_t count, const Make& make) {
    std::vector<T> made(static_cast<size_t>(count));
    for (T& value : made) value = T(make());
    return made;
}

std::vector<float> numbers(Draw& draw, int64_t count) {
    return many<float>(count, [&] { return draw.number(); });
}

std::vector<uint8_t> mask(Draw& draw, int64_t count) {
    const int32_t rarely = draw.between(1, 6);
    return many<uint8_t>(count, [&] { return draw.once_in(rarely); });
}

// Positions below `count` in ascending order, each once.
std::vector<int32_t> positions(Draw& draw, int32_t count) {
    std::vector<int32_t> made;
    for (int32_t i = 0; i < count; ++i) {
        if (draw.once_in(2)) made.push_back(i);
    }
    return std::vector<int32_t>(made.begin(), made.end());     // no room to spare
}

// Whole numbers from 0 to top: all, the ends, or few and so with many ties.
std::vector<int16_t> picture(Draw& draw, int64_t count, int32_t top) {
    const int32_t way = draw.between(0, 3);
    return many<int16_t>(count, [&] {
        return way == 0 ? top * draw.between(0, 1) : draw.between(0, way == 1 ? std::min(2, top) : top);
    });
}

const float* or_null(const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); }
const uint8_t* or_null(const std::vector<uint8_t>& values) { return values.empty() ? nullptr : values.data(); }

// Two pictures, weights and masks, as a search takes them.
struct Pictures {
    Pair pair{};
    std::vector<int16_t> query, key, query_sums, key_sums;
    std::vector<int32_t> starts, order;
    std::vector<float> weight;
    std::vector<uint8_t> valid;

    Pictures(Draw& draw, const Kind& kind) {
        pair.channels = kind.channels;
        pair.patch = kind.patch;
        pair.query_rows = some(draw), pair.query_cols = some(draw);
        pair.key_rows = some(draw), pair.key_cols = some(draw);
        pair.query_height = pair.query_rows + kind.patch - 1, pair.query_width = pair.query_cols + kind.patch - 1;
        pair.key_height = pair.key_rows + kind.patch - 1, pair.key_width = pair.key_cols + kind.patch - 1;
        query = picture(draw, int64_t(pair.query_height) * pair.query_width * kind.channels, kind.top);
        key = picture(draw, int64_t(pair.key_height) * pair.key_width * kind.channels, kind.top);
        const int32_t keys = pair.key_rows * pair.key_cols;
        const int32_t exponent = draw.between(-40, 40);
        if (kind.weighted) {
            weight = many<float>(keys, [&] { return std::ldexp(float(draw.between(1, 1 << 20)), exponent); });
        }
        if (kind.masked) valid = mask(draw, keys);
        pair.query = query.data(), pair.key = key.data();
        pair.weight = or_null(weight), pair.valid = or_null(valid);
    }

    void add_sums(const Kind& kind) {
        pair.sums_shift = kind.sums_shift();
        query_sums = sums_of(query, pair.query_rows, pair.query_cols);
        key_sums = sums_of(key, pair.key_rows, pair.key_cols);
        pair.query_sums = query_sums.data(), pair.key_sums = key_sums.data();
    }

    // The true sums, pixel by pixel.
    std::vector<int16_t> sums_of(const std::vector<int16_t>& image, int32_t rows, int32_t cols) const {
        std::vector<int16_t> sums;
        sums.reserve(size_t(rows) * cols * 4);
        const int32_t half = (pair.patch + 1) / 2;
        for (int32_t i = 0; i < rows * cols; ++i) {
            int32_t quarters[4] = {};
            for (int32_t p = 0; p < pair.patch * pair.patch; ++p) {
                const int32_t dy = p / pair.patch, dx = p % pair.patch;
                const size_t pixel = size_t(i / cols + dy) * (cols + pair.patch - 1) + i % cols + dx;
                for (int32_t c = 0; c < pair.channels; ++c) {
                    quarters[2 * (dy >= half) + (dx >= half)] += image[pixel * pair.channels + c];
                }
            }
            for (int32_t sum : quarters) sums.push_back(int16_t(sum >> pair.sums_shift));
        }
        return sums;
    }

    void add_rank() {
        const auto code = [&](int32_t key) { return sum_code(&key_sums[4 * size_t(key)]); };
        for (int32_t i = 0; i < pair.key_rows * pair.key_cols; ++i) order.push_back(i);
        order.shrink_to_fit();
        std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return code(a) < code(b); });
        starts.reserve(sum_codes + 1);
        for (size_t i = 0; i < order.size(); ++i) {
            if (starts.size() <= code(order[i])) starts.resize(code(order[i]) + 1, int32_t(i));
        }
        starts.resize(sum_codes + 1, int32_t(order.size()));
        pair.starts = starts.data(), pair.order = order.data();
    }
};

// A field of rows x cols entries that points below (key_rows, key_cols).
std::vector<int32_t> field(Draw& draw, int32_t entries, int32_t key_rows, int32_t key_cols) {
    std::vector<int32_t> made(2 * size_t(entries));
    for (size_t i = 0; i < made.size(); i += 2) {
        made[i] = draw.between(0, key_rows - 1);
        made[i + 1] = draw.between(0, key_cols - 1);
    }
    return made;
}

Fold call_noise(Draw& draw, const Kind&, const Way& way) {
    const uint64_t seed = draw.bits();
    auto out = way.unset<float>(draw.between(1, 200));
    way.bands(int64_t(out.size()), [&](int64_t a, int64_t b) { way.kernels.noise(out.data(), a, b, seed); });
    return Fold().add(out);
}

Fold call_resize(Draw& draw, const Kind& kind, const Way& way) {
    const int32_t height = some(draw), width = some(draw), rows = some(draw), cols = some(draw);
    const int32_t row_taps = draw.between(1, 9), col_taps = draw.between(1, 9), c = kind.channels;
    const auto image = numbers(draw, int64_t(height) * width * c);
    const auto row_index = many<int32_t>(rows * row_taps, [&] { return draw.between(0, height - 1); });
    const auto col_index = many<int32_t>(cols * col_taps, [&] { return draw.between(0, width - 1); });
    const auto row_weight = numbers(draw, rows * row_taps), col_weight = numbers(draw, cols * col_taps);
    auto out = way.unset<float>(int64_t(rows) * cols * c);
    way.bands(rows, [&](int64_t a, int64_t b) {
        auto scratch = way.unset<float>(int64_t(width) * c + 4);
        way.kernels.resize(image.data(), width, c, row_index.data(), row_weight.data(), row_taps, col_index.data(),
                           col_weight.data(), col_taps, cols, out.data(), int32_t(a), int32_t(b), scratch.data());
    });
    return Fold().add(out);
}

Fold call_vote(Draw& draw, const Kind& kind, const Way& way) {
    const int32_t rows = some(draw), cols = some(draw), key_rows = some(draw), key_cols = some(draw), p = kind.patch;
    const int32_t height = key_rows + p - 1, width = key_cols + p - 1, c = kind.channels;
    const int64_t pixels = int64_t(rows + p - 1) * (cols + p - 1);
    const auto value = numbers(draw, int64_t(height) * width * c);
    const auto index = field(draw, rows * cols, key_rows, key_cols);
    const auto fold = many<float>(p * p, [&] { return 0.125f + std::fabs(draw.number()); });
    const auto touched = kind.partial ? mask(draw, pixels) : std::vector<uint8_t>();
    auto out = kind.partial ? numbers(draw, pixels * c) : way.unset<float>(pixels * c);
    way.bands(rows + p - 1, [&](int64_t a, int64_t b) {
        auto scratch = way.unset<int32_t>(int64_t(p + 1) * cols);
        way.kernels.vote(value.data(), height, width, c, index.data(), rows, cols, fold.data(), p, or_null(touched),
                         out.data(), int32_t(a), int32_t(b), scratch.data());
    });
    return Fold().add(out);
}

Fold call_quantise(Draw& draw, const Kind& kind, const Way& way) {
    const int32_t count = draw.between(1, 300), exponent = draw.between(-12, 12), low = draw.between(-4, 4);
    const float scale = std::ldexp(1.0f, exponent);
    const auto image = many<float>(count, [&] {             // halves among them
        return float(low) + float(draw.between(0, 2 * kind.top)) / 2 / scale;
    });
    auto out = way.unset<int16_t>(count);
    way.bands(count, [&](int64_t a, int64_t b) {
        way.kernels.quantise(image.data(), a, b, float(low), scale, out.data());
    });
    return Fold().add(out);
}

Fold call_bounds(Draw& draw, const Kind&, const Way& way) {
    const int32_t count = draw.between(1, 200);
    const auto image = numbers(draw, count);
    std::vector<float> low(count, 9.0f), high(count, -9.0f);     // of the piece that begins here
    way.bands(count, [&](int64_t a, int64_t b) {
        way.kernels.bounds(image.data(), a, b, &low[size_t(a)], &high[size_t(a)]);
    });
    return Fold().add(std::vector<float>{*std::min_element(low.begin(), low.end()),
                                         *std::max_element(high.begin(), high.end())});
}

Fold call_sums(Draw& draw, const Kind& kind, const Way& way) {
    const Pictures pictures(draw, kind);
    const Pair& pair = pictures.pair;
    auto out = way.unset<int16_t>(int64_t(pair.query_rows) * pair.query_cols * 4);
    way.bands(pair.query_rows, [&](int64_t a, int64_t b) {
        auto scratch = way.unset<int32_t>(2 * pair.query_width);
        way.kernels.sums(pair.query, pair.query_width, pair.channels, pair.patch, kind.sums_shift(), out.data(),
                         int32_t(a), int32_t(b), scratch.data());
    });
    return Fold().add(out);
}

Fold call_rank(Draw& draw, const Kind&, const Way& way) {
    const int32_t count = draw.between(1, 300), top = draw.once_in(3) ? 4000 : 32767;
    const auto sums = picture(draw, 4 * count, top);
    const int32_t cut = draw.between(0, count);             // both passes may come in parts
    std::vector<int32_t> places(sum_codes, 0), steps;
    auto order = way.unset<int32_t>(count);
    way.kernels.rank(sums.data(), cut, count, places.data(), nullptr);
    way.kernels.rank(sums.data(), 0, cut, places.data(), nullptr);
    for (int32_t code = 0, start = 0; code < sum_codes; ++code) {
        const int32_t held = places[code];
        if (held) steps.insert(steps.end(), {code, start});  // all there is to know of the places, in short
        places[code] = start;
        start += held;
    }
    way.kernels.rank(sums.data(), 0, cut, places.data(), order.data());
    way.kernels.rank(sums.data(), cut, count, places.data(), order.data());
    return Fold().add(steps).add(order);
}

Fold call_differ(Draw& draw, const Kind& kind, const Way& way) {
    const int32_t count = draw.between(1, 200), rarely = draw.between(1, 100);
    const auto a = picture(draw, int64_t(count) * kind.channels, kind.top);
    auto b = a;
    for (int16_t& value : b) {
        if (draw.once_in(rarely)) value = int16_t(draw.between(0, kind.top));
    }
    auto out = way.unset<uint8_t>(count);
    way.bands(count, [&](int64_t first, int64_t last) {
        way.kernels.differ(a.data(), b.data(), kind.channels, first, last, out.data());
    });
    return Fold().add(out);
}

Fold call_window(Draw& draw, const Kind& kind, const Way& way) {
    const int32_t grid_rows = some(draw), grid_cols = some(draw), more = kind.patch - 1;
    const bool full = kind.partial;                       // from patches to the pixels that they cover
    const int32_t in_rows = grid_rows + (full ? 0 : more), in_cols = grid_cols + (full ? 0 : more);
    const int32_t out_rows = grid_rows + (full ? more : 0), out_cols = grid_cols + (full ? more : 0);
    const auto in = mask(draw, in_rows * in_cols);
    auto out = way.unset<uint8_t>(out_rows * out_cols);
    way.bands(out_rows, [&](int64_t a, int64_t b) {
        auto scratch = way.unset<uint8_t>(out_cols + 2 * kind.patch);
        way.kernels.window(in.data(), in_rows, in_cols, kind.patch, full ? more : 0, out.data(), out_cols, int32_t(a),
                           int32_t(b), scratch.data());
    });
    return Fold().add(out);
}

Fold call_inherit(Draw& draw, const Kind&, const Way& way) {
    const int32_t rows = some(draw), cols = some(draw), coarse_rows = some(draw), coarse_cols = some(draw);
    const int32_t key_rows = some(draw), key_cols = some(draw), last_row = some(draw) - 1, last_col = some(draw) - 1;
    const double step = draw.once_in(2) ? 0.25 : 1.0 / 3.0;
    const auto index = field(draw, coarse_rows * coarse_cols, key_rows, key_cols);
    const auto distance = numbers(draw, coarse_rows * coarse_cols);
    const auto row_parent = many<int32_t>(rows, [&] { return draw.between(0, coarse_rows - 1); });
    const auto col_parent = many<int32_t>(cols, [&] { return draw.between(0, coarse_cols - 1); });
    const auto places = [&](int32_t count) {
        return many<double>(count, [&] { return step * draw.between(-20, 99); });
    };
    const auto row_rest = places(rows), col_rest = places(cols), row_table = places(key_rows);
    const auto col_table = places(key_cols);
    auto out_index = way.unset<int32_t>(2 * rows * cols);
    auto out_distance = way.unset<float>(rows * cols);
    way.bands(rows, [&](int64_t a, int64_t b) {
        way.kernels.inherit(index.data(), distance.data(), coarse_cols, row_parent.data(), row_rest.data(),
                            col_parent.data(), col_rest.data(), row_table.data(), col_table.data(), last_row, last_col,
                            cols, out_index.data(), out_distance.data(), int32_t(a), int32_t(b));
    });
    return Fold().add(out_index).add(out_distance);
}

Fold call_exact(Draw& draw, const Kind& kind, const Way& way) {
    const Pictures pictures(draw, kind);
    const Pair& pair = pictures.pair;
    int32_t down0 = 1 - pair.query_rows, down1 = pair.key_rows;
    if (kind.partial) {
        down0 = draw.between(down0, down1);
        down1 = draw.between(down0, down1);
    }
    auto index = way.unset<int32_t>(2 * pair.query_rows * pair.query_cols);
    auto distance = way.unset<int32_t>(pair.query_rows * pair.query_cols);
    way.bands(pair.query_rows, [&](int64_t a, int64_t b) {
        auto scratch = way.unset<int32_t>(exact_scratch(pair));
        way.kernels.exact(pair, {index.data(), distance.data()}, int32_t(a), int32_t(b), down0, down1, scratch.data());
    });
    return Fold().add(index).add(distance);
}

Fold call_sweep(Draw& draw, const Kind& kind, const Way& way) {
    Pictures pictures(draw, kind);
    pictures.add_sums(kind);
    const int32_t looks = draw.once_in(2) ? 0 : draw.once_in(8) ? 32 : draw.between(1, 8);
    if (looks > 0) pictures.add_rank();                     // null otherwise: nobody may read it
    const Pair& pair = pictures.pair;
    const int32_t patches = pair.query_rows * pair.query_cols;
    const auto index = field(draw, patches, pair.key_rows, pair.key_cols);
    const auto at = kind.partial ? positions(draw, patches) : std::vector<int32_t>();
    const auto jumps = many<int32_t>(draw.between(0, 4), [&] { return draw.between(1, 9); });
    const auto radii = many<int32_t>(draw.between(0, draw.once_in(8) ? 32 : 8), [&] { return draw.between(0, 50); });
    auto new_index = kind.partial ? index : way.unset<int32_t>(2 * patches);
    auto new_distance = kind.partial ? numbers(draw, patches) : way.unset<float>(patches);
    const Sweep sweep{kind.partial ? at.data() : nullptr, index.data(), new_index.data(), new_distance.data(),
                      1.0 + draw.between(0, 1 << 20), jumps.data(), int32_t(jumps.size()), radii.data(),
                      int32_t(radii.size()), looks, draw.bits()};
    way.bands(kind.partial ? int64_t(at.size()) : patches, [&](int64_t a, int64_t b) {
        way.kernels.sweep(pair, sweep, a, b);
    });
    return Fold().add(new_index).add(new_distance);
}

Fold call_probe(Draw& draw, const Kind& kind, const Way& way) {
    Pictures pictures(draw, kind);
    pictures.add_sums(kind);                                // weights, starts and order are for others
    const Pair& pair = pictures.pair;
    const auto at = positions(draw, pair.query_rows * pair.query_cols);
    const int32_t exponent = draw.between(0, 31);
    auto least = many<int32_t>(int64_t(at.size()), [&] {
        return draw.between(0, draw.once_in(3) ? INT32_MAX : (int64_t(1) << exponent) - 1);
    });
    way.bands(int64_t(at.size()), [&](int64_t a, int64_t b) { way.kernels.probe(pair, at.data(), least.data(), a, b); });
    return Fold().add(least);
}

struct Named {
    const char* name;
    Fold (*call)(Draw&, const Kind&, const Way&);
};

constexpr Named kernels[] = {{"noise", call_noise}, {"resize", call_resize}, {"vote", call_vote},
                             {"quantise", call_quantise}, {"bounds", call_bounds}, {"sums", call_sums},
                             {"rank", call_rank}, {"differ", call_differ}, {"window", call_window},
                             {"inherit", call_inherit}, {"exact", call_exact}, {"sweep", call_sweep},
                             {"probe", call_probe}};
constexpr int kernel_count = int(sizeof kernels / sizeof *kernels);
static_assert(sizeof(Kernels) == kernel_count * sizeof(void (*)()), "every kernel is called");

struct Isa {
    const char* name;
    const Kernels* kernels;
    std::atomic<uint64_t> total{0};

    Isa(const char* n, const Kernels* k) : name(n), kernels(k) {}
};

struct Run {
    int64_t calls = 1000;
    uint64_t seed = 1;
    int threads = 0;
    std::deque<Isa> isas;
    std::atomic<int64_t> failures{0};

    uint64_t call(int kernel, int64_t number, size_t isa, int with_threads) {
        const int junk[] = {0x55, 0xFF, 0xAA};            // as floats: a number, not a number, a tiny number
        const uint64_t own = mix(mix(seed, uint64_t(kernel)), uint64_t(number));
        Draw draw(own);
        const Kind kind(draw, number);
        return kernels[kernel].call(draw, kind, {*isas[isa].kernels, with_threads, junk[isa % 3], ~own}).state;
    }

    void fail(const char* what, int kernel, int64_t number, const char* isa) {
        if (++failures <= 20) {
            fprintf(stderr, "%s, call %" PRId64 " on %s: %s\n", kernels[kernel].name, number, isa, what);
        }
    }

    void all_ways(int kernel, int64_t number) {
        uint64_t first = 0;
        for (size_t i = 0; i < isas.size(); ++i) {
            const uint64_t found = call(kernel, number, i, 0);
            if (i == 0) first = found;
            if (found != first) fail("another result than on the first instruction set", kernel, number, isas[i].name);
            if (threads > 0 && call(kernel, number, i, threads) != found) {
                fail("another result with threads", kernel, number, isas[i].name);
            }
            // a sum, so that the order in which threads come by does not matter
            isas[i].total += mix(found, uint64_t(number) * kernel_count + uint64_t(kernel));
        }
    }

    // An exception of one piece ends the call and arrives here; of several, one does.
    void exceptions(int kernel, int64_t number) {
        Draw draw(mix(seed, uint64_t(number)));
        const int64_t pieces = draw.between(1, 40), bad = draw.between(0, pieces - 1);
        const bool one = draw.once_in(2);
        std::string said;
        try {
            parallel_for(0, pieces, 1, threads, [&](int64_t a, int64_t) {
                if (one ? a == bad : a >= bad) throw std::runtime_error("piece " + std::to_string(a));
            });
        } catch (const std::runtime_error& error) {
            said = error.what();
        }
        if (one ? said != "piece " + std::to_string(bad) : said.compare(0, 6, "piece ") != 0) {
            fail("its exception did not arrive", kernel, number, "threads");
        }
    }

    // Pieces of work that call parallel_for themselves; one of them may throw.
    void nested(int kernel, int64_t number) {
        const bool bad = number % 2;
        std::vector<uint64_t> found(3);
        bool thrown = false;
        try {
            parallel_for(0, 3, 1, threads, [&](int64_t a, int64_t) {
                found[size_t(a)] = call(kernel, number + a, 0, threads);
                if (bad && a == 2) {
                    parallel_for(0, 9, 1, threads, [](int64_t piece, int64_t) {
                        if (piece == 4) throw std::bad_alloc();
                    });
                }
            });
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        if (thrown != bad) fail("its inner exception did not arrive", kernel, number, "threads");
        for (int64_t a = 0; !bad && a < 3; ++a) {
            if (found[size_t(a)] == call(kernel, number + a, 0, 0)) continue;
            fail("another result when nested", kernel, number, "threads");
        }
    }

    void share(int64_t first, int64_t step) {
        for (int kernel = 0; kernel < kernel_count; ++kernel) {
            for (int64_t number = first; number < calls; number += step) {
                all_ways(kernel, number);
                if (threads > 0 && number % 8 == 3) exceptions(kernel, number);
                if (threads > 0 && number % 8 == 6) nested(kernel, number);
            }
        }
    }
};

int64_t argument(int count, char** given, const char* name, int64_t otherwise) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(given[i], name)) return strtoll(given[i + 1], nullptr, 10);
    }
    return otherwise;
}

}  // namespace

int main(int count, char** given) {
    Run run;
    run.calls = argument(count, given, "--calls", run.calls);
    run.seed = uint64_t(argument(count, given, "--seed", 1));
    run.threads = int(argument(count, given, "--threads", 0));
    for (const char* name : {"baseline", "avx2", "avx512"}) {
        if (const Kernels* found = select_kernels(name)) run.isas.emplace_back(name, found);
    }
    if (run.threads > 0) {
        std::vector<std::thread> callers;
        for (int i = 0; i < 3; ++i) callers.emplace_back([&run, i] { run.share(i, 3); });
        for (std::thread& caller : callers) caller.join();
    } else {
        run.share(0, 1);
    }
    for (const Isa& isa : run.isas) {
        printf("%s %" PRId64 " %016" PRIx64 "\n", isa.name, run.calls * kernel_count, isa.total.load());
    }
    return run.failures > 0 ? 1 : 0;
}
