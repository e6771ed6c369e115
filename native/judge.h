// What held-out rows say of the members' outputs, in double.
//
// Letters: F folds, n rows that the folds hold out, one fold after another, T outputs. Each fold's members give outputs
// for its own rows: S pairs of a fold and a member, fold by fold, and Z rows of outputs in all.
#pragma once

#include <cstdint>
#include <vector>

#include "setup.h"

namespace glassnet {

class Judge {
   public:
    struct Fold {
        std::int64_t rows;
        int members;
    };
    // `target` is (n, T), or (n, 1) class numbers, `weight` (n); of `setup` only the loss counts.
    Judge(const Setup& setup, std::vector<double> target, std::vector<double> weight, std::vector<Fold> folds);

    const Setup& setup() const { return setup_; }
    std::int64_t output_rows() const;
    std::int64_t pairs() const;

    // Writes the mean loss of each pair's outputs, (S).
    void losses(const double* output_ZT, double* loss_S) const;

    // Returns the loss of the members' mean outputs: the mean of the folds' losses, or refined, the least mean over all
    // rows that they reach when they are all divided by one number (src/glassnet/loss/refined.py).
    double joint_loss(const double* output_ZT, bool refines) const;

   private:
    double mean(const double* output_nT, std::int64_t first, std::int64_t rows, double factor) const;
    double refined(const double* output_nT) const;
    std::vector<double> mean_outputs(const double* output_ZT) const;

    Setup setup_;
    const Kernels<double>& kernels_;
    std::vector<double> target_, weight_;
    std::vector<Fold> folds_;
};

}  // namespace glassnet
