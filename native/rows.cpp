#include "rows.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace glassnet {
namespace {

constexpr int kAhead = 16;  // rows asked for before they are copied: a table is larger than the caches

void need(bool is_right, const char* what) {
    if (!is_right) throw std::invalid_argument(what);
}

bool are_below(const std::vector<std::int32_t>& numbers, std::int64_t limit) {
    return std::all_of(numbers.begin(), numbers.end(), [&](std::int32_t one) { return one >= 0 && one < limit; });
}

template <class Real>
inline void ask_for(const Real* row, long count) {
    for (long at = 0; at < count; at += kLineReals<Real>) __builtin_prefetch(row + at);
}

// Copies a row in whole cache lines where the table goes on behind it: what is read too much falls on padding, or on
// the start of the next row, which is written after.
template <class Real>
inline void copy_row(const Real* from, Real* to, long count, bool has_more) {
    if (!has_more) {
        std::memcpy(to, from, count * sizeof(Real));
        return;
    }
    for (long at = 0; at < count; at += kLineReals<Real>) std::memcpy(to + at, from + at, kLine);
}

}  // namespace

int Preparation::zero_one() const {
    int sum = 0;
    for (std::size_t c = 0; c < slots.size(); ++c) sum += is_one_hot[c] ? slots[c] : 0;
    return sum;
}

int Preparation::embedded() const {
    return categories() - static_cast<int>(std::count_if(is_one_hot.begin(), is_one_hot.end(), [](int one) { return one != 0; }));
}

int Preparation::dense() const {
    return numbers() + static_cast<int>(marked.size()) + zero_one() + averaged() + static_cast<int>(piece_of.size());
}

void Preparation::check() const {
    const char* what = "a part of the preparation does not fit the others";
    const std::size_t n = location.size(), c = first.size(), p = piece_of.size();
    for (const std::vector<float>* one : {&scale, &low, &high, &least, &most}) need(one->size() == n, what);
    need(is_clipped.size() == n && are_below(marked, n), what);
    need(piece_low.size() == p && piece_width.size() == p && are_below(piece_of, n), what);
    need(bins.size() == looked_up.size() && are_below(looked_up, n) && are_below(bins, 1 << 16), what);
    std::size_t edges = 0;
    for (const std::int32_t one : bins) {
        need(one > 0, what);
        edges += one + 1;
    }
    need(edge.size() == edges, what);
    for (const std::vector<std::int32_t>* one : {&levels, &missing, &slots, &is_one_hot}) need(one->size() == c, what);
    for (std::size_t i = 0; i < c; ++i) {
        need(levels[i] >= 0 && first[i] >= 0 && static_cast<std::size_t>(first[i]) + levels[i] <= slot.size(), what);
        need(slots[i] > 0 && missing[i] >= 0 && missing[i] < slots[i], what);
        for (std::int32_t level = 0; level < levels[i]; ++level)
            need(slot[first[i] + level] >= 0 && slot[first[i] + level] < slots[i], "a category has no such slot");
    }
    need(mean_first.size() == mean_category.size() && mean_size.size() == mean_category.size() &&
                        are_below(mean_category, c) && means >= 0, what);
    for (std::size_t j = 0; j < mean_category.size(); ++j)
        need(mean_first[j] >= 0 && mean_size[j] == levels[mean_category[j]] + 2 &&
                            (static_cast<std::size_t>(mean_first[j]) + mean_size[j]) * means <= mean.size(), what);
}

