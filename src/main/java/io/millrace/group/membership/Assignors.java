package io.millrace.group.membership;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.NamedProviders;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The assignors that groups can ask for by name: the built-in ones, and the applications' that were found. */
public final class Assignors {
    private static final System.Logger LOG = System.getLogger(Assignors.class.getName());
    private static final Assignor FALLBACK = new UniformAssignor();
    private static final List<Assignor> BUILT_IN = List.of(FALLBACK, new RangeAssignor(), new StickyAssignor());

    private final NamedProviders<Assignor> applications;

    private Assignors(NamedProviders<Assignor> applications) {
        this.applications = applications;
    }

    /** Those that the thread's context class loader or this class's own sees; an application server may set either. */
    public static Assignors load() {
        return of(NamedProviders.load(Assignor.class));
    }

    /** @throws IllegalStateException when a name is missing, taken twice, or a built-in one's */
    public static Assignors of(List<Assignor> assignors) {
        return new Assignors(new NamedProviders<>(Assignor.class, Assignor::name,
                BUILT_IN.stream().map(Assignor::name).toList(), assignors));
    }

    /** @throws BrokerException INVALID_CONFIG, listing those found */
    Assignor find(String name) {
        return BUILT_IN.stream().filter(assignor -> assignor.name().equals(name)).findFirst()
                .orElseGet(() -> applications.find(name));
    }

    /** All of them, the built-in ones first. */
    public Set<String> names() {
        return applications.names();
    }

    /**
     * Runs an assignor; when it throws or its answer breaks the rules, that is logged and {@code uniform} decides
     * instead: an application's bug must not stop the group.
     *
     * @return the partitions of every member; cannot be changed
     */
    static Map<String, Set<TopicPartition>> checked(Assignor assignor, SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics) {
        SortedMap<String, AssignorMember> membersSeen = Collections.unmodifiableSortedMap(members);
        SortedMap<String, Integer> topicsSeen = Collections.unmodifiableSortedMap(topics);
        try {
            Map<String, Set<TopicPartition>> answer = assignor.assign(membersSeen, topicsSeen);
            Optional<String> fault = AssignmentCheck.fault(answer, members, topics);
            if (fault.isEmpty()) {
                return ofEvery(members.keySet(), answer);
            }
            LOG.log(Level.ERROR, "assignor ''{0}'' ({1}) broke the rules, so {2} decides: {3}", assignor.name(),
                    assignor.getClass().getName(), FALLBACK.name(), fault.get());
        } catch (Throwable broken) { // of whatever kind: an application is not to leave its group without partitions
            LOG.log(Level.ERROR, () -> "assignor %s failed, so %s decides".formatted(assignor.getClass().getName(),
                    FALLBACK.name()), broken);
        }
        return uniform(members, topics);
    }

    /** What {@code uniform} gives. */
    static Map<String, Set<TopicPartition>> uniform(SortedMap<String, AssignorMember> members, SortedMap<String, Integer> topics) {
        return ofEvery(members.keySet(), FALLBACK.assign(members, topics));
    }

    static boolean isBuiltIn(Assignor assignor) {
        return BUILT_IN.contains(assignor);
    }

    private static Map<String, Set<TopicPartition>> ofEvery(Set<String> members,
            Map<String, Set<TopicPartition>> answer) {
        Map<String, Set<TopicPartition>> owned = new TreeMap<>();
        for (String id : members) {
            owned.put(id, Collections.unmodifiableSet(new LinkedHashSet<>(answer.getOrDefault(id, Set.of()))));
        }
        return Collections.unmodifiableMap(owned);
    }
}
