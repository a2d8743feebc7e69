// Bindings only: dtypes and shapes are guaranteed here, the GIL is released, and
// rows are dealt to threads. What each call means stands in kernels/native.py.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "threads.hpp"

namespace nb = nanobind;
using namespace patchloom;

namespace {

template <class T, int N>
using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Optional8 = std::optional<Array<const uint8_t, 2>>;
using OptionalF = std::optional<Array<const float, 2>>;

const Kernels* chosen = nullptr;
std::string chosen_name;

void require(bool ok, const char* what) {
    if (!ok) throw std::invalid_argument(what);
}

void select_isa(const std::string& name) {
    const Kernels* kernels = select_kernels(name.c_str());
    require(kernels != nullptr, "instruction set not available on this machine");
    chosen = kernels;
    chosen_name = name;
}

void set_masks(Pair& pair, const OptionalF& weight, const Optional8& valid) {
    pair.weight = weight ? weight->data() : nullptr;
    pair.valid = valid ? valid->data() : nullptr;
    const size_t rows = size_t(pair.key_rows), cols = size_t(pair.key_cols);
    require(!weight || (weight->shape(0) == rows && weight->shape(1) == cols), "weight: one per key patch");
    require(!valid || (valid->shape(0) == rows && valid->shape(1) == cols), "valid: one per key patch");
}

// channel_axis: 2 for (row, col, channel), 0 for planes.
Pair make_pair(const Array<const int16_t, 3>& query, const Array<const int16_t, 3>& key, int patch,
               int channel_axis) {
    const int row_axis = channel_axis == 0 ? 1 : 0;
    Pair pair{};
    pair.query = query.data();
    pair.key = key.data();
    pair.channels = int32_t(query.shape(channel_axis));
    pair.patch = patch;
    pair.query_height = int32_t(query.shape(row_axis));
    pair.query_width = int32_t(query.shape(row_axis + 1));
    pair.key_height = int32_t(key.shape(row_axis));
    pair.key_width = int32_t(key.shape(row_axis + 1));
    pair.query_rows = pair.query_height - patch + 1;
    pair.query_cols = pair.query_width - patch + 1;
    pair.key_rows = pair.key_height - patch + 1;
    pair.key_cols = pair.key_width - patch + 1;
    require(pair.channels == int32_t(key.shape(channel_axis)), "query and key: same channels");
    require(patch >= 1 && pair.query_rows > 0 && pair.query_cols > 0 && pair.key_rows > 0 && pair.key_cols > 0,
            "query and key: at least one patch");
    return pair;
}

Field make_field(const Array<int32_t, 3>& index, const Array<int32_t, 2>& distance, const Pair& pair) {
    require(index.shape(0) == size_t(pair.query_rows) && index.shape(1) == size_t(pair.query_cols) &&
                index.shape(2) == 2,
            "index: two per query patch");
    require(distance.shape(0) == index.shape(0) && distance.shape(1) == index.shape(1),
            "distance: one per query patch");
    return Field{index.data(), distance.data()};
}

void require_rows(int64_t row0, int64_t row1, int64_t rows) {
    require(row0 >= 0 && row0 <= row1 && row1 <= rows, "rows: within the output");
}

void noise(Array<float, 1> out, uint64_t seed, int threads) {
    float* data = out.data();
    const int64_t count = int64_t(out.shape(0));
    nb::gil_scoped_release release;
    parallel_for(0, count, 1 << 16, threads, [&](int64_t a, int64_t b) { chosen->noise(data, a, b, seed); });
}

void resize(Array<const float, 3> image, Array<const int32_t, 2> row_index, Array<const float, 2> row_weight,
            Array<const int32_t, 2> col_index, Array<const float, 2> col_weight, Array<float, 3> out, int row0,
            int row1, int threads) {
    require(row_index.shape(0) == row_weight.shape(0) && row_index.shape(1) == row_weight.shape(1) &&
                col_index.shape(0) == col_weight.shape(0) && col_index.shape(1) == col_weight.shape(1),
            "taps: an index for every weight");
    require(out.shape(0) == row_index.shape(0) && out.shape(1) == col_index.shape(0) &&
                out.shape(2) == image.shape(2),
            "out: one row and column per tap row");
    require_rows(row0, row1, int64_t(out.shape(0)));
    nb::gil_scoped_release release;
    parallel_for(row0, row1, 16, threads, [&](int64_t a, int64_t b) {
        std::vector<float> scratch(image.shape(1) * image.shape(2) + 4);
        chosen->resize(image.data(), int32_t(image.shape(1)), int32_t(image.shape(2)), row_index.data(),
                       row_weight.data(), int32_t(row_index.shape(1)), col_index.data(), col_weight.data(),
                       int32_t(col_index.shape(1)), int32_t(out.shape(1)), out.data(), int32_t(a), int32_t(b),
                       scratch.data());
    });
}

void vote(Array<const float, 3> value, Array<const int32_t, 3> index, Array<const float, 2> fold, Optional8 touched,
          Array<float, 3> out, int row0, int row1, int threads) {
    const int patch = int(fold.shape(0));
    require(fold.shape(1) == fold.shape(0) && patch <= 31, "fold: square, at most 31");
    require(index.shape(2) == 2 && out.shape(0) == index.shape(0) + patch - 1 &&
                out.shape(1) == index.shape(1) + patch - 1 && out.shape(2) == value.shape(2),
            "out: the size that the field's patches cover");
    require(out.shape(2) <= 32, "channels: at most 32");
    require(int64_t(value.shape(0)) * int64_t(value.shape(1)) <= INT32_MAX, "value: at most 2^31 - 1 pixels");
    require(!touched || (touched->shape(0) == out.shape(0) && touched->shape(1) == out.shape(1)),
            "touched: one per output pixel");
    require_rows(row0, row1, int64_t(out.shape(0)));
    nb::gil_scoped_release release;
    parallel_for(row0, row1, 16, threads, [&](int64_t a, int64_t b) {
        std::vector<int32_t> scratch(size_t(patch + 1) * index.shape(1));
        chosen->vote(value.data(), int32_t(value.shape(0)), int32_t(value.shape(1)), int32_t(value.shape(2)),
                     index.data(), int32_t(index.shape(0)), int32_t(index.shape(1)), fold.data(), patch,
                     touched ? touched->data() : nullptr, out.data(), int32_t(a), int32_t(b), scratch.data());
    });
}

void quantise(Array<const float, 1> image, float low, float scale, Array<int16_t, 1> out, int threads) {
    require(image.shape(0) == out.shape(0), "out: one per value");
    nb::gil_scoped_release release;
    parallel_for(0, int64_t(image.shape(0)), 1 << 16, threads,
                 [&](int64_t a, int64_t b) { chosen->quantise(image.data(), a, b, low, scale, out.data()); });
}

std::pair<float, float> bounds(Array<const float, 1> image, int threads) {
    require(image.shape(0) > 0, "image: at least one value");
    const int64_t count = int64_t(image.shape(0)), grain = 1 << 16;
    std::vector<float> low(size_t((count + grain - 1) / grain)), high(low.size());
    {
        nb::gil_scoped_release release;
        parallel_for(0, count, grain, threads, [&](int64_t a, int64_t b) {
            chosen->bounds(image.data(), a, b, &low[size_t(a / grain)], &high[size_t(a / grain)]);
        });
    }
    return {*std::min_element(low.begin(), low.end()), *std::max_element(high.begin(), high.end())};
}

void sums(Array<const int16_t, 3> image, int patch, int shift, Array<int16_t, 3> out, int threads) {
    require(patch >= 1 && out.shape(2) == 4 && out.shape(0) + patch - 1 == image.shape(0) &&
                out.shape(1) + patch - 1 == image.shape(1),
            "out: one per patch");
    nb::gil_scoped_release release;
    parallel_for(0, int64_t(out.shape(0)), 64, threads, [&](int64_t a, int64_t b) {
        std::vector<int32_t> scratch(2 * image.shape(1));
        chosen->sums(image.data(), int32_t(image.shape(1)), int32_t(image.shape(2)), patch, shift, out.data(),
                     int32_t(a), int32_t(b), scratch.data());
    });
}

// Places that do not come of counting the same sums would write outside the order.
void rank(Array<const int16_t, 3> sums, int64_t first, int64_t last, Array<int32_t, 1> places,
          std::optional<Array<int32_t, 1>> order) {
    const size_t count = sums.shape(0) * sums.shape(1);
    require(sums.shape(2) == 4 && places.shape(0) == size_t(sum_codes) && (!order || order->shape(0) == count),
            "places: one per code; order: one per patch");
    require_rows(first, last, int64_t(count));
    nb::gil_scoped_release release;
    chosen->rank(sums.data(), first, last, places.data(), order ? order->data() : nullptr);
}

void differ(Array<const int16_t, 3> a, Array<const int16_t, 3> b, Array<uint8_t, 2> out, int threads) {
    require(a.shape(0) == b.shape(0) && a.shape(1) == b.shape(1) && a.shape(2) == b.shape(2) &&
                out.shape(0) == a.shape(0) && out.shape(1) == a.shape(1),
            "pictures: of one size");
    nb::gil_scoped_release release;
    parallel_for(0, int64_t(a.shape(0) * a.shape(1)), 1 << 16, threads, [&](int64_t first, int64_t last) {
        chosen->differ(a.data(), b.data(), int32_t(a.shape(2)), first, last, out.data());
    });
}

void window(Array<const uint8_t, 2> in, int patch, int back, Array<uint8_t, 2> out, int threads) {
    require(patch >= 1 && back >= 0 && back < patch, "back: within the patch");
    require(int64_t(in.shape(1)) <= int64_t(out.shape(1)) + patch - 1 - back, "out: as wide as the windows");
    nb::gil_scoped_release release;
    parallel_for(0, int64_t(out.shape(0)), 64, threads, [&](int64_t a, int64_t b) {
        std::vector<uint8_t> scratch(out.shape(1) + 2 * size_t(patch));
        chosen->window(in.data(), int32_t(in.shape(0)), int32_t(in.shape(1)), patch, back, out.data(),
                       int32_t(out.shape(1)), int32_t(a), int32_t(b), scratch.data());
    });
}

// The caller sees to it that parents lie within the coarse field and its entries within the tables.
void inherit(Array<const int32_t, 3> index, Array<const float, 2> distance, Array<const int32_t, 1> row_parent,
             Array<const double, 1> row_rest, Array<const int32_t, 1> col_parent, Array<const double, 1> col_rest,
             Array<const double, 1> row_table, Array<const double, 1> col_table, int last_row, int last_col,
             Array<int32_t, 3> out_index, Array<float, 2> out_distance, int threads) {
    const size_t rows = row_parent.shape(0), cols = col_parent.shape(0);
    require(row_rest.shape(0) == rows && col_rest.shape(0) == cols && out_index.shape(0) == rows &&
                out_index.shape(1) == cols && out_index.shape(2) == 2 && out_distance.shape(0) == rows &&
                out_distance.shape(1) == cols && index.shape(2) == 2 && distance.shape(0) == index.shape(0) &&
                distance.shape(1) == index.shape(1),
            "out: one per parent");
    nb::gil_scoped_release release;
    parallel_for(0, int64_t(rows), 64, threads, [&](int64_t a, int64_t b) {
        chosen->inherit(index.data(), distance.data(), int32_t(index.shape(1)), row_parent.data(), row_rest.data(),
                        col_parent.data(), col_rest.data(), row_table.data(), col_table.data(), last_row, last_col,
                        int32_t(cols), out_index.data(), out_distance.data(), int32_t(a), int32_t(b));
    });
}

void exact(Array<const int16_t, 3> query, Array<const int16_t, 3> key, int patch, OptionalF weight,
           Optional8 valid, Array<int32_t, 3> index, Array<int32_t, 2> out, int row0, int row1, int down0, int down1,
           int threads) {
    Pair pair = make_pair(query, key, patch, 0);
    set_masks(pair, weight, valid);
    const Field field = make_field(index, out, pair);
    require_rows(row0, row1, pair.query_rows);
    nb::gil_scoped_release release;
    const int64_t share = (row1 - row0 + threads - 1) / threads;
    parallel_for(row0, row1, std::min<int64_t>(std::max<int64_t>(share, 1), exact_band), threads,
                 [&](int64_t a, int64_t b) {
        std::vector<int32_t> scratch(size_t(exact_scratch(pair)));
        chosen->exact(pair, field, int32_t(a), int32_t(b), down0, down1, scratch.data());
    });
}

void sweep(Array<const int16_t, 3> query, Array<const int16_t, 3> key, int patch, Array<const int16_t, 3> query_sums,
           Array<const int16_t, 3> key_sums, int sums_shift, Array<const int32_t, 1> starts,
           Array<const int32_t, 1> order, OptionalF weight, Optional8 valid,
           std::optional<Array<const int32_t, 1>> at, Array<const int32_t, 3> index, Array<const int32_t, 1> jumps,
           Array<const int32_t, 1> radii, int looks, uint64_t seed, double steps, Array<int32_t, 3> new_index,
           Array<float, 2> new_distance, int64_t first, int64_t last, int threads) {
    Pair pair = make_pair(query, key, patch, 2);
    set_masks(pair, weight, valid);
    const size_t rows = size_t(pair.query_rows), cols = size_t(pair.query_cols);
    const auto fits = [&](const auto& array) { return array.shape(0) == rows && array.shape(1) == cols; };
    require(fits(index) && index.shape(2) == 2 && fits(new_index) && new_index.shape(2) == 2 && fits(new_distance),
            "index: two per query patch; distance: one");
    require(fits(query_sums) && key_sums.shape(0) == size_t(pair.key_rows) &&
                key_sums.shape(1) == size_t(pair.key_cols) && query_sums.shape(2) == 4 && key_sums.shape(2) == 4,
            "sums: four per patch");
    require(looks >= 0 && looks <= 32 && (!looks || (starts.shape(0) == size_t(sum_codes) + 1 &&
                                                     order.shape(0) == size_t(pair.key_rows) * pair.key_cols)),
            "order: of all keys");
    require(jumps.shape(0) <= 4 && radii.shape(0) <= 32, "jumps and radii: at most 4 and 32");
    require_rows(first, last, at ? int64_t(at->shape(0)) : int64_t(rows * cols));
    pair.query_sums = query_sums.data();
    pair.key_sums = key_sums.data();
    pair.sums_shift = sums_shift;
    pair.starts = starts.data();
    pair.order = order.data();
    const Sweep task{at ? at->data() : nullptr, index.data(), new_index.data(), new_distance.data(), steps,
                     jumps.data(), int32_t(jumps.shape(0)), radii.data(), int32_t(radii.shape(0)), looks, seed};
    nb::gil_scoped_release release;
    parallel_for(first, last, 512, threads, [&](int64_t a, int64_t b) { chosen->sweep(pair, task, a, b); });
}

}  // namespace

