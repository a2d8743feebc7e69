// Bindings of the searches only: see module.cpp.
#include <algorithm>
#include <vector>

#include "bindings.hpp"

using namespace patchloom;

namespace {

void set_masks(Pair& pair, const OptionalF& weight, const Optional8& valid) {
    pair.weight = weight ? weight->data() : nullptr;
    pair.valid = valid ? valid->data() : nullptr;
    const size_t rows = size_t(pair.key_rows), cols = size_t(pair.key_cols);
    require(!weight || (weight->shape(0) == rows && weight->shape(1) == cols), "weight: one per key patch");
    require(!valid || (valid->shape(0) == rows && valid->shape(1) == cols), "valid: one per key patch");
}

void set_sums(Pair& pair, const Array<const int16_t, 3>& query_sums, const Array<const int16_t, 3>& key_sums, int shift) {
    const auto fits = [](const auto& sums, int32_t rows, int32_t cols) {
        return sums.shape(0) == size_t(rows) && sums.shape(1) == size_t(cols) && sums.shape(2) == 4;
    };
    require(fits(query_sums, pair.query_rows, pair.query_cols) && fits(key_sums, pair.key_rows, pair.key_cols),
            "sums: four per patch");
    pair.query_sums = query_sums.data();
    pair.key_sums = key_sums.data();
    pair.sums_shift = shift;
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
    set_sums(pair, query_sums, key_sums, sums_shift);
    require(looks >= 0 && looks <= 32 && (!looks || (starts.shape(0) == size_t(sum_codes) + 1 &&
                                                     order.shape(0) == size_t(pair.key_rows) * pair.key_cols)),
            "order: of all keys");
    require(jumps.shape(0) <= 4 && radii.shape(0) <= 32, "jumps and radii: at most 4 and 32");
    require_rows(first, last, at ? int64_t(at->shape(0)) : int64_t(rows * cols));
    pair.starts = starts.data();
    pair.order = order.data();
    const Sweep task{at ? at->data() : nullptr, index.data(), new_index.data(), new_distance.data(), steps,
                     jumps.data(), int32_t(jumps.shape(0)), radii.data(), int32_t(radii.shape(0)), looks, seed};
    nb::gil_scoped_release release;
    parallel_for(first, last, 512, threads, [&](int64_t a, int64_t b) { chosen->sweep(pair, task, a, b); });
}

void probe(Array<const int16_t, 3> query, Array<const int16_t, 3> key, int patch, Array<const int16_t, 3> query_sums,
           Array<const int16_t, 3> key_sums, int sums_shift, Optional8 valid, Array<const int32_t, 1> at,
           Array<int32_t, 1> least, int64_t first, int64_t last, int threads) {
    Pair pair = make_pair(query, key, patch, 2);
    set_masks(pair, std::nullopt, valid);
    set_sums(pair, query_sums, key_sums, sums_shift);
    require(least.shape(0) == at.shape(0), "least: one per position");
    require_rows(first, last, int64_t(at.shape(0)));
    nb::gil_scoped_release release;
    parallel_for(first, last, 8, threads,
                 [&](int64_t a, int64_t b) { chosen->probe(pair, at.data(), least.data(), a, b); });
}

}  // namespace

void patchloom::bind_search(nb::module_& m) {
    const auto array = nb::arg().noconvert();             // as in module.cpp
    const auto mask = nb::arg().noconvert().none();
    const auto number = nb::arg();
    m.def("exact", &exact, array, array, number, mask, mask, array, array, number, number, number, number, number);
    m.def("sweep", &sweep, array, array, number, array, array, number, array, array, mask, mask, mask, array, array,
          array, number, number, number, array, array, number, number, number);
    m.def("probe", &probe, array, array, number, array, array, number, mask, array, array, number, number, number);
}
