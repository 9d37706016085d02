package io.millrace.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The parts of a suite that were chosen, as text: all, or names separated by commas. */
final class PartNames {
    private PartNames() {
    }

    /** @throws IllegalArgumentException when one of the names is no part's */
    static <P extends Enum<P>> Set<P> parse(Class<P> parts, String names) {
        if (names.equals("all")) {
            return Collections.unmodifiableSet(EnumSet.allOf(parts));
        }
        Set<P> chosen = EnumSet.noneOf(parts);
        for (String name : names.split(",")) {
            chosen.add(Arrays.stream(parts.getEnumConstants()).filter(part -> part.name().equalsIgnoreCase(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("the parts are all or some of "
                            + Arrays.toString(parts.getEnumConstants()).toLowerCase(Locale.ROOT) + ", found '" + name + "'")));
        }
        return Collections.unmodifiableSet(chosen);
    }
}
