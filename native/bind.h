// What the parts of the Python module glassnet.engine._fused have in common.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <stdexcept>

#include "rows.h"

namespace glassnet {

namespace nb = nanobind;

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Cube = nb::ndarray<T, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Codes = nb::ndarray<nb::ro, nb::ndim<2>, nb::c_contig, nb::device::cpu>;  // whole numbers of some size

inline void check(bool is_right, const char* what) {
    if (!is_right) throw std::invalid_argument(what);
}

// Keeps the arrays that rows are made of alive beside them.
template <class Real>
class HeldRows {
   public:
    HeldRows(const Preparation& preparation, Matrix<const float> number, Codes code, Matrix<const float> own)
        : number_(number), code_(code), own_(own), rows_(preparation, encoded(preparation), choose_kernels<Real>("best")) {}

    Rows<Real>& rows() { return rows_; }

   private:
    Encoded encoded(const Preparation& preparation) const {
        const std::size_t rows = number_.shape(0), averaged = preparation.averaged();
        check(rows <= UINT32_MAX, "a table has more rows than the fused engine counts");
        check(number_.shape(1) == static_cast<std::size_t>(preparation.numbers()) && code_.shape(0) == rows &&
                  code_.shape(1) == static_cast<std::size_t>(preparation.categories()),
              "the table does not fit the preparation");
        check(code_.dtype().code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::Int) && code_.dtype().bits <= 32,
              "codes are whole numbers of 8, 16 or 32 bits");
        const bool has_own = own_.shape(0) > 0 && averaged > 0;
        check(!has_own || (own_.shape(0) == rows && own_.shape(1) == averaged), "the rows' own means do not fit");
        return {static_cast<std::int64_t>(rows), number_.data(), code_.data(), code_.dtype().bits / 8,
                has_own ? own_.data() : nullptr};
    }

    Matrix<const float> number_;
    Codes code_;
    Matrix<const float> own_;
    Rows<Real> rows_;
};

// rows_bound.cpp
void bind_rows(nb::module_& m);

}  // namespace glassnet
