// Bindings only: dtypes and shapes are guaranteed here, the GIL is released, and
// rows are dealt to threads. What each call means stands in kernels/native.py.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <stdexcept>
#include <string>

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

void require_rows(int row0, int row1, int64_t rows) {
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
        std::vector<float> scratch(image.shape(1) * image.shape(2));
        chosen->resize(image.data(), int32_t(image.shape(1)), int32_t(image.shape(2)), row_index.data(),
                       row_weight.data(), int32_t(row_index.shape(1)), col_index.data(), col_weight.data(),
                       int32_t(col_index.shape(1)), int32_t(out.shape(1)), out.data(), int32_t(a), int32_t(b),
                       scratch.data());
    });
}

void vote(Array<const float, 3> value, Array<const int32_t, 3> index, Array<const float, 2> fold,
          Array<float, 3> out, int row0, int row1, int threads) {
    const int patch = int(fold.shape(0));
    require(fold.shape(1) == fold.shape(0), "fold: square");
    require(index.shape(2) == 2 && out.shape(0) == index.shape(0) + patch - 1 &&
                out.shape(1) == index.shape(1) + patch - 1 && out.shape(2) == value.shape(2),
            "out: the size that the field's patches cover");
    require(out.shape(2) <= 32, "channels: at most 32");
    require_rows(row0, row1, int64_t(out.shape(0)));
    nb::gil_scoped_release release;
    parallel_for(row0, row1, 8, threads, [&](int64_t a, int64_t b) {
        chosen->vote(value.data(), int32_t(value.shape(1)), int32_t(value.shape(2)), index.data(),
                     int32_t(index.shape(0)), int32_t(index.shape(1)), fold.data(), patch, out.data(), int32_t(a),
                     int32_t(b));
    });
}

void distance(Array<const int16_t, 3> query, Array<const int16_t, 3> key, int patch, Array<int32_t, 3> index,
              Array<int32_t, 2> out, int row0, int row1, int threads) {
    const Pair pair = make_pair(query, key, patch, 2);
    const Field field = make_field(index, out, pair);
    require_rows(row0, row1, pair.query_rows);
    nb::gil_scoped_release release;
    parallel_for(row0, row1, 8, threads,
                 [&](int64_t a, int64_t b) { chosen->distance(pair, field, int32_t(a), int32_t(b)); });
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

void sweep(Array<const int16_t, 3> query, Array<const int16_t, 3> key, int patch, OptionalF weight,
           Optional8 valid, Optional8 active, Array<int32_t, 3> old_index, Array<int32_t, 2> old_distance,
           Array<int32_t, 3> new_index, Array<int32_t, 2> new_distance, int jump, int trials, uint64_t seed,
           int row0, int row1, int threads) {
    Pair pair = make_pair(query, key, patch, 2);
    set_masks(pair, weight, valid);
    const Field old_field = make_field(old_index, old_distance, pair);
    const Field new_field = make_field(new_index, new_distance, pair);
    require(!active || (active->shape(0) == size_t(pair.query_rows) && active->shape(1) == size_t(pair.query_cols)),
            "active: one per query patch");
    require_rows(row0, row1, pair.query_rows);
    const uint8_t* mask = active ? active->data() : nullptr;
    nb::gil_scoped_release release;
    parallel_for(row0, row1, 4, threads, [&](int64_t a, int64_t b) {
        chosen->sweep(pair, mask, old_field, new_field, jump, trials, seed, int32_t(a), int32_t(b));
    });
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
    m.def("vote", &vote, array, array, array, array, number, number, number);
    m.def("distance", &distance, array, array, number, array, array, number, number, number);
    m.def("exact", &exact, array, array, number, mask, mask, array, array, number, number, number, number, number);
    m.def("sweep", &sweep, array, array, number, mask, mask, mask, array, array, array, array, number, number, number,
          number, number, number);
}
