package io.millrace.bench;

import java.util.Arrays;
import java.util.List;

/** What one thing reached, round by round. */
record Samples(List<Double> rounds) {
    Samples {
        rounds = List.copyOf(rounds);
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("no rounds were measured");
        }
    }

    static Samples of(double... values) {
        return new Samples(Arrays.stream(values).boxed().toList());
    }

    double median() {
        double[] sorted = rounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double min() {
        return rounds.stream().mapToDouble(Double::doubleValue).min().getAsDouble();
    }

    double max() {
        return rounds.stream().mapToDouble(Double::doubleValue).max().getAsDouble();
    }

    /** Round by round, this divided by the limit of the same round. */
    Samples dividedBy(Samples limit) {
        if (limit.rounds.size() != rounds.size()) {
            throw new IllegalArgumentException("rounds differ: " + rounds.size() + " and " + limit.rounds.size());
        }
        double[] ratios = new double[rounds.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = rounds.get(i) / limit.rounds.get(i);
        }
        return of(ratios);
    }
}
