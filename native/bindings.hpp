// What the files of bindings share: array types, and checks that end a call.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>
#include <stdexcept>

#include "kernels.hpp"
#include "threads.hpp"

namespace patchloom {

namespace nb = nanobind;

template <class T, int N>
using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Optional8 = std::optional<Array<const uint8_t, 2>>;
using OptionalF = std::optional<Array<const float, 2>>;

extern const Kernels* chosen;         // those of the instruction set in use

inline void require(bool ok, const char* what) {
    if (!ok) throw std::invalid_argument(what);
}

inline void require_rows(int64_t row0, int64_t row1, int64_t rows) {
    require(row0 >= 0 && row0 <= row1 && row1 <= rows, "rows: within the output");
}

void bind_search(nb::module_& m);     // exact, sweep and probe

}  // namespace patchloom
