// An encoded table's rows as the network of one fold sees them: made batch by batch, or kept where they are few.
//
// Letters: R rows of the table, N numbers, C categories, D dense inputs, B numbers that are looked up, E embedded
// categories, M missing marks, P pieces (bins that are dense inputs), V means of a level.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "buffer.h"
#include "kernels/table.h"
#include "setup.h"

namespace glassnet {

// What was learned for one fold; see prepare/values.py. Dense inputs: the numbers, marks, 0/1 columns, means, pieces.
struct Preparation {
    std::vector<float> location, scale, low, high, least, most;  // (N)
    std::vector<std::int32_t> is_clipped;                        // (N)
    std::vector<std::int32_t> marked;                            // (M): numbers
    std::vector<std::int32_t> piece_of;                          // (P): numbers
    std::vector<float> piece_low, piece_width;                   // (P)
    std::vector<std::int32_t> looked_up, bins;                   // (B): numbers, and how many bins each has
    std::vector<float> edge;                                     // their edges, one number's after the other's
    std::vector<std::int32_t> slot, first, levels, missing;      // slots of all levels; the rest (C)
    std::vector<std::int32_t> slots, is_one_hot;                 // (C)
    std::vector<std::int32_t> mean_category, mean_first, mean_size;
    std::vector<float> mean;                                     // (levels of all with means, means)
    int means = 0;                                               // V

    int numbers() const { return static_cast<int>(location.size()); }
    int categories() const { return static_cast<int>(first.size()); }
    int averaged() const { return means * static_cast<int>(mean_category.size()); }
    int zero_one() const;
    int embedded() const;
    int dense() const;
    // Throws std::invalid_argument where one part does not fit another.
    void check() const;
};

// The table, owned by the caller.
struct Encoded {
    std::int64_t rows = 0;
    const float* number = nullptr;  // (R, N)
    const void* code = nullptr;     // (R, C) of int8, int16 or int32; -1: missing, -2: never seen
    int code_bytes = 4;
    const float* own = nullptr;     // (R, X): what the fold's fit rows see of means; NaN elsewhere; null: nothing
};

// Where rows go.
template <class Real>
struct Shown {
    Real* dense;  // (rows, stride)
    long stride;
    std::int32_t* slot;   // (rows, E)
    std::int32_t* bin;    // (B, kPartRows)
    Real* fraction;       // (B, kPartRows)
};

template <class Real>
class Rows {
   public:
    // Throws where a code has no level.
    Rows(Preparation preparation, const Encoded& encoded, const Kernels<Real>& kernels);

    const Preparation& preparation() const { return preparation_; }
    std::int64_t rows() const { return encoded_.rows; }
    std::int64_t kept_bytes() const;  // that keeping them would take

    // Makes all rows now; from then on they are copied.
    void keep();
    const Real* kept() const { return dense_.data(); }  // (R, D), or null

    // Writes some rows, at most kPartRows. What lies behind a row's dense inputs, up to a cache line, may change too.
    void gather(const std::uint32_t* row, int rows, const Shown<Real>& to) const;

   private:
    void copy(const std::uint32_t* row, int rows, const Shown<Real>& to) const;
    void make(const std::uint32_t* row, int rows, const Shown<Real>& to) const;
    void make_located(const std::uint32_t* row, int rows, const Shown<Real>& to) const;
    template <class Code>
    void make_rest(const Code* code, const std::uint32_t* row, int rows, const Shown<Real>& to) const;
    template <class Code>
    void check_codes(const Code* code) const;

    Preparation preparation_;
    Encoded encoded_;
    const Kernels<Real>& kernels_;
    int dense_inputs_, embedded_, looked_up_, marks_, zero_one_, averaged_;
    bool has_clipped_ = false, has_rest_;
    Buffer<Real> dense_;             // where they are kept
    Buffer<Real> fraction_;          // (R, B)
    std::vector<std::uint16_t> bin_; // (R, B)
    std::vector<std::int32_t> slot_; // (R, E)
    bool is_kept_ = false;
};

}  // namespace glassnet