template <class Real>
Rows<Real>::Rows(Preparation preparation, const Encoded& encoded, const Kernels<Real>& kernels)
    : preparation_(std::move(preparation)), encoded_(encoded), kernels_(kernels) {
    preparation_.check();
    const Preparation& p = preparation_;
    dense_inputs_ = p.dense();
    embedded_ = p.embedded();
    looked_up_ = static_cast<int>(p.looked_up.size());
    marks_ = static_cast<int>(p.marked.size());
    zero_one_ = p.zero_one();
    averaged_ = p.averaged();
    for (const std::int32_t one : p.is_clipped) has_clipped_ |= one != 0;
    has_rest_ = marks_ > 0 || p.categories() > 0;
    if (encoded_.code_bytes == 1) check_codes(static_cast<const std::int8_t*>(encoded_.code));
    if (encoded_.code_bytes == 2) check_codes(static_cast<const std::int16_t*>(encoded_.code));
    if (encoded_.code_bytes == 4) check_codes(static_cast<const std::int32_t*>(encoded_.code));
}

template <class Real>
template <class Code>
void Rows<Real>::check_codes(const Code* code) const {
    const int categories = preparation_.categories();
    for (std::int64_t row = 0; row < encoded_.rows; ++row, code += categories)
        for (int c = 0; c < categories; ++c)
            need(code[c] >= -2 && code[c] < preparation_.levels[c], "a category has no such level");
}

template <class Real>
std::int64_t Rows<Real>::kept_bytes() const {
    const std::int64_t dense = dense_inputs_, real = sizeof(Real);
    return encoded_.rows * (dense * real + looked_up_ * (2 + real) + embedded_ * 4);
}

template <class Real>
void Rows<Real>::keep() {
    if (is_kept_) return;
    const std::int64_t rows = encoded_.rows, numbers = looked_up_;
    dense_ = Buffer<Real>(rows * dense_inputs_);
    fraction_ = Buffer<Real>(rows * numbers);
    bin_.resize(rows * numbers);
    slot_.resize(rows * embedded_);
    std::vector<std::int32_t> bin(kPartRows * numbers);
    std::vector<Real> fraction(kPartRows * numbers);
    std::uint32_t row[kPartRows];
    for (std::int64_t first = 0; first < rows; first += kPartRows) {
        const int count = static_cast<int>(std::min<std::int64_t>(kPartRows, rows - first));
        for (int b = 0; b < count; ++b) row[b] = static_cast<std::uint32_t>(first + b);
        make(row, count, {dense_.data() + first * dense_inputs_, dense_inputs_, slot_.data() + first * embedded_,
                          bin.data(), fraction.data()});
        for (int n = 0; n < looked_up_; ++n)
            for (int b = 0; b < count; ++b) {
                bin_[(first + b) * numbers + n] = static_cast<std::uint16_t>(bin[n * kPartRows + b]);
                fraction_.data()[(first + b) * numbers + n] = fraction[n * kPartRows + b];
            }
    }
    is_kept_ = true;
}

template <class Real>
void Rows<Real>::gather(const std::uint32_t* row, int rows, const Shown<Real>& to) const {
    is_kept_ ? copy(row, rows, to) : make(row, rows, to);
}

template <class Real>
void Rows<Real>::copy(const std::uint32_t* row, int rows, const Shown<Real>& to) const {
    const std::int64_t width = dense_inputs_, all = encoded_.rows * width, numbers = looked_up_;
    for (int b = 0; b < rows; ++b) {
        const std::int64_t at = row[b];
        if (b + kAhead < rows) {
            const std::int64_t next = row[b + kAhead];
            ask_for(dense_.data() + next * width, width);
            ask_for(bin_.data() + next * numbers, numbers);
            ask_for(fraction_.data() + next * numbers, numbers);
        }
        copy_row(dense_.data() + at * width, to.dense + b * to.stride, width, at * width + padded<Real>(width) <= all);
        for (int e = 0; e < embedded_; ++e) to.slot[b * embedded_ + e] = slot_[at * embedded_ + e];
        for (int n = 0; n < looked_up_; ++n) {
            to.bin[n * kPartRows + b] = bin_[at * numbers + n];
            to.fraction[n * kPartRows + b] = fraction_.data()[at * numbers + n];
        }
    }
}

