package io.millrace.group;

import io.millrace.group.SimulatedGroups.Weather;
import io.millrace.group.offsets.OffsetChange;
import io.millrace.group.offsets.OffsetTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The consumers of a simulated group, which come and go, and their operator. */
final class SimulatedConsumers {
    private static final int MOST = 6;

    private final GroupWorld world;
    private final List<SimulatedConsumer> all = new ArrayList<>();
    /** So long no others are started, in ns. */
    private long stoppedUntil;
    private int resets;

    SimulatedConsumers(GroupWorld world) {
        this.world = world;
    }

    /** Another one, unless there are enough, or all are to be stopped. */
    void join() {
        if (there().size() < MOST && world.time().nanoTime() >= stoppedUntil) {
            come();
        }
    }

    void come() {
        come(world.random().nextInt(4) == 0 ? "i" + all.size() : null);
    }

    /** @param instanceId of a static one, or null */
    void come(String instanceId) {
        SimulatedConsumer consumer = new SimulatedConsumer(world, "c" + (all.size() + 1), instanceId);
        all.add(consumer);
        consumer.start();
    }

    /** Something happens to one of them, if there is any. */
    void some(Consumer<SimulatedConsumer> what) {
        List<SimulatedConsumer> there = there();
        if (!there.isEmpty()) {
            what.accept(there.get(world.random().nextInt(there.size())));
        }
    }

    private List<SimulatedConsumer> there() {
        return all.stream().filter(SimulatedConsumer::isThere).toList();
    }

    /** They go on from now on, and one comes. */
    void stay() {
        all.forEach(SimulatedConsumer::stay);
        come();
    }

    /** How often an operator was told that offsets were reset. */
    int resets() {
        return resets;
    }

    /** As an operator does who wants it all to be read again: stops the consumers, sets the offsets, and starts others. */
    void stopAllAndReset() {
        world.note("all consumers are to stop");
        there().forEach(each -> {
            if (world.weather() == Weather.CALM || world.random().nextBoolean()) {
                each.leave();
            } else {
                each.crash();
            }
        });
        int begin = 1_000 + world.random().nextInt(15_000);
        for (int i = 0; i < 4; i++) {
            world.time().after(begin + i * 1_500, this::reset);
        }
        stoppedUntil = world.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(begin + 8_000);
        world.time().at(stoppedUntil, this::come);
    }

    /** Only an empty group is reset, so this is refused more often than not. */
    void reset() {
        OffsetTarget target = world.random().nextBoolean() ? new OffsetTarget.Earliest()
                : new OffsetTarget.By(-1 - world.random().nextInt(5));
        world.promises().replayed(world.topics().ends().keySet());
        boolean dryRun = world.random().nextInt(4) == 0;
        CompletableFuture<List<OffsetChange>> answer = new CompletableFuture<>();
        world.ask(1 + world.random().nextInt(world.servers()), "an operator", null,
                (groups, source) -> groups.reset(GroupWorld.GROUP, target, List.of(), List.of(), dryRun), answer);
        answer.thenAccept(changes -> {
            resets += dryRun ? 0 : 1;
            world.note("reset to " + target + ": " + changes);
        });
    }
}
