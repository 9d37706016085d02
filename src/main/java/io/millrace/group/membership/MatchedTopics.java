package io.millrace.group.membership;

import io.millrace.group.membership.Subscription.Matching;
import io.millrace.group.membership.Subscription.TopicPattern;
import io.millrace.metadata.TopicInfo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which topics the members of a group read. A topic is held against a pattern once, however many members have that pattern and
 * however often it is asked. Used by one thread at a time.
 */
final class MatchedTopics {
    private final Map<TopicPattern, Known> patterns = new HashMap<>();
    private final Set<TopicPattern> asked = new HashSet<>();
    private long matches;

    /** What is known of one pattern. */
    private static final class Known {
        private Map<String, TopicInfo> of;
        private final Set<String> seen = new HashSet<>();
        private final SortedSet<String> matching = new TreeSet<>();
    }

    /** As {@link Subscription#topics}. */
    SortedSet<String> topics(Subscription subscription, Map<String, TopicInfo> existing) {
        if (!(subscription instanceof Matching matching)) {
            return subscription.topics(existing.keySet());
        }
        asked.add(matching.pattern());
        Known known = patterns.computeIfAbsent(matching.pattern(), any -> new Known());
        if (known.of != existing) {
            known.of = existing;
            known.seen.retainAll(existing.keySet());
            known.matching.retainAll(existing.keySet());
            existing.keySet().stream().filter(known.seen::add).filter(topic -> matches(matching.pattern(), topic))
                    .forEach(known.matching::add);
        }
        return known.matching;
    }

    private boolean matches(TopicPattern pattern, String topic) {
        matches++;
        return pattern.matches(topic);
    }

    /** Of patterns that nobody has asked for since this was called last nothing is kept. */
    void forgetOthers() {
        patterns.keySet().retainAll(asked);
        asked.clear();
    }

    /** How often a topic was held against a pattern. */
    long matches() {
        return matches;
    }
}
