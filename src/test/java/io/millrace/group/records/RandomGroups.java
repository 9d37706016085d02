package io.millrace.group.records;

import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.membership.CommittedAs;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.Position;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/** What can stand in a group's records, the usual as often as the unusual. */
final class RandomGroups {
    private static final String[] LETTERS = {"a", "Z", "7", "\"", "\\", "\u00e9", "\u4e2d", "\u0001", "\ud83d\ude00", "/", " "};

    private final Random random;

    RandomGroups(long seed) {
        random = new Random(seed);
    }

    String text(int most) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(most + 1); left > 0; left--) {
            text.append(LETTERS[random.nextInt(LETTERS.length)]);
        }
        return text.toString();
    }

    /** None as often as not. */
    private String textOrNone() {
        return random.nextBoolean() ? null : "x" + text(5).replaceAll("[^a-zA-Z7]", "y");
    }

    int partition() {
        return random.nextBoolean() ? random.nextInt(3) : random.nextInt(Integer.MAX_VALUE);
    }

    private UUID id() {
        return random.nextInt(4) == 0 ? new UUID(0, 0) : new UUID(random.nextLong(), random.nextLong());
    }

    private long time() {
        return random.nextBoolean() ? Math.abs(random.nextInt()) : random.nextLong();
    }

    private Position position() {
        return random.nextBoolean() ? Position.at(random.nextLong()) : new Position(random.nextLong(), random.nextInt());
    }

    GroupValue.Offset offset() {
        return new GroupValue.Offset(id(), new CommittedOffset(position(), time(), text(random.nextBoolean() ? 0 : 200)));
    }

    GroupValue.Metadata metadata() {
        return new GroupValue.Metadata(random.nextInt(), text(8), random.nextLong(), time(), ids(), ids());
    }

    private SortedMap<String, UUID> ids() {
        TreeMap<String, UUID> ids = new TreeMap<>();
        for (int left = random.nextInt(4); left > 0; left--) {
            ids.put(text(5), id());
        }
        return ids;
    }

    GroupValue.Member member(String name) {
        TreeMap<TopicPartition, Integer> owned = new TreeMap<>();
        partitions().forEach(each -> owned.put(each, random.nextInt()));
        GroupMember member = new GroupMember(name, new Incarnation(text(20), random.nextBoolean(), textOrNone()), config(),
                subscription(), any(Status.values()), time(), random.nextInt(), owned,
                random.nextBoolean() ? new TreeSet<>(owned.keySet()) : partitions());
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        partitions().forEach(each -> positions.put(new TopicIdPartition(id(), each), position()));
        return new GroupValue.Member(member, new Kept(positions, random.nextBoolean() ? -1 : random.nextLong()));
    }

    private ConsumerConfig config() {
        return random.nextBoolean() ? ConsumerConfig.DEFAULT : new ConsumerConfig(any(RecordForm.values()),
                any(OffsetReset.values()), random.nextBoolean(), any(IsolationLevel.values()), random.nextInt(1 << 30),
                random.nextInt(1 << 30), 1 + random.nextInt(1 << 30), 1_000 + random.nextInt(1_000_000), textOrNone(),
                textOrNone(), any(CommittedAs.values()), textOrNone());
    }

    private Subscription subscription() {
        return switch (random.nextInt(4)) {
            case 0 -> new Subscription.None();
            case 1 -> new Subscription.Topics(ids().keySet().stream().collect(TreeSet::new, TreeSet::add, TreeSet::addAll));
            case 2 -> new Subscription.Matching(Subscription.TopicPattern.of("o.*\"[" + text(3).replaceAll("\\W", "b") + "x]"));
            default -> new Subscription.Assigned(partitions());
        };
    }

    private TreeSet<TopicPartition> partitions() {
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        for (int left = random.nextInt(5); left > 0; left--) {
            partitions.add(new TopicPartition(text(2), partition()));
        }
        return partitions;
    }

    private <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }
}
