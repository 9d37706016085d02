package io.millrace.rest.dialect;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a client takes as an answer, from all its Accept headers; everything when there is none. Immutable. */
public final class AcceptHeader {
    private static final Comparator<MediaRange> MOST_WANTED_FIRST = Comparator.comparingInt(MediaRange::thousandths)
            .thenComparingInt(MediaRange::precision).reversed();

    /** What is wanted most comes first. */
    private final List<MediaRange> ranges;

    private AcceptHeader(List<MediaRange> ranges) {
        this.ranges = ranges;
    }

    /**
     * @param values of the headers, or null
     * @throws RequestException 400 when one is not a list of media types
     */
    public static AcceptHeader of(List<String> values) {
        List<MediaRange> ranges = new ArrayList<>();
        if (values != null) {
            values.forEach(value -> ranges.addAll(MediaRange.accepted(value)));
        }
        if (ranges.isEmpty()) {
            ranges.add(MediaRange.ANYTHING);
        }
        ranges.sort(MOST_WANTED_FIRST);
        return new AcceptHeader(ranges);
    }

    /**
     * What is answered with.
     *
     * @param mediaType the one of those offered that is wanted most
     * @param named     whether the client named it, not only a range that it lies in
     */
    public record Choice(String mediaType, boolean named) {
    }

    /** @param offered in lower case; of two that are wanted alike the first is chosen */
    public Optional<Choice> choose(List<String> offered) {
        for (MediaRange range : ranges) {
            for (String mediaType : offered) {
                if (range.thousandths() > 0 && range.equals(of(mediaType))) {
                    return Optional.of(new Choice(mediaType, range.precision() == 2));
                }
            }
        }
        return Optional.empty();
    }

    /** The range that says how much a type is wanted: the most precise one; null when there is none. */
    private MediaRange of(String mediaType) {
        MediaRange found = null;
        for (MediaRange range : ranges) {
            if (range.covers(mediaType) && (found == null || range.precision() > found.precision())) {
                found = range;
            }
        }
        return found;
    }

    /** As one header has it, in an order and a spelling that every reader of HTTP understands alike. */
    public String text() {
        return ranges.stream().map(MediaRange::text).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return text();
    }
}
