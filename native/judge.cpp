#include "judge.h"

#include <algorithm>
#include <cmath>

#include "buffer.h"

namespace glassnet {
namespace {

// The search of src/glassnet/loss/refined.py.
constexpr double kLeast = 1.0 / 8, kMost = 4.0;
constexpr int kTimes = 12;
const double kGolden = (std::sqrt(5.0) - 1.0) / 2.0;

}  // namespace

Judge::Judge(const Setup& setup, std::vector<double> target, std::vector<double> weight, std::vector<Fold> folds)
    : setup_(setup),
      kernels_(choose_kernels<double>(setup.set)),
      target_(std::move(target)),
      weight_(std::move(weight)),
      folds_(std::move(folds)) {}

std::int64_t Judge::output_rows() const {
    std::int64_t rows = 0;
    for (const Fold& one : folds_) rows += one.rows * one.members;
    return rows;
}

std::int64_t Judge::pairs() const {
    std::int64_t pairs = 0;
    for (const Fold& one : folds_) pairs += one.members;
    return pairs;
}

// The weighted mean loss of outputs times `factor`, for some of the rows.
double Judge::mean(const double* output_nT, std::int64_t first, std::int64_t rows, double factor) const {
    const bool is_class = setup_.loss == LossName::cross_entropy;
    const long outputs = setup_.outputs, stride = is_class ? row_stride<double>(outputs) : outputs;
    const long targets = is_class ? 1 : outputs;
    // The kernels read whole vectors, so the rows are copied to where there is room behind them.
    Buffer<double> z(kPartRows * stride), target(kPartRows * targets), spread(kPartRows * outputs);
    double sum = 0, weights = 0;
    for (std::int64_t at = 0; at < rows; at += kPartRows) {
        const int here = static_cast<int>(std::min<std::int64_t>(kPartRows, rows - at));
        const double* weight = weight_.data() + first + at;
        std::copy_n(target_.data() + (first + at) * targets, here * targets, target.data());
        for (int b = 0; b < here; ++b) {
            for (long t = 0; t < outputs; ++t) z.data()[b * stride + t] = output_nT[(at + b) * outputs + t] * factor;
            std::fill_n(spread.data() + b * outputs, outputs, weight[b]);
            weights += weight[b];
        }
        double part = 0;
        kernels_.loss({setup_.loss, false, here, setup_.outputs, z.data(), stride, target.data(), weight, spread.data(),
                       1.0, setup_.smoothing, setup_.level, nullptr, &part});
        sum += part;
    }
    return sum / std::max(weights, 1e-30);
}

void Judge::losses(const double* output_ZT, double* loss_S) const {
    std::int64_t first = 0;
    for (const Fold& one : folds_) {
        for (int member = 0; member < one.members; ++member) {
            *loss_S++ = mean(output_ZT, first, one.rows, 1.0);
            output_ZT += one.rows * setup_.outputs;
        }
        first += one.rows;
    }
}

std::vector<double> Judge::mean_outputs(const double* output_ZT) const {
    std::vector<double> mean_nT;
    for (const Fold& one : folds_) {
        const std::int64_t count = one.rows * setup_.outputs, start = static_cast<std::int64_t>(mean_nT.size());
        mean_nT.resize(start + count, 0.0);
        for (int member = 0; member < one.members; ++member, output_ZT += count)
            for (std::int64_t i = 0; i < count; ++i) mean_nT[start + i] += output_ZT[i];
        for (std::int64_t i = 0; i < count; ++i) mean_nT[start + i] /= one.members;
    }
    return mean_nT;
}

double Judge::joint_loss(const double* output_ZT, bool refines) const {
    const std::vector<double> mean_nT = mean_outputs(output_ZT);
    if (refines) return refined(mean_nT.data());
    double sum = 0;
    std::int64_t first = 0;
    for (const Fold& one : folds_) {
        sum += mean(mean_nT.data() + first * setup_.outputs, first, one.rows, 1.0);
        first += one.rows;
    }
    return sum / static_cast<double>(folds_.size());
}

double Judge::refined(const double* output_nT) const {
    const std::int64_t rows = static_cast<std::int64_t>(weight_.size());
    const auto at = [&](double place) { return mean(output_nT, 0, rows, std::exp(place)); };
    double low = std::log(kLeast), high = std::log(kMost);
    double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
    double at_left = at(left), at_right = at(right);
    for (int time = 0; time < kTimes; ++time) {
        if (at_left <= at_right) {
            high = right, right = left, at_right = at_left;
            left = high - kGolden * (high - low);
            at_left = at(left);
        } else {
            low = left, left = right, at_left = at_right;
            right = low + kGolden * (high - low);
            at_right = at(right);
        }
    }
    // As Python's min: the second only where it is less.
    return at_right < at_left ? at_right : at_left;
}

}  // namespace glassnet
