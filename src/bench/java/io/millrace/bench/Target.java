package io.millrace.bench;

import java.util.Locale;

/** What a figure should reach. */
sealed interface Target {
    boolean metBy(Figure figure);

    /** Nothing is demanded: the figure is there to compare. */
    record None() implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return true;
        }

        @Override
        public String toString() {
            return "";
        }
    }

    /** The median of the rounds' ratios to the limit is at least this. */
    record Ratio(double least) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return figure.ratio().median() >= least;
        }

        @Override
        public String toString() {
            return least >= 2 ? String.format(Locale.ROOT, ">= %.0fx", least)
                    : String.format(Locale.ROOT, ">= %.0f %%", least * 100);
        }
    }

    /** The median is above this, in the figure's unit. */
    record Above(double bound) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return figure.reached().median() > bound;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "> %,.0f", bound);
        }
    }

    /** The largest sample is below this, in the figure's unit. */
    record Below(double bound) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return figure.reached().max() < bound;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "< %,.0f", bound);
        }
    }

    /** The median is below this, in the figure's unit. */
    record MedianBelow(double bound) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return figure.reached().median() < bound;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "median < %,.1f", bound);
        }
    }

    /** The median of the rounds' ratios to the other one is at most this. */
    record RatioBelow(double most) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return figure.ratio().median() <= most;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "<= %.0fx", most);
        }
    }

    /** The run fails where this does not hold. */
    record Required(Target target) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return target.metBy(figure);
        }

        @Override
        public String toString() {
            return target + ", required";
        }
    }

    /** Both hold. */
    record Both(Target first, Target second) implements Target {
        @Override
        public boolean metBy(Figure figure) {
            return first.metBy(figure) && second.metBy(figure);
        }

        @Override
        public String toString() {
            return first + " and " + second;
        }
    }
}
