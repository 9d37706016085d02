package io.millrace.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Prints figures as a table of plain text. */
final class FigureTable {
    private static final String ROW = "%-44s %-9s %11s %23s %11s %7s  %-18s %-4s%n";

    private final PrintStream out;

    FigureTable(PrintStream out) {
        this.out = out;
    }

    void print(List<Figure> figures) {
        out.println();
        out.printf(Locale.ROOT, ROW, "figure", "unit", "median", "min - max", "limit", "ratio", "target", "met");
        for (Figure figure : figures) {
            Samples reached = figure.reached();
            out.printf(Locale.ROOT, ROW, figure.name(), figure.unit(), number(reached.median()),
                    number(reached.min()) + " - " + number(reached.max()),
                    figure.limit() == null ? "" : number(figure.limit().median()),
                    figure.limit() == null ? "" : ratio(figure.ratio().median()),
                    figure.target(), figure.target() instanceof Target.None ? "" : figure.met() ? "yes" : "NO");
        }
        out.println();
        figures.stream().filter(f -> !f.details().isEmpty())
                .forEach(f -> out.println("  " + f.name() + ": " + details(f)));
        out.println();
    }

    private static String details(Figure figure) {
        StringBuilder text = new StringBuilder();
        figure.details().forEach((name, value) ->
                text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(number(value)));
        return text.toString();
    }

    private static String ratio(double value) {
        return value >= 2 ? String.format(Locale.ROOT, "%.1fx", value) : String.format(Locale.ROOT, "%.0f %%", value * 100);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 100 ? "%.2f" : "%,.0f", value);
    }
}
