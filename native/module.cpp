// Bindings only: dtypes and shapes are guaranteed here, the GIL is released, and
// rows are dealt to threads. What each call means stands in kernels/native.py.
// The searches' bindings stand in module_search.cpp.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"

using namespace patchloom;

const Kernels* patchloom::chosen = nullptr;

namespace {

std::string chosen_name;

void select_isa(const std::string& name) {
    const Kernels* kernels = select_kernels(name.c_str());
    require(kernels != nullptr, "instruction set not available on this machine");
    chosen = kernels;
    chosen_name = name;
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
    m.def("bounds", &bounds, array, number);
    m.def("rank", &rank, array, number, number, array, mask);
    bind_search(m);
}
