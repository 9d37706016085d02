package io.millrace.group.records;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.CommittedAs;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A member as JSON, without its name, which is in the key. It is written with every change, so what is usual is left out. */
final class MemberJson {
    /** What is left out of its configuration. It stays when {@link ConsumerConfig#DEFAULT} changes: records rely on it. */
    private static final ConsumerConfig USUAL = new ConsumerConfig(RecordForm.BINARY, OffsetReset.LATEST, true,
            IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500, 45_000, null, null);
    private static final Incarnation ONLY_ONE = Incarnation.UNKNOWN;
    private static final Kept NOTHING_KEPT = KeptPositions.NONE.of("");

    private MemberJson() {
    }

    /** What is null is as usual; none of the three kinds of subscription: it has none. */
    public static final class Bean {
        public String incarnation;
        public Boolean nameReused;
        public String replaced;
        public String form;
        public String reset;
        public Boolean autoCommit;
        public Boolean readCommitted;
        public Long minBytes;
        public Long requestTimeoutMs;
        public Long maxPollRecords;
        public Long sessionTimeoutMs;
        public String instanceId;
        public String wantedAssignor;
        public Boolean commitsConsumed;
        public String owner;
        public List<String> topics;
        public String pattern;
        public TreeMap<String, long[]> assigned;
        public String status;
        public Long since;
        public Long epoch;
        public TreeMap<String, long[][]> owned;
        /** Null: what it owns. */
        public TreeMap<String, long[]> target;
        /** By topic and topic id. */
        public TreeMap<String, TreeMap<String, long[][]>> positions;
        public Long lastPoll;
    }

    static Bean of(GroupValue.Member value) {
        GroupMember member = value.member();
        Bean bean = new Bean();
        bean.incarnation = unusual(member.incarnation().token(), ONLY_ONE.token());
        bean.nameReused = unusual(!member.incarnation().onlyOne(), false);
        bean.replaced = member.incarnation().replaced();
        write(member.config(), bean);
        write(member.subscription(), bean);
        bean.status = unusual(member.status(), Status.ACTIVE);
        bean.since = member.sinceMs();
        bean.epoch = (long) member.epoch();
        bean.owned = member.owned().isEmpty() ? null : PartitionRows.withEpochs(member.owned());
        bean.target = member.target().equals(member.owned().keySet()) ? null : PartitionRows.numbers(member.target());
        bean.positions = value.kept().positions().isEmpty() ? null : PartitionRows.withPositions(value.kept().positions());
        bean.lastPoll = unusual(value.kept().lastPoll(), NOTHING_KEPT.lastPoll());
        return bean;
    }

    private static void write(ConsumerConfig config, Bean bean) {
        bean.form = unusual(config.form(), USUAL.form());
        bean.reset = unusual(config.reset(), USUAL.reset());
        bean.autoCommit = unusual(config.autoCommit(), USUAL.autoCommit());
        bean.readCommitted = unusual(config.isolation() == IsolationLevel.READ_COMMITTED, false);
        bean.minBytes = unusual((long) config.minBytes(), (long) USUAL.minBytes());
        bean.requestTimeoutMs = unusual(config.requestTimeoutMs(), USUAL.requestTimeoutMs());
        bean.maxPollRecords = unusual((long) config.maxPollRecords(), (long) USUAL.maxPollRecords());
        bean.sessionTimeoutMs = unusual(config.sessionTimeoutMs(), USUAL.sessionTimeoutMs());
        bean.instanceId = config.instanceId();
        bean.wantedAssignor = config.assignor();
        bean.commitsConsumed = unusual(config.commits() == CommittedAs.CONSUMED, false);
        bean.owner = config.owner();
    }

    private static void write(Subscription subscription, Bean bean) {
        if (subscription instanceof Subscription.Topics topics) {
            bean.topics = List.copyOf(topics.names());
        } else if (subscription instanceof Subscription.Matching matching) {
            bean.pattern = matching.pattern().regex();
        } else if (subscription instanceof Subscription.Assigned assigned) {
            bean.assigned = PartitionRows.numbers(assigned.partitions());
        }
    }

    private static <T> T unusual(T value, T usual) {
        return value.equals(usual) ? null : value;
    }

    private static String unusual(Enum<?> value, Enum<?> usual) {
        return value == usual ? null : value.name();
    }

    /** @throws RuntimeException when it is no member */
    static GroupValue.Member read(String name, Bean bean) {
        SortedMap<TopicPartition, Integer> owned = bean.owned == null ? new TreeMap<>() : PartitionRows.epochs(bean.owned);
        SortedSet<TopicPartition> target = bean.target == null ? new TreeSet<>(owned.keySet())
                : PartitionRows.partitions(bean.target);
        GroupMember member = new GroupMember(name, incarnation(bean), config(bean), subscription(bean),
                Status.valueOf(requireNonNullElse(bean.status, Status.ACTIVE.name())),
                requireNonNull(bean.since, "it has no since"),
                Math.toIntExact(requireNonNull(bean.epoch, "it has no epoch")), owned, target);
        Kept kept = new Kept(bean.positions == null ? NOTHING_KEPT.positions() : PartitionRows.positions(bean.positions),
                requireNonNullElse(bean.lastPoll, NOTHING_KEPT.lastPoll()));
        return new GroupValue.Member(member, kept);
    }

    private static Incarnation incarnation(Bean bean) {
        return new Incarnation(requireNonNullElse(bean.incarnation, ONLY_ONE.token()),
                !requireNonNullElse(bean.nameReused, false), bean.replaced);
    }

    private static ConsumerConfig config(Bean bean) {
        return new ConsumerConfig(RecordForm.valueOf(requireNonNullElse(bean.form, USUAL.form().name())),
                OffsetReset.valueOf(requireNonNullElse(bean.reset, USUAL.reset().name())),
                requireNonNullElse(bean.autoCommit, USUAL.autoCommit()),
                requireNonNullElse(bean.readCommitted, false) ? IsolationLevel.READ_COMMITTED : USUAL.isolation(),
                Math.toIntExact(requireNonNullElse(bean.minBytes, (long) USUAL.minBytes())),
                requireNonNullElse(bean.requestTimeoutMs, USUAL.requestTimeoutMs()),
                Math.toIntExact(requireNonNullElse(bean.maxPollRecords, (long) USUAL.maxPollRecords())),
                requireNonNullElse(bean.sessionTimeoutMs, USUAL.sessionTimeoutMs()), bean.instanceId, bean.wantedAssignor,
                requireNonNullElse(bean.commitsConsumed, false) ? CommittedAs.CONSUMED : USUAL.commits(), bean.owner);
    }

    private static Subscription subscription(Bean bean) {
        if (bean.topics != null) {
            return new Subscription.Topics(new TreeSet<>(bean.topics));
        } else if (bean.pattern != null) {
            return new Subscription.Matching(Subscription.TopicPattern.of(bean.pattern));
        }
        return bean.assigned == null ? new Subscription.None()
                : new Subscription.Assigned(PartitionRows.partitions(bean.assigned));
    }
}
