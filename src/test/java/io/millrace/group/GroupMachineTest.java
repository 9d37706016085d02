package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.Change;
import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.group.offsets.TopicOffsets;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** From one state of a group to the next by records, and back by what those replaced. */
class GroupMachineTest {
    private static final int STEPS = 2_000;

    private final GroupMachine machine = new GroupMachine();
    private final Random random = new Random(7);

    private GroupState any() {
        if (random.nextInt(10) == 0) {
            return GroupState.empty(0);
        }
        TreeMap<String, GroupMember> members = new TreeMap<>();
        TreeMap<String, Kept> kept = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            String name = "m" + random.nextInt(5);
            members.put(name, GroupMember.created(name, Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, random.nextInt(3)));
            if (random.nextBoolean()) {
                kept.put(name, new Kept(new TreeMap<>(Map.of(new TopicIdPartition(topicId(0),
                        new TopicPartition("t0", random.nextInt(2))), position())), random.nextInt(2)));
            }
        }
        TreeMap<String, TopicOffsets> offsets = new TreeMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            TreeMap<Integer, CommittedOffset> byPartition = new TreeMap<>();
            for (int j = random.nextInt(4); j > 0; j--) {
                byPartition.put(random.nextInt(4), new CommittedOffset(position(), random.nextInt(3)));
            }
            offsets.put("t" + random.nextInt(3),
                    new TopicOffsets(topicId(random.nextInt(2)), byPartition.isEmpty() || random.nextBoolean(), byPartition));
        }
        GroupState state = new GroupState(new Membership(random.nextInt(3), "sticky", random.nextInt(3), new TreeMap<>(), members,
                random.nextInt(3)), new GroupOffsets(offsets), new KeptPositions(kept));
        return state.isVacant() ? GroupState.empty(0) : state;
    }

    private Position position() {
        return new Position(random.nextInt(3), random.nextInt(3));
    }

    private static UUID topicId(int number) {
        return new UUID(1, number);
    }

    private List<Change<GroupKey, GroupValue>> apply(List<Change<GroupKey, GroupValue>> changes) {
        List<Change<GroupKey, GroupValue>> before = new ArrayList<>();
        changes.forEach(each -> before.add(0, new Change<>(each.key(), machine.replay(each.key(), each.value()))));
        return before;
    }

    @Test
    void theRecordsBetweenTwoStatesLeadFromTheOneToTheOtherAndWhatTheyReplacedLeadsBack() {
        GroupState now = GroupState.empty(0);
        GroupState neighbour = any();
        apply(GroupDelta.between("neighbour", GroupState.empty(0), neighbour));
        for (int step = 0; step < STEPS; step++) {
            GroupState next = any();
            List<Change<GroupKey, GroupValue>> changes = GroupDelta.between("g", now, next);
            List<Change<GroupKey, GroupValue>> undo = apply(changes);
            assertThat(machine.state("g", 0)).isEqualTo(next);
            if (random.nextBoolean()) {
                apply(undo);
                assertThat(machine.state("g", 0)).isEqualTo(now);
            } else {
                now = next;
            }
            assertThat(GroupDelta.between("g", now, now)).isEmpty();
        }
        assertThat(machine.state("neighbour", 0)).as("another group").isEqualTo(neighbour);
    }

    @Test
    void aCommitIsOneRecordHoweverMuchTheGroupHasCommitted() {
        TreeMap<Integer, CommittedOffset> byPartition = new TreeMap<>();
        for (int partition = 0; partition < 1_000; partition++) {
            byPartition.put(partition, new CommittedOffset(Position.at(1), 1));
        }
        GroupState before = GroupState.empty(0).withOffsets(new GroupOffsets(new TreeMap<>(Map.of("t",
                new TopicOffsets(topicId(0), false, byPartition)))));
        TopicIdPartition one = new TopicIdPartition(topicId(0), new TopicPartition("t", 500));
        GroupState next = before.withOffsets(before.offsets().committing(Map.of(one, Position.at(2)), 2));
        assertThat(GroupDelta.between("g", before, next)).containsExactly(new Change<>(new GroupKey.Offset("g", "t", 500),
                new GroupValue.Offset(topicId(0), new CommittedOffset(Position.at(2), 2))));
    }

    @Test
    void recordsOfALaterVersionArePassedOver() {
        GroupKey key = new GroupKey.Unknown(ByteBuffer.wrap(new byte[] {9, 9}));
        assertThat(machine.replay(key, new GroupValue.Unknown(ByteBuffer.allocate(1)))).isNull();
        assertThat(machine.replay(key, null)).isNull();
        assertThat(machine.groups()).isEmpty();
    }
}
