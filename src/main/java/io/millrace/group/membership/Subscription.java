package io.millrace.group.membership;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What a consumer wants to read. */
public sealed interface Subscription {
    /** Nothing. */
    record None() implements Subscription {
    }

    /** The topics of these names, whether they exist by now or not; the group shares their partitions out. */
    record Topics(SortedSet<String> names) implements Subscription {
        public Topics {
            names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
        }
    }

    /** Each topic whose whole name matches. */
    record Matching(TopicPattern pattern) implements Subscription {
    }

    /** These partitions and no others, whatever the rest of the group does. */
    record Assigned(SortedSet<TopicPartition> partitions) implements Subscription {
        public Assigned {
            partitions = Collections.unmodifiableSortedSet(new TreeSet<>(partitions));
        }
    }

    /** A regular expression of RE2, which takes time in proportion to the text, whatever the expression. */
    record TopicPattern(String regex, Pattern compiled) {
        /** Enough for any topic's name, and too little for an expression that takes the compiler long, or its stack. */
        private static final int MAX_LENGTH = 1_000;
        private static final int MAX_REPETITIONS = 1_000;
        private static final Pattern REPETITION = Pattern.compile("\\{(\\d+)(?:,(\\d*))?\\}");

        /** @throws BrokerException INVALID_CONSUMER when it is no expression of RE2, or a too large one */
        public static TopicPattern of(String regex) {
            if (regex.length() > MAX_LENGTH || repetitions(regex) > MAX_REPETITIONS) {
                throw new BrokerException(ErrorKind.INVALID_CONSUMER, "topic_pattern is too large: it may have " + MAX_LENGTH
                        + " characters, and counted repetitions of " + MAX_REPETITIONS + " in all");
            }
            try {
                return new TopicPattern(regex, Pattern.compile(regex));
            } catch (PatternSyntaxException e) {
                throw new BrokerException(ErrorKind.INVALID_CONSUMER,
                        "topic_pattern is no regular expression of RE2: " + e.getMessage(), e);
            }
        }

        /** The product of all counted repetitions, as if they were nested. */
        private static double repetitions(String regex) {
            double product = 1;
            for (Matcher each = REPETITION.matcher(regex); each.find();) {
                String most = each.group(2) == null || each.group(2).isEmpty() ? each.group(1) : each.group(2);
                product *= Math.max(1, Double.parseDouble(most));
            }
            return product;
        }

        /** Topics of the cluster's own are read by who names them, and by no pattern. */
        boolean matches(String topic) {
            return !TopicName.isInternal(topic) && compiled.matches(topic);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof TopicPattern same && same.regex.equals(regex);
        }

        @Override
        public int hashCode() {
            return regex.hashCode();
        }
    }

    /** The topics among those that exist whose partitions the group is to share out to this consumer, sorted. */
    default SortedSet<String> topics(Collection<String> existing) {
        TreeSet<String> topics = new TreeSet<>();
        if (this instanceof Topics named) {
            existing.stream().filter(named.names()::contains).forEach(topics::add);
        } else if (this instanceof Matching matching) {
            existing.stream().filter(matching.pattern()::matches).forEach(topics::add);
        }
        return topics;
    }

    /** Whether it speaks of partitions of a topic of that name. */
    default boolean names(String topic) {
        return this instanceof Assigned own ? own.partitions().stream().anyMatch(each -> each.topic().equals(topic))
                : !topics(List.of(topic)).isEmpty();
    }

    /** Whether it asks for nothing. */
    default boolean isEmpty() {
        return this instanceof None || this instanceof Assigned own && own.partitions().isEmpty();
    }

    /** @throws BrokerException INVALID_CONSUMER when it names what no topic can be called, and so would give nothing for ever */
    default void requirePossible() {
        Stream<String> names = this instanceof Topics named ? named.names().stream()
                : this instanceof Assigned own ? own.partitions().stream().map(TopicPartition::topic) : Stream.of();
        names.filter(name -> !TopicName.isLegal(name)).findFirst().ifPresent(name -> {
            throw new BrokerException(ErrorKind.INVALID_CONSUMER, "no topic can be called '" + TopicName.shortened(name)
                    + "': names have 1 to " + TopicName.MAX_LENGTH + " of the characters a-z, A-Z, 0-9, '.', '_' and '-'; for topics"
                    + " that match an expression send topic_pattern");
        });
    }

    /** How much there is of it to be written. */
    default long characters() {
        if (this instanceof Topics named) {
            return named.names().stream().mapToLong(String::length).sum();
        } else if (this instanceof Assigned own) {
            return own.partitions().stream().mapToLong(each -> each.topic().length() + 4L).sum();
        }
        return this instanceof Matching matching ? matching.pattern().regex().length() : 0;
    }

    /** Whether it takes part in sharing partitions out. */
    default boolean isShared() {
        return this instanceof Topics || this instanceof Matching;
    }
}