template <class Real>
void Rows<Real>::make(const std::uint32_t* row, int rows, const Shown<Real>& to) const {
    const Preparation& p = preparation_;
    kernels_.scale_rows({rows, p.numbers(), row, encoded_.number, p.location.data(), p.scale.data(), p.low.data(),
                         p.high.data(), p.least.data(), p.most.data(), p.is_clipped.data(), has_clipped_, to.dense,
                         to.stride});
    if (has_rest_) {
        if (encoded_.code_bytes == 1) make_rest(static_cast<const std::int8_t*>(encoded_.code), row, rows, to);
        if (encoded_.code_bytes == 2) make_rest(static_cast<const std::int16_t*>(encoded_.code), row, rows, to);
        if (encoded_.code_bytes == 4) make_rest(static_cast<const std::int32_t*>(encoded_.code), row, rows, to);
    }
    if (!p.piece_of.empty())
        kernels_.piece_rows({rows, p.numbers(), static_cast<int>(p.piece_of.size()), row, encoded_.number,
                             p.piece_of.data(), p.piece_low.data(), p.piece_width.data(),
                             to.dense + p.numbers() + marks_ + zero_one_ + averaged_, to.stride});
    if (looked_up_ > 0) make_located(row, rows, to);
}

template <class Real>
void Rows<Real>::make_located(const std::uint32_t* row, int rows, const Shown<Real>& to) const {
    const Preparation& p = preparation_;
    float share[kPartRows];
    const float* edge = p.edge.data();
    for (int n = 0; n < looked_up_; ++n) {
        kernels_.locate_rows({rows, p.numbers(), p.bins[n], row, encoded_.number + p.looked_up[n], edge,
                              to.bin + n * kPartRows, share});
        for (int b = 0; b < rows; ++b) to.fraction[n * kPartRows + b] = static_cast<Real>(share[b]);
        edge += p.bins[n] + 1;
    }
}

// Marks of missing numbers, 0/1 columns, means and slots.
template <class Real>
template <class Code>
void Rows<Real>::make_rest(const Code* every, const std::uint32_t* row, int rows, const Shown<Real>& to) const {
    const Preparation& p = preparation_;
    const int numbers = p.numbers(), categories = p.categories(), means = p.means;
    for (int b = 0; b < rows; ++b) {
        const std::int64_t at = row[b];
        if (b + kAhead < rows && categories > 0) ask_for(every + row[b + kAhead] * static_cast<std::int64_t>(categories), categories);
        const float* number = encoded_.number + at * numbers;
        Real* dense = to.dense + b * to.stride + numbers;
        for (const std::int32_t one : p.marked) *dense++ = std::isnan(number[one]) ? Real(1) : Real(0);
        const Code* code = every + at * categories;
        std::fill_n(dense, zero_one_, Real(0));
        std::int32_t* slot_to = to.slot + b * embedded_;
        for (int c = 0; c < categories; ++c) {
            const std::int32_t slot = code[c] >= 0 ? p.slot[p.first[c] + code[c]] : code[c] == -1 ? p.missing[c] : 0;
            if (!p.is_one_hot[c]) {
                *slot_to++ = slot;
                continue;
            }
            dense[slot] = Real(1);
            dense += p.slots[c];
        }
        const float* own = encoded_.own ? encoded_.own + at * averaged_ : nullptr;
        for (std::size_t j = 0; j < p.mean_category.size(); ++j) {
            const int one = code[p.mean_category[j]];
            const std::int64_t level = one >= 0 ? one : p.mean_size[j] - (one == -1 ? 2 : 1);
            const float* mean = p.mean.data() + (p.mean_first[j] + level) * means;
            for (int v = 0; v < means; ++v, ++dense) {
                const bool is_own = own && !std::isnan(*own);
                *dense = static_cast<Real>(is_own ? *own : mean[v]);
                own += own != nullptr;
            }
        }
    }
}

template class Rows<float>;
template class Rows<double>;

}  // namespace glassnet
