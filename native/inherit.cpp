// A field handed to the next finer level. What is computed per axis comes as tables,
// so that here is but one addition and a rounding.
#include <cmath>

#include "kernels.hpp"

namespace patchloom {
namespace PATCHLOOM_ISA {

static inline int32_t place(double at, int32_t last) {
    const double whole = std::floor(at + 0.5);
    return whole <= 0.0 ? 0 : whole >= double(last) ? last : int32_t(whole);
}

void inherit(const int32_t* index, const float* distance, int32_t coarse_cols, const int32_t* row_parent,
             const double* row_rest, const int32_t* col_parent, const double* col_rest, const double* row_table,
             const double* col_table, int32_t last_row, int32_t last_col, int32_t cols, int32_t* out_index,
             float* out_distance, int32_t row0, int32_t row1) {
    for (int32_t y = row0; y < row1; ++y) {
        for (int32_t x = 0; x < cols; ++x) {
            const int64_t parent = int64_t(row_parent[y]) * coarse_cols + col_parent[x];
            const int64_t at = int64_t(y) * cols + x;
            out_index[2 * at] = place(row_table[index[2 * parent]] + row_rest[y], last_row);
            out_index[2 * at + 1] = place(col_table[index[2 * parent + 1]] + col_rest[x], last_col);
            out_distance[at] = distance[parent];
        }
    }
}

}  // namespace PATCHLOOM_ISA
}  // namespace patchloom