NB_MODULE(_native, m) {
    select_isa(best_isa());
    m.def("isa", [] { return chosen_name; });
    m.def("select_isa", &select_isa, nb::arg("name"));
    // Nothing is converted: an output that came in another dtype would be filled in vain.
    const auto array = nb::arg().noconvert();
    const auto mask = nb::arg().noconvert().none();
    const auto number = nb::arg();
    m.def("noise", &noise, array, number, number);
    m.def("resize", &resize, array, array, array, array, array, array, number, number, number);
    m.def("vote", &vote, array, array, array, mask, array, number, number, number);
    m.def("quantise", &quantise, array, number, number, array, number);
    m.def("sums", &sums, array, number, number, array, number);
    m.def("differ", &differ, array, array, array, number);
    m.def("window", &window, array, number, number, array, number);
    m.def("inherit", &inherit, array, array, array, array, array, array, array, array, number, number, array, array,
          number);
    m.def("exact", &exact, array, array, number, mask, mask, array, array, number, number, number, number, number);
    m.def("bounds", &bounds, array, number);
    m.def("rank", &rank, array, number, number, array, mask);
    m.def("sweep", &sweep, array, array, number, array, array, number, array, array, mask, mask, mask, array, array,
          array, number, number, number, array, array, number, number, number);
}
